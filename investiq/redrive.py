"""Dead letters go back to their queue, once what stopped them is mended.

Source and target are SQS queues; a message is deleted only after its copy was accepted, so a crash
in between sends it twice, which promotion does not mind.
"""

import boto3


def redrive_messages(dead_letters: str, queue: str) -> int:
    """Move all visible messages from one queue to the other.

    Returns:
        How many were moved.
    """
    sqs = boto3.client("sqs")
    moved = 0
    while True:
        reply = sqs.receive_message(
            QueueUrl=dead_letters, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        messages = reply.get("Messages", [])
        if not messages:
            return moved
        for message in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
