"""`POST /quotes`: what would these books cost together? Three books or more are cheaper.

   {"books": [{"price_cents": 1290}, {"price_cents": 990, "copies": 2}]}
→  {"copies": 3, "full_price_cents": 3270, "discount_percent": 10, "price_cents": 2943}
"""

import base64
import json
from typing import Any

DISCOUNTS = [(10, 20), (5, 15), (3, 10)]  # from so many copies on, so many percent
BOOKS_MAX, COPIES_MAX, PRICE_MAX_CENTS = 100, 1000, 100_000


class BadRequest(ValueError):
    """What the caller sent cannot be priced; the text says why."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """API Gateway's payload 2.0, both ways."""
    try:
        return _answer(200, quote(read_books(event)))
    except BadRequest as error:
        return _answer(400, {"error": str(error)})


def read_books(event: dict[str, Any]) -> list[tuple[int, int]]:
    """(price in cents, copies) of each book asked for. Raises BadRequest."""
    body = event.get("body") or ""
    try:
        content = json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON") from error
    books = content.get("books") if isinstance(content, dict) else None
    if not isinstance(books, list) or not 0 < len(books) <= BOOKS_MAX:
        raise BadRequest(f"books: a list of 1 to {BOOKS_MAX} books is expected")
    return [_book(book, place) for place, book in enumerate(books)]


def quote(books: list[tuple[int, int]]) -> dict[str, int]:
    """The price of the books together, rounded down to the cent."""
    copies = sum(number for _, number in books)
    full = sum(price * number for price, number in books)
    percent = next((percent for least, percent in DISCOUNTS if copies >= least), 0)
    return {
        "copies": copies,
        "full_price_cents": full,
        "discount_percent": percent,
        "price_cents": full * (100 - percent) // 100,
    }


def _book(book: Any, place: int) -> tuple[int, int]:
    if not isinstance(book, dict):
        raise BadRequest(f"books[{place}]: an object with price_cents is expected")
    price, copies = book.get("price_cents"), book.get("copies", 1)
    if not _is_between(price, 1, PRICE_MAX_CENTS):
        raise BadRequest(f"books[{place}].price_cents: a whole number from 1 to {PRICE_MAX_CENTS} is expected")
    if not _is_between(copies, 1, COPIES_MAX):
        raise BadRequest(f"books[{place}].copies: a whole number from 1 to {COPIES_MAX} is expected")
    return price, copies


def _is_between(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(content)}
