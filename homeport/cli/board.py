"""Long work as a tree of steps: redrawn in place on a terminal, one line per event everywhere else."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from homeport.cli.output import progress_console

REDRAWS_PER_SECOND = 8
MARKS = {"running": ("…", "cyan"), "done": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("·", "dim")}


@dataclass
class Step:
    """One thing that is being done. Any thread may report on it."""

    title: str
    board: "Board"
    started: float
    depth: int = 0
    state: str = "running"
    detail: str = ""
    seconds: float | None = None
    children: list["Step"] = field(default_factory=list)

    def step(self, title: str, *, announced: bool = True) -> "Step":
        """A step of this step; off a terminal, one that is not announced gets a line only when it ends."""
        return self.board.add(title, self, announced=announced)

    def update(self, detail: str) -> None:
        """Say what is being done right now."""
        self.detail = detail

    def note(self, detail: str) -> None:
        """As `update`, and a line of its own where there is no terminal."""
        self.update(detail)
        self.board.noted(self)

    def done(self, detail: str = "") -> None:
        self._end("done", detail)

    def skipped(self, detail: str) -> None:
        self._end("skipped", detail)

    def failed(self, detail: str) -> None:
        self._end("failed", detail)

    def _end(self, state: str, detail: str) -> None:
        self.state, self.detail, self.seconds = state, detail, self.board.clock() - self.started
        self.board.ended(self)


class Board:
    """All steps of one command. A context manager: the tree stands as it ended when it is left."""

    def __init__(self, console: Console = progress_console, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._console = console
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self._live = Live(
            get_renderable=self.draw, console=console, refresh_per_second=REDRAWS_PER_SECOND, transient=False
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def step(self, title: str) -> Step:
        """A step at the top of the tree."""
        return self.add(title, None)

    def add(self, title: str, parent: Step | None, *, announced: bool = True) -> Step:
        step = Step(title, self, self.clock(), depth=parent.depth + 1 if parent else 0)
        with self._lock:
            (parent.children if parent else self._steps).append(step)
        if announced:
            self._line(step, title)
        return step

    def noted(self, step: Step) -> None:
        self._line(step, f"  {step.detail}")

    def ended(self, step: Step) -> None:
        mark = MARKS[step.state][0]
        self._line(step, f"{mark} {step.title}{f': {step.detail}' if step.detail else ''} ({step.seconds:.1f} s)")

    def draw(self) -> RenderableType:
        """The tree as it is now."""
        root = Tree("", hide_root=True)
        with self._lock:
            for step in self._steps:
                self._branch(root, step)
        return root

    def _branch(self, tree: Tree, step: Step) -> None:
        mark, colour = MARKS[step.state]
        seconds = step.seconds if step.seconds is not None else self.clock() - step.started
        text = Text.assemble(
            (f"{mark} ", colour), step.title, (f"  {step.detail}", "dim"), (f"  {seconds:.0f} s", "dim")
        )
        branch = tree.add(text)
        for child in step.children:
            if step.state == "running" or child.state == "failed":
                self._branch(branch, child)

    def _line(self, step: Step, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print("  " * step.depth + text, soft_wrap=True, markup=False)
