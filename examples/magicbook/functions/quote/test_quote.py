"""Tests of `quote`: `python -m unittest`."""

import base64
import json
import unittest
from typing import Any

from quote import handler


def ask(content: Any, encoded: bool = False) -> tuple[int, dict[str, Any]]:
    body = content if isinstance(content, str) else json.dumps(content)
    if encoded:
        body = base64.b64encode(body.encode()).decode()
    answer = handler({"version": "2.0", "body": body, "isBase64Encoded": encoded}, None)
    return answer["statusCode"], json.loads(answer["body"])


class Quotes(unittest.TestCase):
    def test_three_books_are_cheaper(self) -> None:
        books = {"books": [{"price_cents": 1290}, {"price_cents": 990, "copies": 2}]}
        expected = {"copies": 3, "full_price_cents": 3270, "discount_percent": 10, "price_cents": 2943}
        self.assertEqual(ask(books), (200, expected))
        self.assertEqual(ask(books, encoded=True), (200, expected))

    def test_the_discount_grows_with_the_copies(self) -> None:
        found = [ask({"books": [{"price_cents": 100, "copies": n}]})[1]["discount_percent"] for n in (1, 2, 3, 5, 10)]
        self.assertEqual(found, [0, 0, 10, 15, 20])

    def test_the_reader_never_pays_the_rounding(self) -> None:
        self.assertEqual(ask({"books": [{"price_cents": 33, "copies": 3}]})[1]["price_cents"], 89)

    def test_what_cannot_be_priced_is_said_where(self) -> None:
        for content, word in (
            ("", "JSON"),
            ("{half", "JSON"),
            ("[" * 100_000, "JSON"),
            ([], "books"),
            ({}, "books"),
            ({"books": []}, "books"),
            ({"books": [{"price_cents": 1}] * 101}, "books"),
            ({"books": [7]}, "books[0]"),
            ({"books": [{"price_cents": 100}, {"price_cents": "100"}]}, "books[1].price_cents"),
            ({"books": [{"price_cents": True}]}, "books[0].price_cents"),
            ({"books": [{"price_cents": -1}]}, "books[0].price_cents"),
            ({"books": [{"price_cents": 1, "copies": 0}]}, "books[0].copies"),
            ({"books": [{"price_cents": 1, "copies": 1.5}]}, "books[0].copies"),
        ):
            with self.subTest(str(content)[:60]):
                status, answer = ask(content)
                self.assertEqual(status, 400)
                self.assertIn(word, answer["error"])

    def test_a_request_without_a_body_is_refused(self) -> None:
        self.assertEqual(handler({"version": "2.0"}, None)["statusCode"], 400)
        self.assertEqual(handler({"body": "%%%", "isBase64Encoded": True}, None)["statusCode"], 400)


if __name__ == "__main__":
    unittest.main()
