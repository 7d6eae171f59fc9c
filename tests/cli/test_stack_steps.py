"""What Terraform said in a real apply → lines for somebody who has no terminal."""

import io
import json
from datetime import datetime
from pathlib import Path

from rich.console import Console

from homeport.cli.board import Board
from homeport.cli.stack_steps import QUIET_SECONDS, StackSteps
from homeport.terraform.events import Event, read_message

RECORDED = Path(__file__).parent / "recorded_apply.jsonl"  # two databases and a load balancer: 82 s, mostly waiting


def replay(*, terminal: bool) -> list[tuple[float, str]]:
    """Each line that was shown, and how many seconds after the first event."""
    now, text, shown = 0.0, io.StringIO(), []
    board = Board(Console(file=text, force_terminal=terminal, width=200), clock=lambda: now)
    lines = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    times = [datetime.fromisoformat(line["@timestamp"]).timestamp() for line in lines]
    steps = StackSteps(board, "foundation")
    for line, at in zip(lines, times, strict=True):
        now = at - times[0]
        event = read_message("foundation", json.dumps(line))
        assert isinstance(event, Event)
        steps(event)
        shown += [(now, told.strip()) for told in text.getvalue().splitlines()]
        text.seek(0)
        text.truncate()
    return shown


def test_without_a_terminal_no_wait_is_silent_for_longer_than_promised() -> None:
    shown = replay(terminal=False)
    every = [at for at, _ in shown]
    until_next_progress = 11  # Terraform tells it every ten seconds
    assert max(b - a for a, b in zip(every, every[1:], strict=False)) <= QUIET_SECONDS + until_next_progress
    still = [text for _, text in shown if text.startswith("still")]
    assert still == [
        'still creating module.gateway.aws_lb.this["1"]… (20 s), and 2 more',
        'still creating module.gateway.aws_lb.this["1"]… (40 s), and 3 more',
        'still creating module.gateway.aws_lb.this["1"]… (60 s), and 3 more',
    ]


def test_on_a_terminal_the_tree_says_it_all() -> None:
    assert replay(terminal=True) == []


def test_a_stack_of_which_only_outputs_change_says_so() -> None:
    def told(outputs: int) -> str:
        text = io.StringIO()
        StackSteps(Board(Console(file=text, width=200)), "foundation").done(outputs)
        return text.getvalue()

    assert "1 output changed" in told(1) and "2 outputs changed" in told(2)
    assert "nothing changed" in told(0)
