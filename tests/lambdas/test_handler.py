"""From S3 to SQS to the handler: what lands is promoted, what fails is named and comes back."""

import inspect
import json

import pytest
from botocore.exceptions import ClientError

from ingestion.zones import ObjectKey
from investiq.redrive import redrive_messages
from lambdas.promote import handler as promote


def test_what_lands_is_promoted(stack, quote):
    key = stack.land(quote)
    assert stack.poll() == []
    assert list(stack.objects("raw/")) == [ObjectKey.parse(key).raw]
    assert stack.waiting(stack.queue) == stack.waiting(stack.dead_letters) == 0


def test_the_key_arrives_encoded_and_is_decoded_once(stack, quote):
    stack.land(quote)
    [message] = stack.receive()
    told = json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"]
    assert "%3D" in told
    assert "=" not in told
    assert stack.poll() == []
    assert len(stack.objects("raw/")) == 1


def test_what_promotion_writes_asks_for_no_promotion(stack, quote):
    stack.land(quote, 7)
    stack.poll()
    assert len(stack.objects()) == 4
    assert stack.receive() == []


def test_bad_content_is_no_failure_but_quarantine(stack):
    key = stack.land(b"<html>Access Denied")
    assert stack.poll() == []
    assert list(stack.objects("quarantine/")) == [ObjectKey.parse(key).quarantine]


def test_the_test_event_of_s3_is_no_failure(stack):
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "investiq"}
    stack.sqs.send_message(QueueUrl=stack.queue, MessageBody=json.dumps(body))
    assert stack.poll() == []
    assert stack.objects() == {}


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        "{}",
        '{"Records": [{}]}',
        '{"Records": [{"s3": {"bucket": {"name": "investiq"}, "object": {"key": "landing/x"}}}]}',
        '{"Records": [{"s3": {"bucket": {"name": "elsewhere"}, "object": {"key": "landing/x"}}}]}',
    ],
)
def test_fault_11_a_poison_message_among_ten_fails_alone_and_ends_in_the_dead_letters(
    stack, quote, body
):
    for minute in range(9):
        stack.land({**quote, "open": minute}, minute=minute)
    poison = stack.sqs.send_message(QueueUrl=stack.queue, MessageBody=body)["MessageId"]
    assert stack.poll() == [poison]
    assert len(stack.objects("raw/")) == 9
    assert stack.poll() == stack.poll() == [poison]  # the second and the third try
    assert stack.receive() == []
    assert stack.waiting(stack.queue) == 0
    assert stack.waiting(stack.dead_letters) == 1


def test_all_messages_may_fail_without_an_error_of_the_function(stack):
    sent = [
        stack.sqs.send_message(QueueUrl=stack.queue, MessageBody="poison")["MessageId"]
        for _ in range(3)
    ]
    assert sorted(stack.poll()) == sorted(sent)


def test_fault_11_dead_letters_come_back_once_the_cause_is_mended(stack, quote):
    key = stack.land(quote)
    body = stack.store.read(key)
    stack.store.client.delete_object(Bucket="investiq", Key=key)
    for _ in range(3):
        assert len(stack.poll()) == 1
    assert stack.receive() == []
    assert stack.waiting(stack.dead_letters) == 1
    stack.store.put(key, body.content, body.content_type, body.metadata)
    stack.drain()  # not the event of the mending shall do it, but the old one
    assert redrive_messages(stack.dead_letters, stack.queue) == 1
    assert stack.poll() == []
    assert list(stack.objects("raw/")) == [ObjectKey.parse(key).raw]
    assert stack.waiting(stack.dead_letters) == 0
    assert redrive_messages(stack.dead_letters, stack.queue) == 0


def test_more_dead_letters_than_one_reply_holds_come_back(stack):
    for number in range(12):
        stack.sqs.send_message(QueueUrl=stack.dead_letters, MessageBody=f"{number}")
    assert redrive_messages(stack.dead_letters, stack.queue) == 12
    assert stack.waiting(stack.queue) == 12


def test_fault_10_events_twice_and_out_of_order_write_the_same_bytes(stack, quote):
    older, newer = stack.land(quote, 7), stack.land({**quote, "open": 1}, minute=1)
    messages = stack.receive()
    assert stack.call(messages) == []
    written = stack.objects()
    assert {ObjectKey.parse(key).raw for key in (older, newer)} <= set(written)
    assert stack.call([*reversed(messages), *messages]) == []
    assert stack.objects() == written


def test_one_message_may_name_several_objects(stack, quote):
    keys = [stack.land({**quote, "open": n}, minute=n) for n in range(2)]
    records = [json.loads(message["Body"])["Records"][0] for message in stack.drain()]
    stack.sqs.send_message(QueueUrl=stack.queue, MessageBody=json.dumps({"Records": records}))
    assert stack.poll() == []
    assert set(stack.objects("raw/")) == {ObjectKey.parse(key).raw for key in keys}


def test_a_refusal_of_s3_fails_the_message_and_not_the_function(stack, quote, monkeypatch):
    stack.land(quote)

    def refuse(*_, **__):
        raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")

    with monkeypatch.context() as failpoint:
        failpoint.setattr(promote, "promote_object", refuse)
        assert len(stack.poll()) == 1
    assert stack.poll() == []
    assert len(stack.objects("raw/")) == 1


def test_the_log_names_the_object_and_what_became_of_it(stack, quote, caplog):
    key = stack.land(quote)
    stack.poll()
    [line] = [record for record in caplog.records if record.message == "promoted"]
    assert (line.source_key, line.status) == (key, "promoted")


def test_the_handler_stays_thin():
    assert len(inspect.getsource(promote).splitlines()) <= 60
