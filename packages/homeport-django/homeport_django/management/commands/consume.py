"""`manage.py consume`: the worker process of a service that listens to topics."""

import logging
import signal
import threading
from queue import SimpleQueue
from typing import Any

import boto3
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import autodiscover_modules

from homeport_django.consumer import Consumer
from homeport_django.messages import RECEIVERS, queue_url

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """A thread per queue; SIGTERM and SIGINT finish the messages at hand."""

    help = "Works on the messages of the topics that this service's receivers.py files register for."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--visibility", type=int, default=60, help="seconds a message is hidden; renewed (60)")

    def handle(self, *args: Any, visibility: int, **options: Any) -> None:
        """Runs until a signal comes, or a consumer dies of a bug: then all stop, and the platform restarts the task."""
        autodiscover_modules("receivers")
        if not RECEIVERS:
            raise CommandError("no receivers: decorate a function in an app's receivers.py with @receiver(topic)")
        consumers = [
            Consumer(boto3.client("sqs"), queue_url(topic), topic, receive, visibility)
            for topic, receive in RECEIVERS.items()
        ]
        ended: SimpleQueue[None] = SimpleQueue()  # unlike an Event's lock, it may be used in a signal handler
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.put(None))
        for consumer in consumers:
            threading.Thread(target=_run, args=(consumer, ended), daemon=True).start()
        logger.info("listening to %s", ", ".join(sorted(RECEIVERS)))
        ended.get()
        died = [consumer.topic for consumer in consumers if not _finish(consumer)]
        if died:
            raise CommandError(f"stopped working on {', '.join(died)}; the reason is in the log")
        logger.info("stopped; no message is at hand")


def _run(consumer: Consumer, ended: SimpleQueue[None]) -> None:
    try:
        consumer.run()
    except Exception:
        consumer.failed = True
        logger.exception("the consumer of %s died", consumer.topic)
    finally:
        ended.put(None)


def _finish(consumer: Consumer) -> bool:
    consumer.stop()
    consumer.wait()
    return not consumer.failed
