"""Terraform's events → steps on the board: a step for each stack, and one for each resource that is being changed."""

from homeport.cli.board import Board, Step
from homeport.terraform.events import Event

QUIET_SECONDS = 20  # AWS takes minutes for a database: without a terminal, say at times that it goes on
VERBS = {"create": "creating", "update": "updating", "delete": "destroying", "replace": "replacing", "read": "reading"}


class StackSteps:
    """Listens to one stack's run. `changed` counts resources that were created, updated or destroyed."""

    def __init__(self, board: Board, stack: str) -> None:
        self.step = board.step(f"stack {stack}")
        self.changed = 0
        self._planned = 0
        self._open: dict[str, Step] = {}
        self._clock = board.clock
        self._quiet_since = self._clock()

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

    def done(self, outputs: int = 0) -> None:
        """The stack is as it should be; so many of its outputs are new, of which Terraform tells no event."""
        told = [f"{self.changed} changed"] if self.changed else []
        told += [f"{outputs} output{'' if outputs == 1 else 's'} changed"] if outputs else []
        self.step.done(", ".join(told) or "nothing changed")

    def failed(self) -> None:
        for address in list(self._open):
            self._open.pop(address).failed("not finished")
        self.step.failed(f"stopped after {self.changed} changes")

    def _resource(self, event: Event) -> None:
        if event.state == "running":
            if event.address not in self._open:
                title = f"{VERBS.get(event.action, event.action)} {event.address}"
                self._open[event.address] = self.step.step(title, announced=False)
            elif event.elapsed_seconds:
                self._still()
        elif opened := self._open.pop(event.address, None):
            if event.state == "done":
                self.changed += 1
                opened.done()
            else:
                opened.failed(event.text)
            self._quiet_since = self._clock()
        self.step.update(f"{self.changed} of {self._planned}")

    def _still(self) -> None:
        """Name what has been waited for longest, if nothing has ended for a while."""
        now = self._clock()
        if now - self._quiet_since < QUIET_SECONDS:
            return
        self._quiet_since = now
        longest, *others = self._open.values()
        more = f", and {len(others)} more" if others else ""
        self.step.note(f"still {longest.title}… ({now - longest.started:.0f} s){more}")
