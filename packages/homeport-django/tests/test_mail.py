"""Mail through SES."""

from unittest import mock

import boto3
from botocore.exceptions import ClientError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import SimpleTestCase

from tests import needs_aws

BACKEND = "homeport_django.mail.SesBackend"


@needs_aws
class Mail(SimpleTestCase):
    def setUp(self) -> None:
        boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example") if not self._verified() else None

    def message(self, sender: str = "Shop <orders@shop.example>") -> EmailMultiAlternatives:
        mail = EmailMultiAlternatives("Grüße", "Your parcel", sender, ["ada@readers.example"], bcc=["log@shop.example"])
        mail.attach_alternative("<p>Your parcel</p>", "text/html")
        mail.attach("note.txt", "thank you", "text/plain")
        return mail

    def test_a_whole_message_is_taken_by_ses(self) -> None:
        before = boto3.client("ses").get_send_quota()["SentLast24Hours"]
        self.assertEqual(get_connection(BACKEND).send_messages([self.message()]), 1)
        self.assertGreater(boto3.client("ses").get_send_quota()["SentLast24Hours"], before)

    def test_a_refusal_is_raised_unless_it_may_be_silent(self) -> None:
        stranger = self.message("eve@elsewhere.example")
        with self.assertRaises(ClientError):
            get_connection(BACKEND).send_messages([stranger])
        self.assertEqual(get_connection(BACKEND, fail_silently=True).send_messages([stranger]), 0)

    def test_mail_to_nobody_is_not_sent(self) -> None:
        mail = self.message()
        mail.to, mail.bcc = [], []
        with mock.patch.dict("os.environ", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}):
            self.assertEqual(get_connection(BACKEND).send_messages([mail]), 0)

    def _verified(self) -> bool:
        return "shop.example" in boto3.client("ses").list_identities()["Identities"]
