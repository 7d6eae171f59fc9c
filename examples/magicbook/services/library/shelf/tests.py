"""Tests of the library: `python manage.py test`."""

import json
import os
import uuid
from typing import Any
from unittest import mock

from django.core.cache import cache
from django.http import HttpResponse
from django.test import TestCase, override_settings
from homeport_django.messages import Message
from homeport_django.models import Outgoing
from homeport_django.testing import UserPool

from shelf.models import Book, Order, ShelfEntry
from shelf.receivers import remember_book

FOG = {
    "slug": "grandmother-fog",
    "title": "Grandmother Fog",
    "author": "Bram Okafor",
    "price_cents": 1390,
    "cover_url": "https://covers.example/covers/grandmother-fog.png",
}
NO_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:9/0",  # nobody listens there
    }
}


class Readers(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.pool = cls.enterClassContext(UserPool())

    def setUp(self) -> None:
        cache.clear()
        self.fog = Book.objects.create(**FOG)

    def get(self, path: str, reader: str = "ada", token: str = "") -> HttpResponse:
        return self.client.get(path, headers=self.signed_in(reader, token))

    def order(self, content: Any, token: str = "", commit: bool = True) -> HttpResponse:
        body = content if isinstance(content, bytes) else json.dumps(content)
        with self.captureOnCommitCallbacks(execute=commit):
            return self.client.post(
                "/orders", body, content_type="application/json", headers=self.signed_in("ada", token)
            )

    def signed_in(self, reader: str, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.pool.token(reader)}"}


class Ordering(Readers):
    def test_an_ordered_book_is_on_the_shelf_at_once_though_the_empty_shelf_was_cached(self) -> None:
        self.assertEqual(self.get("/shelf").json(), {"books": []})
        answer = self.order({"book": "grandmother-fog"})
        self.assertEqual((answer.status_code, answer.json()["price_cents"]), (201, 1390))
        [book] = self.get("/shelf").json()["books"]
        self.assertEqual({key: book[key] for key in FOG}, FOG)
        self.assertEqual(self.get("/shelf/grandmother-fog").json(), book)

    def test_an_order_is_told_to_others_with_the_readers_address(self) -> None:
        order = self.order({"book": "grandmother-fog"}, commit=False).json()  # so the message stays where it waits
        [message] = Outgoing.objects.all()
        reader = {"sub": "sub-of-ada", "username": "ada", "email": "ada@readers.example"}
        self.assertEqual((message.topic, message.payload), ("order-placed", {**order, "reader": reader}))

    def test_nobody_pays_twice(self) -> None:
        self.order({"book": "grandmother-fog"})
        answer = self.order({"book": "grandmother-fog"})
        self.assertEqual(answer.status_code, 409)
        self.assertEqual((Order.objects.count(), ShelfEntry.objects.count()), (1, 1))

    def test_an_order_can_be_looked_up_by_its_reader_alone(self) -> None:
        placed = self.order({"book": "grandmother-fog"})
        order = placed.json()
        self.assertEqual(self.get(placed["Location"]).json(), order)
        self.assertEqual(self.get("/orders").json(), {"orders": [order]})
        self.assertEqual(self.get(placed["Location"], reader="eve").status_code, 404)
        self.assertEqual(self.get("/orders", reader="eve").json(), {"orders": []})
        self.assertEqual(self.get("/shelf", reader="eve").json(), {"books": []})
        self.assertEqual(self.get(f"/orders/{uuid.uuid4()}").status_code, 404)

    def test_odd_orders_are_refused(self) -> None:
        for content in (b"", b"\xff", b"[", b"[]", b"null", b"[" * 100_000, {}, {"book": None}, {"book": "nul\x00"}):
            with self.subTest(str(content)[:40]):
                self.assertEqual(self.order(content).status_code, 400)
        self.assertEqual(self.order({"book": "no-such-book"}).status_code, 404)
        self.assertFalse(Order.objects.exists())

    def test_without_a_token_there_is_nothing_to_see(self) -> None:
        for path in ("/shelf", "/shelf/grandmother-fog", "/orders"):
            self.assertEqual(self.client.get(path).status_code, 401)
        self.assertEqual(self.client.post("/orders", FOG, content_type="application/json").status_code, 401)

    def test_an_account_that_cannot_be_read_orders_nothing(self) -> None:
        with UserPool() as pool:
            token = pool.token("ada")
            self.assertEqual(self.get("/shelf", token=token).status_code, 200)  # the keys are known from now on
            pool.stop()
            self.assertEqual(self.order({"book": "grandmother-fog"}, token=token).status_code, 503)
        self.assertFalse(Order.objects.exists())

    def test_whoever_signed_out_everywhere_orders_nothing(self) -> None:
        token = self.pool.token("ada")
        self.pool.revoked.add(token)
        self.assertEqual(self.order({"book": "grandmother-fog"}, token=token).status_code, 401)
        self.assertFalse(Order.objects.exists())


class TheCache(Readers):
    def test_the_second_look_at_a_shelf_asks_no_database(self) -> None:
        self.order({"book": "grandmother-fog"})
        first = self.get("/shelf").json()
        with self.assertNumQueries(0):
            self.assertEqual(self.get("/shelf").json(), first)

    @override_settings(CACHES=NO_CACHE)
    def test_without_a_cache_the_database_answers(self) -> None:
        with self.assertLogs("shelf.shelves", "WARNING"):
            self.assertEqual(self.order({"book": "grandmother-fog"}).status_code, 201)
            self.assertEqual(len(self.get("/shelf").json()["books"]), 1)


class Receiving(TestCase):
    def receive(self, **changes: Any) -> None:
        remember_book(Message(str(uuid.uuid4()), "book-published", {**FOG, **changes}, 1))

    def test_the_same_message_twice_is_one_book(self) -> None:
        self.receive()
        self.receive()
        self.assertEqual(Book.objects.get().as_json(), FOG)

    def test_a_later_message_updates_the_book(self) -> None:
        self.receive()
        self.receive(price_cents=990)
        self.assertEqual(Book.objects.get().price_cents, 990)

    def test_half_a_message_is_an_error_so_that_it_ends_among_the_dead_letters(self) -> None:
        with self.assertRaises(KeyError):
            remember_book(Message("1", "book-published", {"slug": "x"}, 1))

    def test_the_health_check_answers_below_library(self) -> None:
        with mock.patch.dict(os.environ, {"USER_POOL_ID": ""}):
            self.assertEqual(self.client.get("/library/healthz").json()["status"], "ok")
