"""Progress reads as lines where there is no terminal, and folds to what matters where there is one."""

import io

from rich.console import Console

from homeport.cli.board import Board


def board(terminal: bool = False) -> tuple[Board, io.StringIO]:
    text = io.StringIO()
    times = iter(range(1000))
    return Board(Console(file=text, force_terminal=terminal, width=100), clock=lambda: next(times)), text


def test_without_a_terminal_each_event_is_a_line() -> None:
    shown, text = board()
    with shown:
        stack = shown.step("foundation")
        stack.step("vpc").done()
        stack.done("12 created")
    assert text.getvalue().splitlines() == [
        "foundation",
        "  vpc",
        "  ✓ vpc (1.0 s)",
        "✓ foundation: 12 created (3.0 s)",
    ]


def test_square_brackets_are_text_and_not_markup() -> None:
    shown, text = board()
    shown.step('aws_subnet.this["a"] [red]').failed("[bold]no")
    assert '✗ aws_subnet.this["a"] [red]: [bold]no' in text.getvalue()


def test_a_finished_step_folds_and_a_failed_child_stays() -> None:
    shown, _ = board(terminal=True)
    stack = shown.step("foundation")
    stack.step("vpc").done()
    stack.step("database").failed("no such class")
    stack.failed("1 failed")
    drawn = io.StringIO()
    Console(file=drawn, width=100).print(shown.draw())
    assert "database" in drawn.getvalue() and "vpc" not in drawn.getvalue()
