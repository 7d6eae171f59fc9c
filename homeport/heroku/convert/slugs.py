"""Heroku's names → names that homeport.yml and AWS allow, each given once."""

import re
import unicodedata

from homeport.model import names
from homeport.model.limits import KEPT_BEGINNINGS
from homeport.model.rules import RESERVED

WHOLE = 10_000
NAME_MAX = 24  # of a name in homeport.yml
PLATFORM_MAX = 16  # leaves enough of AWS's 40 characters for the names of caches
ENVIRONMENT_MAX = 5  # `local`, `stage`


class Names:
    """Gives out names; each is legal and given once."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.taken: set[str] = set(RESERVED)
        self.changed: dict[str, str] = {}  # what was wished, by the name that was given instead

    def claim(self, kind: str, *wishes: str, known: str = "") -> str:
        """The name that was given before, else the first wish that is free; if none is, the last one with a number.

        `kind` is that of homeport.yml.
        """
        longest = name_max(kind, self.platform)
        slugs = [slug(wish, kind.removesuffix("s"), longest) for wish in wishes]
        free = [name for name in slugs if name not in self.taken]
        name = free[0] if free else self._numbered(slugs[-1], longest)
        if known and known not in self.taken:
            name = known
        self.taken.add(name)
        full = [slug(wish, kind.removesuffix("s"), WHOLE) for wish in wishes]
        if name not in full:
            self.changed[name] = full[-1]
        return name

    def _numbered(self, name: str, longest: int) -> str:
        number = 2
        while True:
            end = f"-{number}"
            numbered = f"{name[: longest - len(end)].rstrip('-')}{end}"
            if numbered not in self.taken:
                return numbered
            number += 1


def slug(text: str, default: str = "app", longest: int = NAME_MAX) -> str:
    """The nearest name that is allowed: `Shop_API (eu)` → `shop-api-eu`; without any letter, `default` before it."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = "-".join(re.findall(r"[a-z0-9]+", ascii_text))
    if not name[:1].isalpha():
        name = f"{default}-{name}".rstrip("-")
    return shortened(name, longest)


def platform_name(wish: str) -> str:
    """The platform's name: short, and without a beginning that AWS keeps for itself (`internal-tools` → `tools`)."""
    for beginning in (beginning for every in KEPT_BEGINNINGS.values() for beginning in every):
        if f"{wish}-".startswith(beginning):
            wish = names.without_beginning(wish, beginning)
    return shortened(wish, PLATFORM_MAX)


def shortened(name: str, longest: int) -> str:
    """At most so long, and cut at a hyphen where there is one: `mozilla-foundation-site` → `mozilla-foundation`."""
    if len(name) <= longest:
        return name
    words, _, _ = name[: longest + 1].rpartition("-")
    return words if len(words) >= longest // 3 else name[:longest].rstrip("-")


def name_max(kind: str, platform: str) -> int:
    """How long a name may be for the AWS names that are made of it (`model/limits.py`)."""
    before = len(names.prefix(platform, "x" * ENVIRONMENT_MAX)) + 1
    if kind == "caches":
        return min(NAME_MAX, 40 - before)
    return min(NAME_MAX, 64 - before - len("-execution")) if kind == "services" else NAME_MAX


def with_end(name: str, end: str, longest: int) -> str:
    """`name` and `end`, the first shortened so that both fit: `shop` and `-db`."""
    return f"{slug(name, longest=longest - len(end))}{end}"
