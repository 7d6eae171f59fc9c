"""One question to Heroku, and what comes back: an Answer with typed items, or a Refusal. Both are values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from homeport.heroku.api.wire import Wire
from homeport.heroku.records import Doubt

W = TypeVar("W", bound=Wire)

SDK = "3.sdk"  # the variant with generations, dyno sizes and masked config vars
BY_ID = "id ..; max=1000;"  # only the order by id is reliable for paging


@dataclass(frozen=True)
class Call(Generic[W]):
    """`what` says it in words, for progress and errors. `kind` is what the answer, or each of its items, is read as."""

    host: str  # api, data, metrics, github
    path: str
    kind: type[W]
    what: str
    version: str = "3"
    expansion: str = ""
    range: str = ""  # of the first page; "" where Heroku does not page
    pages_max: int = 1000  # after so many, its paging runs in a circle
    query: Mapping[str, str] = field(default_factory=dict)
    is_secret: bool = False  # holds config values: its answer is never written to disk
    may_be_missing: bool = False  # 404 says that there is none, which is an answer too
    origins: tuple[str, ...] = ()  # patterns of its records' origins, and of those it leads to; "" for its own place

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def place(self) -> str:
        """Where its records come from: `api: apps/shop-web/formation`."""
        return f"{self.host}: {self.path.removeprefix('/')}"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Patterns of the origins of records that are missing if it is refused."""
        return self.origins or (self.place, f"{self.place}/*")

    def key(self, page: str = "") -> str:
        """A file name for its answer, the same in every run."""
        parts = (self.host, self.target, self.version, self.expansion, page, fingerprint(self.kind))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@cache
def fingerprint(kind: type[Wire]) -> str:
    """Changes with the fields that are read: what an older Homeport has kept is not taken for an answer."""
    return json.dumps(kind.model_json_schema(), sort_keys=True)


@dataclass(frozen=True)
class Answer(Generic[W]):
    """What Heroku said, as far as it is read here: one item for an object."""

    items: tuple[W, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """What Heroku would not say: its status, its id for the reason, and the request id that its support asks for."""

    status: int
    id: str = ""
    message: str = ""
    request_id: str = ""

    @property
    def reason(self) -> str:
        """In words, without a secret."""
        known = REASONS.get(self.id) or REASONS.get(str(self.status)) or f"Heroku answers {self.status}"
        return f"{known}: {self.message}" if self.message else known


REASONS = {
    "forbidden": "the token may not read it (403)",
    "not_found": "Heroku does not know it (404)",
    "suspended": "the app or its account is suspended",
    "delinquent": "the account is delinquent",
    "rate_limit": "the limit of calls was reached (429)",
    "lost": "no connection",
    "not_json": "the answer is not JSON",
    "401": "the token is not accepted (401)",
    "402": "the account is delinquent (402)",
    "403": "the token may not read it (403)",
    "404": "Heroku does not know it (404)",
}


def path(*parts: str) -> str:
    """A path of these parts, each made safe."""
    return "".join(f"/{quote(part, safe='~', errors='replace')}" for part in parts)
