"""A Call → an Answer or a Refusal, by GET alone: pages, limits, retries, two-factor codes and the cache of ETags."""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx

from homeport.errors import HomeportError
from homeport.heroku.api import errors, patience
from homeport.heroku.api.budget import Budget
from homeport.heroku.api.call import Answer, Call, Refusal
from homeport.heroku.api.hosts import Hosts
from homeport.heroku.api.shelf import Kept, Shelf
from homeport.heroku.api.tolerance import read_items
from homeport.heroku.api.wire import Wire
from homeport.heroku.records import Doubt

W = TypeVar("W", bound=Wire)

TIMEOUT_SECONDS = 30.0
MESSAGE_CHARACTERS_MAX = 300
CODES_MAX = 3  # two-factor codes asked for


@dataclass(frozen=True)
class Progress:
    """Told after each call. `calls_left` is what remains of Heroku's limit."""

    text: str
    calls_made: int
    calls_left: int
    calls_expected: int = 0  # at most, of the whole reading; 0 while that is not known
    waited_seconds: float = 0.0


def silent(progress: Progress) -> None:
    """Nobody looks."""


def open_http(token: str, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """An HTTP client that sends the token, follows no redirect, and refuses to send anything but GET."""
    return httpx.AsyncClient(
        headers={"Authorization": f"Bearer {token}", "User-Agent": "homeport"},
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        transport=transport,
        event_hooks={"request": [_refuse_all_but_get]},
    )


async def _refuse_all_but_get(request: httpx.Request) -> None:
    if request.method != "GET":
        raise HomeportError(f"{request.url.host}: {request.method} is refused: Homeport only reads from Heroku")


class Client:
    """Open while used as a context manager. `ask_code` answers with a two-factor code, "" to give up."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        hosts: Hosts | None = None,
        budget: Budget | None = None,
        cache: Shelf | None = None,
        progress: Callable[[Progress], None] = silent,
        ask_code: Callable[[], str] | None = None,
    ) -> None:
        self.hosts = hosts or Hosts()
        self.budget = budget or Budget()
        self.cache = cache
        self.progress = progress
        self.expected = 0
        self._http = http
        self._ask_code = ask_code
        self._code = ""
        self._codes_asked = 0
        self._code_gate = asyncio.Lock()
        self._given_up = 0

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def read(self, call: Call[W]) -> Answer[W] | Refusal:
        """All pages of the answer. Raises HomeportError if reading anything else makes no sense either."""
        kept: list[Kept] = []
        page = call.range
        for _ in range(call.pages_max):
            one = await self._read_page(call, page)
            if isinstance(one, Refusal):
                return one
            kept.append(one)
            if not one.next or one.next == page:
                break
            page = one.next
            self.expected += 1 if self.expected else 0
        return restore(call, kept)

    async def _read_page(self, call: Call[W], page: str) -> Kept | Refusal:
        key = call.key(page)
        is_kept = not call.is_secret and not call.query  # what is asked for a time span, is not asked again
        known = find_kept(call, self.cache, page) if is_kept else None
        response = await self._ask(call, page, known.etag if known else "")
        if isinstance(response, Refusal):
            return response
        if response.status_code == 304 and known:
            return known
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError):
            return Refusal(response.status_code, "not_json", "", _request_id(response))
        items, doubts = read_items(call.kind, body, call.place)
        one = Kept(
            [item.model_dump(mode="json") for item in items],
            [[doubt.place, doubt.text] for doubt in doubts],
            response.headers.get("ETag", ""),
            response.headers.get("Next-Range", "") if response.status_code == 206 else "",
        )
        if self.cache and one.etag and is_kept:
            self.cache.keep(key, one)
        return one

    async def _ask(self, call: Call[W], page: str, etag: str) -> httpx.Response | Refusal:
        """One page, tried until it comes or is refused; while it is tried, it holds its place among those under way."""
        async with self.budget.places:
            return await self._try(call, page, etag)

    async def _try(self, call: Call[W], page: str, etag: str) -> httpx.Response | Refusal:
        tries, waited = 0, 0.0
        while True:
            code = self._code
            response = await self._send(call, page, etag, code)
            if isinstance(response, httpx.Response) and response.status_code in (200, 206, 304):
                self._given_up = 0
                self._codes_asked = 0 if code else self._codes_asked
                return response
            refusal = Refusal(0, "lost", response) if isinstance(response, str) else _refusal(response)
            if refusal.id == "two_factor":
                await self._renew_code(code)
                continue
            tries += 1
            cause = response if isinstance(response, str) else f"status {refusal.status}"
            headers = {} if isinstance(response, str) else response.headers
            if refusal.status == 429 and "RateLimit-Remaining" not in headers:
                self.budget.learn(0)
            seconds = patience.wait_seconds(refusal.status, tries, waited, headers.get("Retry-After", ""))
            if seconds is None:
                return self._give_up(call, refusal, tries, cause)
            waited += seconds
            self.expected += 1 if self.expected else 0  # a call more than was expected
            self.tell(f"{call.what}: waiting {seconds:.0f} s ({cause})")
            await self.budget.wait(seconds)

    async def _send(self, call: Call[W], page: str, etag: str, code: str) -> httpx.Response | str:
        """The response, or why there was none."""
        headers = {
            "Accept": f"application/vnd.heroku+json; version={call.version}",
            "Accept-Expansion": call.expansion,
            "Range": page,
            "If-None-Match": etag,
            "Heroku-Two-Factor-Code": code,
            "Request-Id": str(uuid.uuid4()),
        }
        url = self.hosts.url(call.host, call.target)
        await self.budget.take()
        self.tell(call.what)
        try:
            response = await self._http.get(url, headers={name: one for name, one in headers.items() if one})
        except httpx.RequestError as error:
            return type(error).__name__
        remaining = response.headers.get("RateLimit-Remaining", "")
        if remaining.isdigit():
            self.budget.learn(int(remaining))
        return response

    async def _renew_code(self, refused: str) -> None:
        """Another code than the refused one: the person is asked once, however many calls wait."""
        async with self._code_gate:
            if self._code != refused:
                return
            if self._ask_code is None:
                raise errors.code_needed()
            if self._codes_asked >= CODES_MAX:
                raise errors.code_refused()
            self._codes_asked += 1
            self._code = self._ask_code().strip()  # blocks the others, which need the code as well
            if not self._code.isalnum() or not self._code.isascii():
                raise errors.code_needed()

    def _give_up(self, call: Call[W], refusal: Refusal, tries: int, cause: str) -> Refusal:
        if refusal.status == 0 and call.host == "api":
            raise errors.unreachable(self.hosts.url(call.host, ""), tries, cause)
        if refusal.status == 401 and call.host == "api":
            raise errors.token_refused(self.hosts.url(call.host, ""), refusal)
        if refusal.status == 429:
            raise errors.limited(call.what, refusal)
        if refusal.status == 0 or refusal.status >= 500:
            self._given_up += 1
            if self._given_up >= patience.GIVEN_UP_IN_A_ROW:
                raise errors.down(call.what, refusal)
        return refusal

    def tell(self, text: str) -> None:
        """Say what is being done, and how many calls it has taken."""
        made = self.budget.made
        self.progress(Progress(text, made, int(self.budget.left), self.expected, self.budget.waited_seconds))


def find_kept(call: Call[W], shelf: Shelf | None, page: str) -> Kept | None:
    """The page from a shelf; None if it is not there, or cannot be understood."""
    kept = shelf.find(call.key(page)) if shelf else None
    try:
        return kept if kept and restore(call, [kept]) else None
    except (ValueError, TypeError):
        return None


def restore(call: Call[W], pages: list[Kept]) -> Answer[W]:
    """The typed answer of its pages, as they were kept."""
    items = tuple(call.kind.model_validate(item) for page in pages for item in page.items)
    return Answer(items, tuple(Doubt(place, text) for page in pages for place, text in page.doubts))


def _refusal(response: httpx.Response) -> Refusal:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    body = body if isinstance(body, dict) else {}
    message = _plain(body.get("message"))[:MESSAGE_CHARACTERS_MAX]
    if 300 <= response.status_code < 400:
        message = "redirects, which is not followed"
    return Refusal(response.status_code, _plain(body.get("id")), message, _request_id(response))


def _request_id(response: httpx.Response) -> str:
    return _plain(response.headers.get("Request-Id", ""))[:200]


def _plain(value: object) -> str:
    """Printable text: what a server says goes to a terminal."""
    return "".join(filter(str.isprintable, value)) if isinstance(value, str) else ""
