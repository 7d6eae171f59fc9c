"""Where a name leads, as this machine's resolver says."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """`canonical` is the name at the end of the chain of aliases."""

    canonical: str
    addresses: frozenset[str]

    def is_at(self, other: "Answer | None", name: str) -> bool:
        """Whether it leads to `name`, whose answer `other` is: by its name, or, as ALIAS records do, by its address."""
        return self.canonical == name or bool(other and self.addresses & other.addresses)


def find_answer(name: str) -> Answer | None:
    """None if the name leads nowhere, or the resolver does not answer."""
    try:
        canonical, _, addresses = socket.gethostbyname_ex(name)
    except (OSError, UnicodeError):
        return None
    return Answer(canonical.lower().removesuffix("."), frozenset(addresses))
