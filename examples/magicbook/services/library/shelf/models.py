"""The books that the library knows of, and who ordered them. A reader is the `sub` of the user pool."""

import uuid
from typing import Any

from django.db import models


class Book(models.Model):
    """The library's own copy of what `book-published` said, so that it works while the catalog does not."""

    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(max_length=120)
    author = models.CharField(max_length=120)
    price_cents = models.PositiveIntegerField()
    cover_url = models.URLField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.title

    def as_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "author": self.author,
            "price_cents": self.price_cents,
            "cover_url": self.cover_url,
        }


class Order(models.Model):
    """A reader bought a book, once, at the price of that moment; it is on the reader's shelf from then on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reader = models.CharField(max_length=64)
    book = models.ForeignKey(Book, on_delete=models.PROTECT)
    price_cents = models.PositiveIntegerField()
    placed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-placed_at"]
        constraints = [models.UniqueConstraint(fields=["reader", "book"], name="one_order_per_reader_and_book")]

    def __str__(self) -> str:
        return str(self.id)

    def as_json(self) -> dict[str, Any]:
        return {
            "order": str(self.id),
            "book": self.book.as_json(),
            "price_cents": self.price_cents,
            "placed_at": self.placed_at.isoformat(timespec="seconds"),
        }


class ShelfEntry(models.Model):
    """A book on a reader's shelf."""

    reader = models.CharField(max_length=64)
    book = models.ForeignKey(Book, on_delete=models.PROTECT)
    order = models.OneToOneField(Order, on_delete=models.CASCADE)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-added_at"]
        indexes = [models.Index(fields=["reader", "-added_at"], name="shelf_of_reader")]

    def __str__(self) -> str:
        return f"{self.reader}: {self.book_id}"

    def as_json(self) -> dict[str, Any]:
        return {**self.book.as_json(), "added_at": self.added_at.isoformat(timespec="seconds")}
