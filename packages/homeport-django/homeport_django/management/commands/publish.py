"""`manage.py publish`: sends what still waits in the outbox; for the release phase of services without a worker."""

from typing import Any

from django.core.management.base import BaseCommand

from homeport_django.messages import publish_waiting


class Command(BaseCommand):
    """Never fails a release: what cannot be sent waits on."""

    help = "Sends the messages that wait in the outbox."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{publish_waiting()} messages sent")
