"""A stable port on loopback for each thing that listens here: kept per ARN, so that addresses survive a restart."""

import json
import socket
import threading
import zlib
from itertools import chain
from pathlib import Path

from homeport.errors import HomeportError
from homeport.local.home import Home

FIRST, LAST = 21000, 29999
APART = 100  # each home begins to look elsewhere: a platform that is down keeps its ports from those that are up


class Ports:
    """ARN → port. Safe for threads of one process; only the control plane gives ports out."""

    def __init__(self, home: Home) -> None:
        self._path = home.ports
        self._first = FIRST + zlib.crc32(str(home.path).encode()) % ((LAST + 1 - FIRST) // APART) * APART
        self._lock = threading.Lock()
        self._ports = _load(self._path)

    def of(self, arn: str) -> int:
        """The port of `arn`, given out now if it has none. Raises if no port is free."""
        with self._lock:
            if arn not in self._ports:
                self._ports[arn] = self._free()
                self._write()
            return self._ports[arn]

    def release(self, arn: str) -> None:
        """The thing is deleted: its port may be given to another."""
        with self._lock:
            if self._ports.pop(arn, None) is not None:
                self._write()

    def _free(self) -> int:
        taken = set(self._ports.values())
        for port in chain(range(self._first, LAST + 1), range(FIRST, self._first)):
            if port not in taken and is_free(port):
                return port
        raise HomeportError(
            f"no port between {FIRST} and {LAST} is free", "stop what listens there, or homeport destroy"
        )

    def _write(self) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._ports, indent=1, sort_keys=True))
        draft.replace(self._path)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: waiting connections do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_free(port: int, what: str) -> None:
    """Raise with a clear message if something else listens on the port that `what` has."""
    if not is_free(port):
        raise HomeportError(
            f"port {port} of {what} is in use by another program", f"find it: ss -ltnp 'sport = :{port}'"
        )


def _load(path: Path) -> dict[str, int]:
    try:
        return {str(arn): int(port) for arn, port in json.loads(path.read_text()).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise HomeportError(f"{path}: damaged: {error}", f"rm {path} (addresses may change, apply again)") from error
