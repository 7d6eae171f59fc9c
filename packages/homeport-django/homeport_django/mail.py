"""Django's e-mail → SES.

Small enough to be our own: the usual package derives SES's address from the region itself, so it cannot be pointed at
another endpoint by AWS_ENDPOINT_URL as boto3 can.
"""

from collections.abc import Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class SesBackend(BaseEmailBackend):
    """Sends whole messages (attachments, alternatives, all headers) through SESv2."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.client = boto3.client("sesv2")

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Number of messages that SES took."""
        return sum(self._send(message) for message in email_messages if message.recipients())

    def _send(self, message: EmailMessage) -> bool:
        try:
            self.client.send_email(
                FromEmailAddress=message.from_email,
                Destination={"ToAddresses": message.to, "CcAddresses": message.cc, "BccAddresses": message.bcc},
                Content={"Raw": {"Data": message.message().as_bytes(linesep="\r\n")}},
            )
        except (BotoCoreError, ClientError):
            if not self.fail_silently:
                raise
            return False
        return True
