"""How fast a copy may read: a limit in bytes per second, and pauses while the source has other worries."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 0.25
WAITING_SESSIONS_MAX = 5  # of others, waiting for a lock
ACTIVE_FACTOR, ACTIVE_EXTRA = 2, 10  # others' active sessions, against what was seen before the copy began
LONG_WAIT_SECONDS = 5.0
LAG_SECONDS = 30.0

READ_LOAD = """
SELECT count(*) FILTER (WHERE state = 'active'),
       count(*) FILTER (WHERE wait_event_type = 'Lock'),
       coalesce(max(extract(epoch FROM clock_timestamp() - state_change))
                FILTER (WHERE wait_event_type = 'Lock'), 0)::float8,
       (SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 FROM pg_catalog.pg_stat_replication)
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name NOT LIKE 'homeport %'
"""


@dataclass(frozen=True)
class Load:
    """What the source does besides: sessions that run, that wait for locks, the longest wait and replicas' lag."""

    active: int
    waiting: int
    longest_wait_seconds: float
    lag_seconds: float


def pause_reason(now: Load, before: Load) -> str | None:
    """Why the copy should wait, None if it may go on."""
    if now.longest_wait_seconds > LONG_WAIT_SECONDS and now.waiting > WAITING_SESSIONS_MAX:
        return f"{now.waiting} sessions wait for locks on the source, one for {now.longest_wait_seconds:.0f} s"
    if now.active > ACTIVE_FACTOR * before.active + ACTIVE_EXTRA:
        return f"{now.active} sessions are active on the source, {before.active} were before the copy"
    if now.lag_seconds > max(LAG_SECONDS, 2 * before.lag_seconds):
        return f"a replica of the source is {now.lag_seconds:.0f} s behind"
    return None


class Throttle:
    """Shared by all who copy. `spend` is called with bytes that were just read, and returns when more may be read."""

    def __init__(
        self,
        bytes_per_second: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limit = bytes_per_second
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._free_at = clock()
        self._open = threading.Event()
        self._open.set()

    def spend(self, size: int) -> None:
        if not self._open.is_set():
            self._open.wait()
        if self.limit:
            with self._lock:
                now = self._clock()
                self._free_at = max(self._free_at, now - BURST_SECONDS) + size / self.limit
                wait = self._free_at - now
            if wait > 0:
                self._sleep(wait)

    def pause(self) -> None:
        self._open.clear()

    def resume(self) -> None:
        self._open.set()
