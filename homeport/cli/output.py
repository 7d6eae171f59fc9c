"""What commands print: tables on stdout, progress on stderr. Colour only on a terminal; NO_COLOR is respected."""

import os
from collections.abc import Collection, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

GAP = 2  # between two columns
PIPED_WIDTH = 200

progress_console = Console(stderr=True, highlight=False)
answer_console = Console(highlight=False)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None, *, optional: Collection[str] = ()
) -> None:
    """A plain table on stdout; on a narrow terminal `optional` columns go and long cells fold. Nothing is cut off.

    COLUMNS says how wide it may be, as everywhere; without it, what is piped has room enough.
    """
    wide = not answer_console.is_terminal and not os.environ.get("COLUMNS")
    console = Console(width=PIPED_WIDTH, highlight=False) if wide else Console(highlight=False)
    narrow = _width([columns, *rows]) > console.width
    shown = [at for at, column in enumerate(columns) if not (narrow and column in optional)]
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", header_style="bold")
    for at in shown:
        table.add_column(columns[at], overflow="fold")
    for row in rows:
        table.add_row(*(row[at] for at in shown))
    console.print(table)


def _width(lines: Sequence[Sequence[str]]) -> int:
    """Of a table in which nothing folds."""
    return sum(max(cell_len(cell) for cell in column) + GAP for column in zip(*lines, strict=True)) - GAP
