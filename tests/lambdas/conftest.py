"""The stack of `lambdas/template.yaml` in moto: a bucket that tells a queue what lands in it.

The numbers and filters are read from the template, so that what is tested is what is deployed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from ingestion.fetched import Fetched
from ingestion.landing import land
from ingestion.objectstore import ObjectStore
from lambdas.promote import handler as promote

TEMPLATE = Path(promote.__file__).parents[1] / "template.yaml"
REGION = "ap-south-1"


class _CloudFormation(yaml.SafeLoader):
    """YAML with `!Ref x` read as {"Ref": x}."""


def _intrinsic(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    name = name if name == "Ref" else f"Fn::{name}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(node)


_CloudFormation.add_multi_constructor("!", _intrinsic)


@pytest.fixture(scope="session")
def resources() -> dict[str, Any]:
    """The properties of each resource of the template, by name."""
    template = yaml.load(TEMPLATE.read_text(), _CloudFormation)  # a SafeLoader
    return {name: item.get("Properties", {}) for name, item in template["Resources"].items()}


@dataclass
class Context:
    """What Lambda tells a function about itself."""

    function_name: str = "promote"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:promote"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"


@dataclass
class Stack:
    """The queue as Lambda polls it."""

    store: ObjectStore
    sqs: Any
    queue: str
    dead_letters: str

    def land(self, *records: Any, minute: int = 0, content_type: str = "application/json") -> str:
        """Land records, or bytes as they are; gives the key."""
        [first] = records[:1]
        body = first if isinstance(first, bytes) else json.dumps(records).encode()
        at = datetime(2024, 4, 26, 12, minute, tzinfo=UTC)
        day = date(2024, 4, 26)
        fetched = Fetched("rapidapi", "quotes", day, at, body, content_type)
        return land(self.store, fetched).key.landing

    def receive(self) -> list[dict[str, Any]]:
        """Up to ten messages; each can be received again at once."""
        reply = self.sqs.receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return list(reply.get("Messages", []))

    def call(self, messages: list[dict[str, Any]]) -> list[str]:
        """Call the handler as Lambda does; gives the ids of the messages that failed."""
        reply = promote.handler(event_of(messages), Context())
        return [item["itemIdentifier"] for item in reply["batchItemFailures"]]

    def poll(self) -> list[str]:
        """What Lambda's poller does: receive, call, delete what has not failed; the failed ids."""
        messages = self.receive()
        failed = self.call(messages)
        for message in messages:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return failed

    def drain(self) -> list[dict[str, Any]]:
        """Take the messages out of the queue."""
        messages = self.receive()
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return messages

    def waiting(self, queue: str) -> int:
        """How many messages a queue holds."""
        reply = self.sqs.get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(reply["Attributes"]["ApproximateNumberOfMessages"])

    def objects(self, prefix: str = "") -> dict[str, str]:
        """Key → etag."""
        return {item.key: item.etag for item in self.store.list(prefix)}


def event_of(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The event that Lambda makes of SQS messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:landed",
                "awsRegion": REGION,
            }
            for message in messages
        ]
    }


@pytest.fixture
def quote() -> dict[str, Any]:
    """One good record."""
    return {
        "identifier": "M&MEQN",
        "symbol": "M&M",
        "lastUpdateTime": "26-Apr-2024 15:59:52",
        "open": 2064,
        "dayHigh": 2092.4,
        "dayLow": 2037.95,
        "lastPrice": 2043.6,
        "previousClose": 2097.25,
        "totalTradedVolume": 5481806,
        "totalTradedValue": 11255254384.6,
    }


@pytest.fixture
def stack(clean_environment: pytest.MonkeyPatch, resources: dict[str, Any]) -> Iterator[Stack]:
    """Bucket, queue and dead letters, wired as in the template; the queue is empty."""
    clean_environment.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = resources["LandedQueue"]["RedrivePolicy"]
        policy = {
            "deadLetterTargetArn": _arn(sqs, dead),
            "maxReceiveCount": redrive["maxReceiveCount"],
        }
        queue = sqs.create_queue(
            QueueName="landed", Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        where = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket="investiq", CreateBucketConfiguration=where)
        [told] = resources["Bucket"]["NotificationConfiguration"]["QueueConfigurations"]
        s3.put_bucket_notification_configuration(
            Bucket="investiq",
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "QueueArn": _arn(sqs, queue),
                        "Events": [told["Event"]],
                        "Filter": {"Key": {"FilterRules": told["Filter"]["S3Key"]["Rules"]}},
                    }
                ]
            },
        )
        made = Stack(ObjectStore(s3, "investiq"), sqs, queue, dead)
        made.drain()
        yield made


def _arn(sqs: Any, queue: str) -> str:
    reply = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(reply["Attributes"]["QueueArn"])
