"""What commands print: tables on stdout, progress on stderr. Colour only on a terminal; NO_COLOR is respected."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

progress_console = Console(stderr=True, highlight=False)
answer_console = Console(highlight=False)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """A plain table on stdout; long cells fold, nothing is cut off when it is piped."""
    table = Table(*columns, box=None, pad_edge=False, title=title, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*row)
    if answer_console.is_terminal:
        answer_console.print(table)
    else:
        Console(width=200, highlight=False).print(table)
