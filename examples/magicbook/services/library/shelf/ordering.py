"""A reader orders a book: the order, its place on the shelf, and word of it to others, all or nothing."""

from typing import Any

from django.db import IntegrityError, transaction
from homeport_django.messages import publish_on_commit

from shelf import shelves
from shelf.models import Book, Order, ShelfEntry


class AlreadyOrdered(Exception):
    """The book is on the reader's shelf: nobody pays twice."""


def place_order(reader: dict[str, Any], book: Book) -> Order:
    """Places the order of `reader` (sub, username, email). Raises AlreadyOrdered."""
    try:
        with transaction.atomic():
            order = Order.objects.create(reader=reader["sub"], book=book, price_cents=book.price_cents)
            ShelfEntry.objects.create(reader=reader["sub"], book=book, order=order)
            publish_on_commit("order-placed", {**order.as_json(), "reader": reader})
            transaction.on_commit(lambda: shelves.forget(reader["sub"]))
    except IntegrityError as error:
        raise AlreadyOrdered from error
    return order
