"""The price book of a command: the shipped one, with what `homeport prices refresh` wrote laid over it."""

from pathlib import Path

from homeport.cost.prices.book import PriceBook, load_book

BOOK = "homeport.prices.json"


def open_book(file: Path, book_file: Path | None = None) -> PriceBook:
    """`file` is homeport.yml: a refreshed book lies beside it. `book_file` is used instead if it is given."""
    beside = file.parent / BOOK
    return load_book(book_file or (beside if beside.exists() else None))
