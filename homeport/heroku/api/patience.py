"""What to do with a status that is no answer: how long to wait before the next try, and when to give up. Pure."""

TRIES = 5  # of a call that meets 5xx or a lost connection: after 1, 2, 4, 8 seconds
LIMITED_SECONDS_MAX = 900  # patience with 429, all its waits together
GIVEN_UP_IN_A_ROW = 8  # calls; then Heroku is down, not one resource of it


def wait_seconds(status: int, tries: int, waited_seconds: float, retry_after: str = "") -> float | None:
    """Seconds before the next try after `tries` failures; None if it is time to give up. Status 0: connection lost."""
    if status == 429:
        seconds = float(retry_after) if retry_after.isdigit() else min(60.0, 2.0**tries)
        return max(1.0, seconds) if waited_seconds + seconds <= LIMITED_SECONDS_MAX else None
    if status == 0 or status >= 500:
        return 2.0 ** (tries - 1) if tries < TRIES else None
    return None
