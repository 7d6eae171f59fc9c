"""Picture books and their pages."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from homeport_django.messages import publish_on_commit

RESERVED_SLUGS = {"formats"}  # paths below /books that are not books


def check_slug(slug: str) -> None:
    """Raises ValidationError for a slug that would hide another path."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is not free")


class Book(models.Model):
    """A picture book; others learn of it when it is published."""

    slug = models.SlugField(unique=True, max_length=80, validators=[check_slug])
    title = models.CharField(max_length=120)
    author = models.CharField(max_length=120)
    price_cents = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100_000)])
    published = models.BooleanField(default=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    @property
    def cover_url(self) -> str:
        return f"{settings.COVERS_URL}/covers/{self.slug}.png"

    def announce(self) -> None:
        """Publishes `book-published` when the transaction at hand is committed."""
        publish_on_commit("book-published", self.as_json())

    def as_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "author": self.author,
            "price_cents": self.price_cents,
            "cover_url": self.cover_url,
        }


class Page(models.Model):
    """One page of a book: what is read aloud."""

    book = models.ForeignKey(Book, related_name="pages", on_delete=models.CASCADE)
    number = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=2000)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["book", "number"], name="one_page_per_number")]

    def __str__(self) -> str:
        return f"{self.book_id}, page {self.number}"
