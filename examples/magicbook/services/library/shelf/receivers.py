"""What the worker does with messages."""

from homeport_django.messages import Message, receiver

from shelf.models import Book


@receiver("book-published")
def remember_book(message: Message) -> None:
    """Adds the book, or updates what is known of it: the same message twice changes nothing."""
    book = message.payload
    Book.objects.update_or_create(
        slug=book["slug"],
        defaults={key: book[key] for key in ("title", "author", "price_cents", "cover_url")},
    )
