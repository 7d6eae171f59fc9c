"""boto3 clients of the local account, made once each: making one takes longer than using it."""

import threading
from typing import Any

from homeport.local import aws


class Clients:
    """`Context.aws`: service, account, region → client. May be called from any thread."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()  # boto3 makes clients in one thread at a time, and uses them in any
        self._clients: dict[tuple[str, str, str], Any] = {}

    def __call__(self, service: str, account: str, region: str) -> Any:
        key = (service, account, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = aws.client(service, self._endpoint, account, region)
            return self._clients[key]
