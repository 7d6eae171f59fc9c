"""Replacing a method of one of moto's classes, with the original at hand."""

from collections.abc import Callable
from typing import Any


def replace(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Decorator: `def new(original, self, …)` becomes `owner.name`; fails at start if moto has no such method."""
    original = getattr(owner, name)

    def install(new: Callable[..., Any]) -> None:
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return new(original, self, *args, **kwargs)

        method.__name__, method.__qualname__ = original.__name__, original.__qualname__
        setattr(owner, name, method)

    return install
