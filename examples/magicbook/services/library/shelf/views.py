"""The signed-in reader's shelf and orders over HTTP."""

import json
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods
from homeport_django.auth import Caller, read_email, token_required

from shelf.models import Book, Order, ShelfEntry
from shelf.ordering import AlreadyOrdered, place_order
from shelf.shelves import read_shelf


@token_required
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """The reader's books."""
    return JsonResponse({"books": read_shelf(request.caller.sub)})


@token_required
@require_GET
def shelved(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the reader's books."""
    entry = ShelfEntry.objects.filter(reader=request.caller.sub, book__slug=slug).select_related("book").first()
    return JsonResponse(entry.as_json()) if entry else _refused("This book is not on your shelf", 404)


@token_required
@require_http_methods(["GET", "POST"])
def orders(request: HttpRequest) -> HttpResponse:
    """The reader's orders, or a new one."""
    if request.method == "POST":
        return _ordered(request)
    mine = Order.objects.filter(reader=request.caller.sub).select_related("book")
    return JsonResponse({"orders": [order.as_json() for order in mine]})


@token_required
@require_GET
def order(request: HttpRequest, order_id: uuid.UUID) -> HttpResponse:
    """One of the reader's orders; those of others do not exist."""
    mine = Order.objects.filter(reader=request.caller.sub, id=order_id).select_related("book").first()
    return JsonResponse(mine.as_json()) if mine else _refused("There is no such order", 404)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refused("There is no such page", 404)


def broken(request: HttpRequest) -> HttpResponse:
    return _refused("Something broke on our side", 500)


def _ordered(request: HttpRequest) -> HttpResponse:
    slug = _slug(request.body)
    if slug is None:
        return _refused('Say which book: {"book": "its-slug"}', 400)
    book = Book.objects.filter(slug=slug).first()
    if book is None:
        return _refused("There is no such book, or it was published a moment ago: try again", 404)
    try:
        placed = place_order(_reader(request.caller), book)
    except AlreadyOrdered:
        return _refused("This book is on your shelf already", 409)
    except (BotoCoreError, ClientError):
        return _refused("Your account cannot be read right now: try again", 503)
    return JsonResponse(placed.as_json(), status=201, headers={"Location": f"/orders/{placed.id}"})


def _slug(body: bytes) -> str | None:
    try:
        slug = json.loads(body)["book"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    fits = isinstance(slug, str) and slug.isascii() and slug.isprintable() and len(slug) <= 80
    return slug if fits else None


def _reader(caller: Caller) -> dict[str, Any]:
    """What others need to know of the reader: the function `receipt` writes to the address."""
    return {"sub": caller.sub, "username": caller.username, "email": read_email(caller)}


def _refused(error: str, status: int) -> HttpResponse:
    return JsonResponse({"error": error}, status=status)
