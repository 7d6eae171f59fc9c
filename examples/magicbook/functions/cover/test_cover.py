"""Tests of `cover`: `python -m unittest`. Those of the bucket need AWS_ENDPOINT_URL on this machine."""

import json
import os
import unittest
import uuid
from io import BytesIO
from unittest import mock
from urllib.parse import urlsplit

import boto3
from cover import handler
from drawing import HEIGHT, WIDTH, draw_cover
from PIL import Image

OWL = {"slug": "the-owl", "title": "The Owl", "author": "Lucía Ferrer", "price_cents": 1}


class Drawing(unittest.TestCase):
    def test_a_cover_is_a_picture_of_the_size_of_a_cover(self) -> None:
        picture = Image.open(BytesIO(draw_cover("the-owl", "The Owl", "Lucía Ferrer")))
        self.assertEqual((picture.format, picture.size), ("PNG", (WIDTH, HEIGHT)))

    def test_a_book_always_has_the_same_cover_and_others_have_others(self) -> None:
        first = draw_cover("the-owl", "The Owl", "Lucía Ferrer")
        self.assertEqual(first, draw_cover("the-owl", "The Owl", "Lucía Ferrer"))
        self.assertNotEqual(first, draw_cover("the-cat", "The Owl", "Lucía Ferrer"))
        self.assertNotEqual(first, draw_cover("the-owl", "The Owl", "Ines Marlow"))

    def test_odd_titles_are_drawn(self) -> None:
        for title in ("", " ", "x" * 120, "Wort " * 24, "夜の本", "ł𝔉\u202e\n\t"):
            with self.subTest(title):
                self.assertTrue(draw_cover("odd", title, title))


@unittest.skipUnless(urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname == "127.0.0.1", "no AWS on this machine")
class Messages(unittest.TestCase):
    def setUp(self) -> None:
        self.s3, self.bucket = boto3.client("s3"), f"covers-{uuid.uuid4().hex[:8]}"
        region = {"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=region)
        self.enterContext(mock.patch.dict(os.environ, {"COVERS_BUCKET": self.bucket}))

    def deliver(self, *bodies: str) -> list[str]:
        """The ids of the messages that are to come again."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        return [failure["itemIdentifier"] for failure in handler({"Records": records}, None)["batchItemFailures"]]

    def keys(self) -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def test_a_message_becomes_a_picture_in_the_bucket(self) -> None:
        self.assertEqual(self.deliver(json.dumps(OWL)), [])
        found = self.s3.get_object(Bucket=self.bucket, Key="covers/the-owl.png")
        self.assertEqual(found["ContentType"], "image/png")
        self.assertEqual(found["Body"].read(), draw_cover("the-owl", "The Owl", "Lucía Ferrer"))

    def test_the_same_message_twice_is_one_picture(self) -> None:
        self.assertEqual(self.deliver(json.dumps(OWL), json.dumps(OWL)), [])
        self.assertEqual(self.keys(), ["covers/the-owl.png"])

    def test_only_the_bad_messages_come_again(self) -> None:
        path = {**OWL, "slug": "../the-owl"}
        with self.assertLogs("cover", "ERROR"):
            again = self.deliver("{half", json.dumps(OWL), json.dumps(path), "null", json.dumps({"slug": "x"}))
        self.assertEqual(again, ["0", "2", "3", "4"])
        self.assertEqual(self.keys(), ["covers/the-owl.png"])


if __name__ == "__main__":
    unittest.main()
