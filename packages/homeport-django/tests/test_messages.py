"""Publishing: what arrives, and what waits."""

import json
import os
from unittest import mock

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from homeport_django.messages import publish, publish_on_commit, publish_waiting, queue_url, receiver
from homeport_django.models import Outgoing

from tests import needs_aws
from tests.aws import MessagingCase


class Undone(Exception):
    """Rolls a transaction back."""


@needs_aws
class Publishing(MessagingCase):
    def test_a_message_arrives_as_json_with_an_id_of_its_own(self) -> None:
        message_id = publish("parcel-sent", {"parcel": "ä1"})
        [raw] = self.waiting(self.queue)
        self.assertEqual(json.loads(raw["Body"]), {"parcel": "ä1"})
        self.assertEqual(raw["MessageAttributes"]["id"]["StringValue"], message_id)
        self.assertEqual(raw["MessageAttributes"]["topic"]["StringValue"], "parcel-sent")

    def test_a_message_leaves_when_its_transaction_is_committed(self) -> None:
        with transaction.atomic():
            publish_on_commit("parcel-sent", {"parcel": 1})
            self.assertEqual(self.waiting(self.queue, seconds=0), [])
        self.assertEqual(len(self.waiting(self.queue)), 1)
        self.assertFalse(Outgoing.objects.exists())

    def test_nobody_hears_of_what_was_rolled_back(self) -> None:
        with self.assertRaises(Undone), transaction.atomic():
            publish_on_commit("parcel-sent", {"parcel": 1})
            raise Undone
        self.assertEqual(self.waiting(self.queue), [])
        self.assertFalse(Outgoing.objects.exists())

    def test_while_sns_refuses_messages_wait_and_the_caller_does_not_notice(self) -> None:
        nowhere = {"PARCEL_SENT_TOPIC_ARN": self.topic.replace("parcel", "no-such-parcel")}
        with mock.patch.dict(os.environ, nowhere), self.assertLogs("homeport_django.messages"):
            publish_on_commit("parcel-sent", {"parcel": 1})
            publish_on_commit("parcel-sent", {"parcel": 2})
        self.assertEqual(Outgoing.objects.count(), 2)
        self.assertEqual(publish_waiting(), 2)
        bodies = [json.loads(raw["Body"])["parcel"] for raw in self.waiting(self.queue)]
        self.assertEqual(sorted(bodies), [1, 2])
        self.assertFalse(Outgoing.objects.exists())

    def test_what_a_killed_process_left_is_sent_with_the_next_message(self) -> None:
        left = Outgoing.objects.create(topic="parcel-sent", payload={"parcel": 1})
        publish_on_commit("parcel-sent", {"parcel": 2})
        arrived = {raw["MessageAttributes"]["id"]["StringValue"] for raw in self.waiting(self.queue)}
        self.assertEqual(len(arrived), 2)
        self.assertIn(str(left.id), arrived)


class OffThePlatform(MessagingCase):
    def setUp(self) -> None:
        """No topic, no queue."""

    def test_messages_are_only_logged(self) -> None:
        with self.assertLogs("homeport_django.messages") as logs:
            publish_on_commit("parcel-sent", {"parcel": 1})
        self.assertFalse(logs.records[0].sent)

    def test_on_a_platform_a_topic_that_is_not_declared_is_a_mistake(self) -> None:
        with mock.patch.dict(os.environ, {"HOMEPORT_RELEASE": "v1"}):
            with self.assertRaisesMessage(ImproperlyConfigured, "add `parcel-sent` to the service's `uses`"):
                publish_on_commit("parcel-sent", {})
        with self.assertRaisesMessage(ImproperlyConfigured, "add `parcel-sent` to the service's `on`"):
            queue_url("parcel-sent")

    def test_a_topic_has_one_receiver(self) -> None:
        receiver("letter-sent")(print)
        with self.assertRaisesMessage(ImproperlyConfigured, "letter-sent has two receivers"):
            receiver("letter-sent")(repr)
