"""Giving one of moto's classes a method, or one of its services a path, that it does not have."""

from collections.abc import Callable
from typing import Any


def add(owner: type) -> Callable[[Callable[..., Any]], None]:
    """Decorator: the function becomes a method of `owner`; fails at start if moto has it by now."""

    def install(method: Callable[..., Any]) -> None:
        if hasattr(owner, method.__name__):
            raise TypeError(f"{owner.__name__}.{method.__name__} is there already: this fix is not needed any more")
        setattr(owner, method.__name__, method)

    return install


def add_paths(url_paths: dict[str, Any], dispatch: Any, *paths: str) -> None:
    """Let `dispatch` answer paths of a service that moto does not route: `{0}` stands for the host."""
    for path in paths:
        if path in url_paths:
            raise TypeError(f"{path} is there already: this fix is not needed any more")
        url_paths[path] = dispatch
