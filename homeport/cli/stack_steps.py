"""Terraform's events → steps on the board: a step for each stack, and one for each resource that is being changed."""

from homeport.cli.board import Board, Step
from homeport.terraform.events import Event

VERBS = {"create": "creating", "update": "updating", "delete": "destroying", "replace": "replacing", "read": "reading"}


class StackSteps:
    """Listens to one stack's run. `changed` counts resources that were created, updated or destroyed."""

    def __init__(self, board: Board, stack: str) -> None:
        self.step = board.step(f"stack {stack}")
        self.changed = 0
        self._planned = 0
        self._open: dict[str, Step] = {}

    def __call__(self, event: Event) -> None:
        if event.state == "note":
            self.step.update(event.text)
        elif event.state == "planned":
            self._planned += 1
            self.step.update(f"{self._planned} changes planned")
        elif event.state == "reading":
            self.step.update(f"reading {event.address}")
        elif event.action != "read":
            self._resource(event)

    def done(self) -> None:
        """The stack is as it should be."""
        self.step.done(f"{self.changed} changed" if self.changed else "nothing changed")

    def failed(self) -> None:
        for address in list(self._open):
            self._open.pop(address).failed("not finished")
        self.step.failed(f"stopped after {self.changed} changes")

    def _resource(self, event: Event) -> None:
        if event.state == "running":
            if event.address not in self._open:
                title = f"{VERBS.get(event.action, event.action)} {event.address}"
                self._open[event.address] = self.step.step(title, announced=False)
        elif opened := self._open.pop(event.address, None):
            if event.state == "done":
                self.changed += 1
                opened.done()
            else:
                opened.failed(event.text)
        self.step.update(f"{self.changed} of {self._planned}")
