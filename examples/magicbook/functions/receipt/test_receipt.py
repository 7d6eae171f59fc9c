"""Tests of `receipt`: `python -m unittest`. Those of mail need AWS_ENDPOINT_URL on this machine."""

import json
import os
import unittest
from unittest import mock
from urllib.parse import urlsplit

import boto3
from receipt import euros, handler, render_receipt

ORDER = {
    "order": "5c2f",
    "price_cents": 1390,
    "placed_at": "2026-01-02T03:04:05+00:00",
    "book": {"title": "Fog & <Friends>", "author": "Bram Okafor", "cover_url": "https://covers.example/fog.png"},
    "reader": {"sub": "1", "username": "ada", "email": "ada@readers.example"},
}


class Rendering(unittest.TestCase):
    def test_both_forms_say_what_was_bought_for_how_much(self) -> None:
        for form in render_receipt(ORDER):
            self.assertIn("€13.90", form)
            self.assertIn("5c2f", form)

    def test_a_title_cannot_break_the_page(self) -> None:
        text, html = render_receipt(ORDER)
        self.assertIn("Fog & <Friends>", text)
        self.assertIn("Fog &amp; &lt;Friends&gt;", html)
        self.assertNotIn("<Friends>", html)

    def test_prices_are_written_with_two_digits(self) -> None:
        self.assertEqual([euros(cents) for cents in (5, 100, 1290)], ["€0.05", "€1.00", "€12.90"])


@unittest.skipUnless(urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname == "127.0.0.1", "no AWS on this machine")
class Mailing(unittest.TestCase):
    def setUp(self) -> None:
        self.ses = boto3.client("ses")
        self.ses.verify_email_identity(EmailAddress="orders@magicbook.example")
        self.enterContext(mock.patch.dict(os.environ, {"MAIL_SENDER": "orders@magicbook.example"}))

    def deliver(self, *bodies: str) -> tuple[list[str], int]:
        """The ids of the messages that are to come again, and how many mails were sent."""
        before = float(self.ses.get_send_quota()["SentLast24Hours"])
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        failures = handler({"Records": records}, None)["batchItemFailures"]
        sent = float(self.ses.get_send_quota()["SentLast24Hours"]) - before
        return [failure["itemIdentifier"] for failure in failures], round(sent)

    def test_an_order_becomes_a_mail(self) -> None:
        self.assertEqual(self.deliver(json.dumps(ORDER)), ([], 1))

    def test_readers_without_an_address_get_none(self) -> None:
        nobody = {**ORDER, "reader": {**ORDER["reader"], "email": None}}
        with self.assertLogs("receipt", "WARNING"):
            self.assertEqual(self.deliver(json.dumps(nobody)), ([], 0))

    def test_only_the_bad_messages_come_again(self) -> None:
        with self.assertLogs("receipt", "ERROR"):
            self.assertEqual(self.deliver("{half", json.dumps(ORDER), "{}"), (["0", "2"], 1))

    def test_a_sender_that_ses_does_not_know_is_an_error(self) -> None:
        with mock.patch.dict(os.environ, {"MAIL_SENDER": "eve@elsewhere.example"}), self.assertLogs("receipt", "ERROR"):
            self.assertEqual(self.deliver(json.dumps(ORDER)), (["0"], 0))


if __name__ == "__main__":
    unittest.main()
