"""A topic with a queue that listens to it, in the account behind AWS_ENDPOINT_URL."""

import json
import os
import uuid
from typing import Any
from unittest import mock

import boto3
from django.test import TransactionTestCase


class MessagingCase(TransactionTestCase):
    """Makes both for each test, with the variables of a service. Two deliveries, then the dead letters."""

    def setUp(self) -> None:
        name = f"parcel-sent-{uuid.uuid4().hex[:8]}"
        self.sqs, sns = boto3.client("sqs"), boto3.client("sns")
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": self._arn(self.dead), "maxReceiveCount": 2})
        self.queue = self.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
        self.topic = sns.create_topic(Name=name)["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self._arn(self.queue), Attributes=raw)
        self.variables = {"PARCEL_SENT_TOPIC_ARN": self.topic, "PARCEL_SENT_QUEUE_URL": self.queue}
        patch = mock.patch.dict(os.environ, self.variables)
        patch.start()
        self.addCleanup(patch.stop)

    def waiting(self, queue: str, seconds: int = 1) -> list[dict[str, Any]]:
        """The messages that can be had from a queue now (they are not deleted)."""
        return self.sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def _arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]
