"""A stage's throttling settings as token buckets: at most `burst` at once, refilled at `rate` a second.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any


class Bucket:
    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, float(burst), clock
        self._tokens, self._filled = float(burst), clock()

    def take(self) -> bool:
        """Whether one more request may pass now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def compile_bucket(settings: Mapping[str, Any] | None) -> Bucket | None:
    """None when neither limit is set: the account's default of 10,000 a second is more than this machine can ask for.

    A limit that is declared as 0 lets nothing through, as on AWS.
    """
    if not settings:
        return None
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    return Bucket(float(10_000 if rate is None else rate), int(5_000 if burst is None else burst))
