"""The outbox: messages that wait, in the service's own database, for their topic to take them."""

import uuid

from django.db import models


class Outgoing(models.Model):
    """One message, written in the transaction that it tells of; deleted when SNS has it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=64)
    payload = models.JSONField()
    written_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["written_at"]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
