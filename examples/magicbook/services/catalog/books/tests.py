"""Tests of the catalog: `python manage.py test`."""

import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.http import HttpResponse
from django.test import TestCase, override_settings
from homeport_django.messages import logger as messages_logger
from homeport_django.testing import UserPool

from books.models import Book, Page

WHALE = {"slug": "the-patient-whale", "title": "The Patient Whale", "author": "Noor Abbas", "price_cents": 1450}


class Reading(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        whale = Book.objects.create(**WHALE)
        Page.objects.create(book=whale, number=2, text="Then the gulls.")
        Page.objects.create(book=whale, number=1, text="The whale waited.")
        Book.objects.create(slug="a-draft", title="A Draft", author="Noor Abbas", price_cents=1, published=False)

    @override_settings(COVERS_URL="https://covers.example")
    def test_everyone_sees_the_published_books(self) -> None:
        answer = self.client.get("/books")
        self.assertEqual(
            answer.json(), {"books": [{**WHALE, "cover_url": "https://covers.example/covers/the-patient-whale.png"}]}
        )

    def test_a_book_has_its_pages_in_order(self) -> None:
        with self.assertNumQueries(2):
            answer = self.client.get("/books/the-patient-whale")
        self.assertEqual(answer.json()["pages"], ["The whale waited.", "Then the gulls."])

    def test_drafts_and_unknown_books_are_not_found(self) -> None:
        for path in ("/books/a-draft", "/books/no-such-book", "/books/../etc", "/books/a%2Fb", "/books/"):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertEqual(answer.status_code, 404)
                self.assertIn("error", answer.json())

    def test_formats_ask_no_database(self) -> None:
        with self.assertNumQueries(0):
            self.assertEqual(len(self.client.get("/books/formats").json()["formats"]), 3)

    def test_the_health_check_and_static_files_answer_below_catalog(self) -> None:
        self.assertEqual(self.client.get("/catalog/healthz").json()["status"], "ok")
        cover = self.client.get("/catalog/static/books/blank-cover.svg")
        self.addCleanup(cover.close)
        self.assertEqual((cover.status_code, cover["Content-Type"]), (200, "image/svg+xml"))


class Writing(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.pool = cls.enterClassContext(UserPool())

    def send(self, content: Any, *groups: str, method: str = "post", path: str = "/books") -> HttpResponse:
        body = content if isinstance(content, bytes) else json.dumps(content)
        headers = {"Authorization": f"Bearer {self.pool.token('ada', *groups)}"}
        return getattr(self.client, method)(path, body, content_type="application/json", headers=headers)

    def published(self, *arguments: Any, **options: Any) -> tuple[HttpResponse, list[str]]:
        """The answer, and the topics that were published to."""
        with self.assertLogs(messages_logger) as logs:
            messages_logger.info("first line, so that there is one")
            with self.captureOnCommitCallbacks(execute=True):
                answer = self.send(*arguments, **options)
        return answer, [record.topic for record in logs.records[1:]]

    def test_staff_adds_a_book_which_is_announced(self) -> None:
        answer, topics = self.published({**WHALE, "pages": ["One.", "Two."]}, "staff")
        self.assertEqual((answer.status_code, answer["Location"]), (201, "/books/the-patient-whale"))
        self.assertEqual(topics, ["book-published"])
        self.assertEqual(Page.objects.count(), 2)

    def test_the_slug_is_made_of_the_title(self) -> None:
        answer = self.send({**WHALE, "slug": ""}, "staff")
        self.assertEqual(answer.json()["slug"], "the-patient-whale")

    def test_a_draft_is_announced_when_it_is_published_and_only_then(self) -> None:
        path = "/books/the-patient-whale"
        _, first = self.published({**WHALE, "published": False}, "staff")
        _, second = self.published({"published": True}, "staff", method="patch", path=path)
        answer, third = self.published({"price_cents": 990}, "staff", method="patch", path=path)
        self.assertEqual((first, second, third), ([], ["book-published"], []))
        self.assertEqual((answer.status_code, answer.json()["price_cents"]), (200, 990))

    def test_only_staff_writes(self) -> None:
        self.assertEqual(self.send(WHALE).status_code, 403)
        self.assertEqual(self.client.post("/books", WHALE, content_type="application/json").status_code, 401)
        self.assertEqual(self.send({}, method="patch", path="/books/x").status_code, 403)
        self.assertFalse(Book.objects.exists())

    def test_all_mistakes_are_named_at_once(self) -> None:
        answer = self.send({"title": "", "price_cents": -5, "published": "maybe"}, "staff")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(set(answer.json()["fields"]), {"title", "author", "slug", "price_cents", "published"})

    def test_odd_input_is_refused_and_saves_nothing(self) -> None:
        odd = [
            b"",
            b"\xff\xfe",
            b"[" * 100_000,
            b"[]",
            b"null",
            {**WHALE, "colour": "blue"},
            {**WHALE, "slug": "formats"},
            {**WHALE, "slug": "no spaces"},
            {**WHALE, "title": "x" * 121},
            {**WHALE, "title": "nul \x00"},
            {**WHALE, "price_cents": 10**12},
            {**WHALE, "price_cents": []},
            {**WHALE, "pages": "One."},
            {**WHALE, "pages": [""]},
            {**WHALE, "pages": ["page"] * 65},
            json.dumps({**WHALE, "title": "half \ud83d"}).encode(),
        ]
        for content in odd:
            with self.subTest(str(content)[:60]):
                answer = self.send(content, "staff")
                self.assertEqual(answer.status_code, 400)
                self.assertIn("error", answer.json())
        self.assertFalse(Book.objects.exists())

    def test_a_slug_is_taken_once(self) -> None:
        self.send(WHALE, "staff")
        answer = self.send(WHALE, "staff")
        self.assertEqual(answer.status_code, 400)
        self.assertIn("slug", answer.json()["fields"])


class Seeding(TestCase):
    def test_the_first_books_are_added_once_and_announced_once(self) -> None:
        for announcements in (6, 0):
            with self.captureOnCommitCallbacks() as callbacks:
                call_command("seed", stdout=StringIO())
            self.assertEqual((Book.objects.count(), len(callbacks)), (6, announcements))

    def test_what_staff_changed_stays(self) -> None:
        call_command("seed", stdout=StringIO())
        Book.objects.filter(slug="a-train-for-pip").update(price_cents=1)
        Book.objects.get(slug="seven-spoons").delete()
        call_command("seed", stdout=StringIO())
        self.assertEqual(Book.objects.get(slug="a-train-for-pip").price_cents, 1)
        self.assertTrue(Book.objects.filter(slug="seven-spoons").exists())
