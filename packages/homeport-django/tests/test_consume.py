"""Consuming: from a real queue, in this process and as the worker process that a Procfile starts."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from homeport_django.consumer import Consumer
from homeport_django.messages import Message, publish

from tests import needs_aws
from tests.aws import MessagingCase


@needs_aws
class Consuming(MessagingCase):
    def setUp(self) -> None:
        super().setUp()
        self.seen: list[Message] = []

    def consumer(self, receive=None, visibility_seconds: int = 30) -> Consumer:
        return Consumer(self.sqs, self.queue, "parcel-sent", receive or self.seen.append, visibility_seconds)

    def test_a_message_is_deleted_after_its_receiver_returned(self) -> None:
        message_id = publish("parcel-sent", {"parcel": 1})
        self.assertTrue(self.consumer().poll(wait_seconds=5))
        self.assertEqual(self.seen, [Message(message_id, "parcel-sent", {"parcel": 1}, 1)])
        self.assertEqual(self._depth(), 0)

    def test_an_empty_queue_is_nothing_special(self) -> None:
        self.assertFalse(self.consumer().poll(wait_seconds=0))

    def test_a_receiver_that_raises_gets_the_message_again_then_it_is_a_dead_letter(self) -> None:
        def refuse(message: Message) -> None:
            self.seen.append(message)
            raise ValueError("no such parcel")

        message_id = publish("parcel-sent", {"parcel": 1})
        with self.assertLogs("homeport_django.consumer", "ERROR") as logs:
            for _ in range(2):
                self.assertTrue(self.consumer(refuse).poll(wait_seconds=10))
        self.assertIn("no such parcel", logs.output[0])
        self.assertEqual([(m.id, m.attempt) for m in self.seen], [(message_id, 1), (message_id, 2)])
        self.assertFalse(self.consumer(refuse).poll(wait_seconds=5))
        [dead] = self.waiting(self.dead)
        self.assertEqual(dead["Body"], '{"parcel": 1}')

    def test_what_is_not_json_never_reaches_the_receiver(self) -> None:
        self.sqs.send_message(QueueUrl=self.queue, MessageBody="{half")
        with self.assertLogs("homeport_django.consumer", "ERROR"):
            self.assertTrue(self.consumer().poll(wait_seconds=5))
        self.assertEqual((self.seen, self._depth()), ([], 1))

    def test_a_message_stays_hidden_for_as_long_as_its_receiver_works(self) -> None:
        meanwhile: list[object] = []

        def work_slowly(message: Message) -> None:
            meanwhile.extend(self.waiting(self.queue, seconds=3))  # longer than the visibility timeout

        publish("parcel-sent", {"parcel": 1})
        self.assertTrue(self.consumer(work_slowly, visibility_seconds=1).poll(wait_seconds=5))
        self.assertEqual((meanwhile, self._depth()), ([], 0))

    def test_a_message_that_comes_after_the_stop_is_left_to_others(self) -> None:
        consumer = self.consumer()
        consumer.stop()
        publish("parcel-sent", {"parcel": 1})
        consumer.poll(wait_seconds=5)
        self.assertEqual(self.seen, [])
        self.assertEqual(len(self.waiting(self.queue)), 1)

    def test_a_queue_that_cannot_be_reached_is_waited_for(self) -> None:
        consumer = self.consumer()
        consumer.url = self.queue + "-gone"
        thread = threading.Thread(target=consumer.run)
        with self.assertLogs("homeport_django.consumer", "WARNING"):
            thread.start()
            while consumer.failures == 0:
                self.assertTrue(thread.is_alive())
            consumer.url = self.queue
            publish("parcel-sent", {"parcel": 1})
            while not self.seen:
                self.assertTrue(thread.is_alive())
            consumer.stop()
            consumer.wait()

    def _depth(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@needs_aws
class TheWorker(MessagingCase):
    """`manage.py consume`, and what SIGTERM does to it."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.notes, self.go_on = self.folder / "notes", self.folder / "go-on"
        database = f"sqlite:///{self.folder / 'db'}"
        self.environment = {**os.environ, "LOG_LEVEL": "INFO", "NOTES": str(self.notes), "DATABASE_URL": database}
        django = [sys.executable, "-m", "django"]
        settings = "--settings=tests.settings"
        subprocess.run([*django, "migrate", settings], env=self.environment, check=True, stdout=subprocess.DEVNULL)
        self.worker = subprocess.Popen(
            [*django, "consume", "--visibility=3", settings], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.worker.stdout.close)
        self.addCleanup(self.worker.wait)
        self.addCleanup(self.worker.kill)

    def read_until(self, text: str) -> None:
        for line in self.worker.stdout:
            if text in line:
                return
        self.fail(f"the worker ended before it said {text!r}")

    def test_sigterm_finishes_the_message_at_hand_and_begins_no_other(self) -> None:
        self.read_until("listening")
        publish("parcel-sent", {"parcel": 1, "wait_for": str(self.go_on)})
        while not self.notes.exists():
            self.assertIsNone(self.worker.poll())
        publish("parcel-sent", {"parcel": 2})
        self.worker.send_signal(signal.SIGTERM)
        self.assertIsNone(self.worker.poll())
        self.go_on.touch()
        self.assertEqual(self.worker.wait(timeout=10), 0)
        self.assertEqual(self.notes.read_text(), "began 1\nended 1\n")
        self.assertEqual([m["Body"] for m in self.waiting(self.queue)], ['{"parcel": 2}'])

    def test_an_idle_worker_stops_at_once(self) -> None:
        self.read_until("listening")
        self.worker.send_signal(signal.SIGTERM)
        self.assertEqual(self.worker.wait(timeout=5), 0)

    def test_a_killed_workers_message_comes_again(self) -> None:
        self.read_until("listening")
        publish("parcel-sent", {"parcel": 1, "wait_for": str(self.go_on)})
        while not self.notes.exists():
            self.assertIsNone(self.worker.poll())
        self.worker.kill()
        self.worker.wait()
        [again] = self.waiting(self.queue, seconds=10)
        self.assertEqual(again["Attributes"]["ApproximateReceiveCount"], "2")
