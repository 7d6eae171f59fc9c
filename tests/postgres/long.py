"""Tests at many points: every fourth in CI, which has minutes; every one in the long form (`make torture`)."""

import os
from collections.abc import Sequence
from typing import TypeVar

Point = TypeVar("Point")


def thinned(points: Sequence[Point]) -> list[Point]:
    """The points that are tested: all with HOMEPORT_LONG, else every fourth, the first and the last among them."""
    if os.environ.get("HOMEPORT_LONG"):
        return list(points)
    return [point for number, point in enumerate(points) if number % 4 == 0 or number == len(points) - 1]
