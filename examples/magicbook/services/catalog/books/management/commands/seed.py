"""`manage.py seed`: the first books, in the release phase."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from books.editing import save_book
from books.models import Book

FIRST_BOOKS = Path(__file__).parents[2] / "data" / "first-books.json"


class Command(BaseCommand):
    """Adds those of the first books that are missing; what staff has changed since stays."""

    help = "Adds the first books to a catalog that lacks them, and announces them."

    def handle(self, *args: Any, **options: Any) -> None:
        known = set(Book.objects.values_list("slug", flat=True))
        missing = [fields for fields in json.loads(FIRST_BOOKS.read_text()) if fields["slug"] not in known]
        for fields in missing:
            save_book(Book(), fields)
        self.stdout.write(f"{len(missing)} books added, {len(known)} were there")
