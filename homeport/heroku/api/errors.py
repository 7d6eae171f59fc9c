"""What stops the whole reading, in words: each with the one next step."""

import difflib
from collections.abc import Iterable

from homeport.errors import HomeportError
from homeport.heroku.api.call import Refusal

SHOWN_MAX = 10
MAKE_TOKEN = "heroku authorizations:create -s read,read-protected -d homeport"
NEW_TOKEN = f"make a token with `{MAKE_TOKEN}` and set HEROKU_API_KEY to it"
AGAIN = "run the same command again within two hours: what was read is kept, only the rest is asked for"


def token_refused(host: str, refusal: Refusal) -> HomeportError:
    """401: wrong, expired or revoked."""
    kind = "an expired token" if "expired" in refusal.message.lower() else "the token"
    said = f": {refusal.message}" if refusal.message else ""
    return HomeportError(f"{host}: does not accept {kind} (401){said}{_request(refusal)}", NEW_TOKEN)


def account_suspended(email: str) -> HomeportError:
    return HomeportError(
        f"Heroku: the account {email} is suspended; nothing can be read", "settle it with Heroku, or use another token"
    )


def unreachable(url: str, tries: int, cause: str) -> HomeportError:
    """The connection was lost, and again."""
    return HomeportError(f"{url}: no connection after {tries} tries ({cause})", AGAIN)


def down(what: str, refusal: Refusal) -> HomeportError:
    """5xx or no connection for everything."""
    kind = f"answers {refusal.status}" if refusal.status else "does not answer"
    return HomeportError(
        f"Heroku {kind} to every call, last for {what}{_request(refusal)}",
        f"see status.heroku.com; then {AGAIN}",
    )


def limited(what: str, refusal: Refusal) -> HomeportError:
    return HomeportError(
        f"{what}: Heroku's limit of calls stays used up (429){_request(refusal)}",
        f"something else uses this account's calls; in an hour, {AGAIN}",
    )


def code_needed() -> HomeportError:
    return HomeportError(
        "Heroku: asks for a two-factor code, and none was given",
        f"run it in a terminal, or {NEW_TOKEN}",
    )


def code_refused() -> HomeportError:
    return HomeportError("Heroku: does not accept the two-factor code", "try again with a fresh code")


def unknown(kind: str, wanted: Iterable[str], known: Iterable[str]) -> HomeportError:
    """A team or apps that the token does not see: all at once, each with the likeliest meant."""
    known = sorted(known)
    lines = []
    for name in wanted:
        close = difflib.get_close_matches(name, known, n=3)
        meant = f"; did you mean {' or '.join(close)}?" if close else ""
        lines.append(f"Heroku: there is no {kind} {name}, or the token may not see it{meant}")
    seen = ", ".join(known[:SHOWN_MAX]) + (f" and {len(known) - SHOWN_MAX} more" if len(known) > SHOWN_MAX else "")
    return HomeportError(
        "\n".join(lines), f"the token sees: {seen}" if seen else f"it sees no {kind} at all; {NEW_TOKEN}"
    )


def refused(what: str, refusal: Refusal) -> HomeportError:
    """Something without which nothing can be read."""
    return HomeportError(f"Heroku: {what}: {refusal.reason}{_request(refusal)}", NEW_TOKEN)


def _request(refusal: Refusal) -> str:
    return f" [request {refusal.request_id}]" if refusal.request_id else ""
