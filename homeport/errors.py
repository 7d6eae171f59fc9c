"""The one error that users see: what is wrong, and one next step."""

from dataclasses import dataclass


@dataclass
class HomeportError(Exception):
    """Something the user can mend.

    `message` is `where: what`, present tense, with the value found and the one expected; several mistakes are
    several lines. `hint` is one next step, ideally a command to paste; empty if there is none.
    """

    message: str
    hint: str = ""

    def __str__(self) -> str:
        return self.message
