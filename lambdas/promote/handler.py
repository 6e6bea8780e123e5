"""Promote what lands: S3 ObjectCreated → SQS → this function, once per object.

Lands in raw/ and quarantine/ of the same bucket. What cannot be promoted (an object that is gone, a
message that is no S3 event) fails alone; SQS tries it again and then moves it to the dead-letter
queue, from which `investiq redrive` sends it back. Its metrics are lines of the log (EMF).
"""

import time
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from ingestion.objectstore import ObjectStore, s3_client
from ingestion.promotion import promote_object
from monitoring.metrics import RECORDS_PROMOTED, RECORDS_QUARANTINED

logger = Logger(service="promote")
metrics = Metrics(namespace="InvestIQ", service="promote")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Promote every object of the batch; returns the messages that failed."""
    began = time.monotonic()
    reply = process_partial_response(
        event=event, record_handler=promote_message, processor=processor, context=context
    )
    metrics.add_metric("MessagesFailed", MetricUnit.Count, len(reply["batchItemFailures"]))
    metrics.add_metric("BatchDuration", MetricUnit.Seconds, time.monotonic() - began)
    return reply


def promote_message(record: SQSRecord) -> None:
    """Promote the objects that one message names; S3's own test event names none."""
    if sent := record.attributes.sent_timestamp:
        age = time.time() - int(sent) / 1000
        metrics.add_metric("MessageAge", MetricUnit.Seconds, max(0.0, age))
    body = record.json_body
    if body.get("Event") == "s3:TestEvent":
        logger.info("S3 tests the queue: nothing to promote")
        return
    for created in S3Event(body).records:
        store = ObjectStore(s3_client(), created.s3.bucket.name)
        report = promote_object(store, unquote_plus(created.s3.get_object.key))
        logger.info("promoted", extra={"source_key": report.source_key, "status": report.status})
        metrics.add_metric(RECORDS_PROMOTED.cloudwatch, MetricUnit.Count, report.promoted)
        metrics.add_metric(RECORDS_QUARANTINED.cloudwatch, MetricUnit.Count, report.quarantined)
