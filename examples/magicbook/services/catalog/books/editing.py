"""What staff sends → a book and its pages, or every mistake at once."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from books.models import Book, Page

FIELDS = {"slug", "title", "author", "price_cents", "published"}
PAGES_MAX = 64


def read_fields(body: bytes) -> dict[str, Any]:
    """The JSON object of a request. Raises ValidationError."""
    try:
        fields = json.loads(body)
        text = json.dumps(fields, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise ValidationError({"body": "This is not JSON"}) from error
    if b"\\u0000" in text:
        raise ValidationError({"body": "PostgreSQL keeps no NUL characters"})
    if not isinstance(fields, dict):
        raise ValidationError({"body": "A JSON object is expected"})
    if unknown := set(fields) - FIELDS - {"pages"}:
        raise ValidationError({key: "There is no such field" for key in sorted(unknown)})
    return fields


def save_book(book: Book, fields: dict[str, Any]) -> Book:
    """Lays `fields` over `book` and saves both it and its pages. Announces it if it has just been published."""
    was_published = not book._state.adding and book.published
    pages = fields.get("pages")
    for name in FIELDS & set(fields):
        setattr(book, name, fields[name])
    book.slug = book.slug or slugify(book.title)
    book.full_clean()
    if pages is not None:
        _check_pages(pages)
    try:
        _write(book, pages, announce=book.published and not was_published)
    except IntegrityError as error:  # somebody else was quicker
        raise ValidationError({"slug": "A book with this slug exists already"}) from error
    return book


def _write(book: Book, pages: list[str] | None, announce: bool) -> None:
    with transaction.atomic():
        book.save()
        if pages is not None:
            book.pages.all().delete()
            Page.objects.bulk_create(Page(book=book, number=n, text=text) for n, text in enumerate(pages, start=1))
        if announce:
            book.announce()


def _check_pages(pages: Any) -> None:
    if not isinstance(pages, list) or not all(isinstance(text, str) and 0 < len(text) <= 2000 for text in pages):
        raise ValidationError({"pages": "A list of texts of at most 2000 characters is expected"})
    if len(pages) > PAGES_MAX:
        raise ValidationError({"pages": f"A picture book has at most {PAGES_MAX} pages"})
