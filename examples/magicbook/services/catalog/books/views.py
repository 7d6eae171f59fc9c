"""Books over HTTP: everyone reads, staff writes."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods
from homeport_django.auth import group_required

from books.editing import read_fields, save_book
from books.models import Book

FORMATS = [
    {"format": "board-book", "ages": "0-3", "pages": 16},
    {"format": "picture-book", "ages": "3-6", "pages": 32},
    {"format": "early-reader", "ages": "5-8", "pages": 48},
]


@require_http_methods(["GET", "HEAD", "POST"])
def books(request: HttpRequest) -> HttpResponse:
    """All published books, or a new one."""
    if request.method == "POST":
        return create(request)
    return JsonResponse({"books": [book.as_json() for book in Book.objects.filter(published=True)]})


@require_http_methods(["GET", "HEAD", "PATCH"])
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """One book with its pages, or changes to it."""
    if request.method == "PATCH":
        return change(request, slug)
    found = Book.objects.filter(slug=slug, published=True).prefetch_related("pages").first()
    if found is None:
        return not_found(request)
    return JsonResponse({**found.as_json(), "pages": [page.text for page in found.pages.all()]})


@require_GET
def formats(request: HttpRequest) -> HttpResponse:
    """The formats we print. Asks no database, so it shows what the platform itself costs per request."""
    return JsonResponse({"formats": FORMATS})


@group_required("staff")
def create(request: HttpRequest) -> HttpResponse:
    return _saved(request, Book(), status=201)


@group_required("staff")
def change(request: HttpRequest, slug: str) -> HttpResponse:
    found = Book.objects.filter(slug=slug).first()
    return _saved(request, found, status=200) if found else not_found(request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return JsonResponse({"error": "There is no such book"}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"error": "Something broke on our side"}, status=500)


def _saved(request: HttpRequest, book: Book, status: int) -> HttpResponse:
    try:
        saved = save_book(book, read_fields(request.body))
    except ValidationError as error:
        return JsonResponse({"error": "The book cannot be saved", "fields": error.message_dict}, status=400)
    return JsonResponse(
        saved.as_json(), status=status, headers={"Location": f"/books/{saved.slug}"} if status == 201 else {}
    )
