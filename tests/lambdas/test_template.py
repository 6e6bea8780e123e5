"""The template: nothing is public, nothing is lost, and the role may do what the handler does."""

import fnmatch
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.objectstore import s3_client
from lambdas.promote import handler as promote

TEMPLATE = Path(promote.__file__).parents[1] / "template.yaml"
BUCKET = "arn:${AWS::Partition}:s3:::${AWS::StackName}-${AWS::AccountId}"
ACTIONS = {
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "ListObjectsV2": "s3:ListBucket",
}


def statements(resources):
    [policy] = resources["Promote"]["Policies"]
    return policy["Statement"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def grants(resources):
    """(action, pattern) of all that the role may do; for a listing the pattern of its prefix."""
    found = []
    for statement in statements(resources):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            patterns = [resource["Fn::Sub"] for resource in as_list(statement["Resource"])]
            if action == "s3:ListBucket":
                assert patterns == [BUCKET]
                patterns = [
                    f"{BUCKET}/{p}" for p in statement["Condition"]["StringLike"]["s3:prefix"]
                ]
            found += [(action, pattern) for pattern in patterns]
    return found


@pytest.fixture
def calls(stack, monkeypatch, quote_and_refusals):
    """(action, what it is done to) of every call of S3 that the handler makes."""
    made = []

    def recording():
        client = s3_client()

        def record(params, model, **_):
            target = params.get("Key") or params["Prefix"]
            made.append((ACTIONS[model.name], f"{BUCKET}/{target}"))

        client.meta.events.register("provide-client-params.s3.*", record)
        return client

    monkeypatch.setattr(promote, "s3_client", recording)
    for minute, body in enumerate(quote_and_refusals):
        stack.land(body, minute=minute)
    assert stack.poll() == []
    return made


@pytest.fixture
def quote_and_refusals(quote):
    """Replies that are all good, part good, and no data at all."""
    return [json.dumps(reply).encode() for reply in ([quote], [quote, 7], {"Note": "quota"})]


def test_every_call_of_the_handler_is_granted(resources, calls):
    granted = grants(resources)
    for action, target in calls:
        assert any(
            action == allowed and fnmatch.fnmatchcase(target, pattern)
            for allowed, pattern in granted
        ), (action, target)


def test_fault_30_nothing_is_granted_that_the_handler_does_not_need(resources, calls):
    for allowed, pattern in grants(resources):
        assert any(
            action == allowed and fnmatch.fnmatchcase(target, pattern) for action, target in calls
        ), (allowed, pattern)


def test_no_grant_is_wider_than_a_zone(resources):
    for action, pattern in grants(resources):
        assert "*" not in action
        zone = pattern.removeprefix(f"{BUCKET}/")
        assert zone != pattern
        assert zone.split("*")[0] in (
            "landing/",
            "raw/",
            "quarantine/",
            "outcomes/stage=promote/",
        )


def test_the_bucket_is_closed_encrypted_and_kept(resources):
    bucket = resources["Bucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert "\n    DeletionPolicy: Retain\n" in TEMPLATE.read_text()


def test_only_what_lands_is_told(resources):
    [told] = resources["Bucket"]["NotificationConfiguration"]["QueueConfigurations"]
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "landing/"}]
    assert told["Queue"] == {"Fn::GetAtt": "LandedQueue.Arn"}


def test_a_message_is_tried_three_times_and_then_kept(resources):
    queue, dead = resources["LandedQueue"], resources["DeadLetters"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": "DeadLetters.Arn"},
        "maxReceiveCount": 3,
    }
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_run(resources):
    timeout = resources["Promote"]["Timeout"]
    assert resources["LandedQueue"]["VisibilityTimeout"] >= 6 * timeout


def test_failures_are_reported_message_by_message(resources):
    event = resources["Promote"]["Events"]["Landed"]["Properties"]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["Queue"] == {"Fn::GetAtt": "LandedQueue.Arn"}
    assert event["BatchSize"] <= 10


def test_only_this_bucket_of_this_account_may_send(resources):
    [statement] = resources["QueuePolicy"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::Sub": BUCKET}},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }


def test_fault_11_dead_letters_raise_an_alarm(resources):
    alarm = resources["DeadLettersAlarm"]
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": "DeadLetters.QueueName"}}
    ]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert "investiq redrive" in alarm["AlarmDescription"]


def test_the_function_is_the_one_that_is_tested(resources):
    module, _, name = resources["Promote"]["Handler"].rpartition(".")
    assert module == promote.__name__
    assert getattr(promote, name) is promote.handler


def test_the_linter_of_cloudformation_is_content():
    linted = subprocess.run(
        [
            str(Path(sys.executable).with_name("cfn-lint")),
            "--regions",
            "ap-south-1",
            "--",
            TEMPLATE,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
