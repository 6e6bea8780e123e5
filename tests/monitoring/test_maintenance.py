"""Dead letters, asked of the queue; and the command that tells how things stand."""

import json

import boto3
import pytest
from moto import mock_aws

from ingestion.errors import ConfigurationError
from ingestion.settings import Settings
from investiq import maintenance


@pytest.fixture
def queue(clean_environment):
    """A queue with two messages, one of which somebody is looking at; SQS is moto's."""
    for name, value in (
        ("REGION", "ap-south-1"),
        ("ACCESS_KEY_ID", "t"),
        ("SECRET_ACCESS_KEY", "t"),
    ):
        clean_environment.setenv(f"AWS_{name}", value)
    clean_environment.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        for number in range(2):
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps(number))
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
        yield url


def settings_of(home, receiver, url=None) -> Settings:
    return Settings(
        home=home, statsd_host="127.0.0.1", statsd_port=receiver.port, dead_letters_url=url
    )


def test_the_messages_of_the_dead_letter_queue_are_told(queue, tmp_path, receiver):
    said = maintenance.observe_and_say(settings_of(tmp_path, receiver, queue))
    assert said.endswith("dead letters: 2 messages")
    assert [sample.value for sample in receiver.samples("dead_letters")] == [2]
    [ended] = receiver.samples("step_duration_seconds")
    assert (ended["step"], ended["result"]) == ("maintenance", "ok")


def test_a_queue_that_is_not_there_is_an_error_that_says_what_to_do(queue, tmp_path, receiver):
    with pytest.raises(ConfigurationError, match="INVESTIQ_DEAD_LETTERS_URL"):
        maintenance.observe_all(settings_of(tmp_path, receiver, queue + "-gone"))
    assert receiver.samples("dead_letters") == []
    [ended] = receiver.samples("step_duration_seconds")
    assert ended["result"] == "failed"


def test_without_a_queue_the_rest_is_told(tmp_path, receiver):
    assert maintenance.observe_all(settings_of(tmp_path, receiver)) is None
    assert receiver.samples("disk_free_bytes") != []
    assert receiver.samples("dead_letters") == []


def test_the_command_says_where_nobody_would_take_it(tmp_path):
    with pytest.raises(ConfigurationError, match="INVESTIQ_STATSD_HOST"):
        maintenance.observe_and_say(Settings(home=tmp_path))
