"""Ports for tasks: free now, not given to another task, and not in the range that the kernel gives to connections."""

import socket

from homeport.errors import HomeportError

FIRST, LAST = 30000, 32767


class FreePorts:
    """Gives ports out in turn, so that one just given back rests."""

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._next = FIRST

    def take(self) -> int:
        for _ in range(FIRST, LAST + 1):
            port, self._next = self._next, self._next + 1 if self._next < LAST else FIRST
            if port not in self._given and _is_free(port):
                self._given.add(port)
                return port
        raise HomeportError(f"no port between {FIRST} and {LAST} is free", "end programs that listen there")

    def give_back(self, port: int) -> None:
        self._given.discard(port)


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do; else a closed one blocks for a minute
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
