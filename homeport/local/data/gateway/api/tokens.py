"""A bearer token and a JWT authoriser → claims, or the refusal that API Gateway would give.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html. Only RS256, only
keys of the authoriser's own issuer, no grace for clocks; `aud` is compared, and `client_id` only when there is no
`aud`. As on AWS, a route without scopes takes an ID token; a route with scopes does not, since an ID token has none.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

CACHE_SECONDS = 60.0
CACHE_TOKENS = 2048
_TOKEN_BYTES_MAX = 10_240  # no header can be longer


class Refused(Exception):
    """The token is not good enough: `status` 401 or 403, and what `www-authenticate` says."""

    def __init__(
        self, description: str, *, status: int = 401, scopes: tuple[str, ...] = (), bare: bool = False
    ) -> None:
        super().__init__(description)
        self.status = status
        error = "insufficient_scope" if status == 403 else "invalid_token"
        scope = " ".join(scopes)
        challenge = f'Bearer scope="{scope}" error="{error}" error_description="{description}"'
        self.challenge = "Bearer" if bare else challenge


@dataclass(frozen=True, eq=False)
class Authorizer:
    """A JWT authoriser. `keys` are its issuer's signing keys by `kid`; a `foreign` issuer's are found when needed.

    Compared by identity: one that was compiled anew, perhaps with other keys, shares no remembered token with the old
    one.
    """

    id: str
    issuer: str
    audiences: frozenset[str]
    source: tuple[str, str]  # ("header" | "querystring", name)
    keys: dict[str, Any]
    foreign: bool = False


class Tokens:
    """Verifies tokens, and remembers for a moment those that were good: a signature costs as much as a request."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[Authorizer, str], tuple[float, Mapping[str, Any]]] = OrderedDict()

    def verify(self, authorizer: Authorizer, value: str) -> Mapping[str, Any]:
        """Claims of the token in an identity source's value. Raises Refused."""
        token = value[7:].strip() if value[:7].lower() == "bearer " else value.strip()
        if not token:
            raise Refused("no token", bare=True)
        now = self._clock()
        key = (authorizer, token)
        if known := self._known.get(key):
            if now < known[0]:
                return known[1]
            del self._known[key]
        claims = check_token(authorizer, token, now)
        self._known[key] = (min(now + CACHE_SECONDS, float(claims["exp"])), claims)
        if len(self._known) > CACHE_TOKENS:
            self._known.popitem(last=False)
        return claims


def check_token(authorizer: Authorizer, token: str, now: float) -> Mapping[str, Any]:
    """Signature, issuer, times and audience, in this order. Raises Refused."""
    claims = _signed_claims(authorizer, token)
    if claims.get("iss") != authorizer.issuer:
        raise Refused("the token has an invalid issuer")
    _check_times(claims, now)
    audience = claims.get("aud", claims.get("client_id"))
    named = audience if isinstance(audience, list) else [audience]
    if not authorizer.audiences.intersection(name for name in named if isinstance(name, str)):
        raise Refused("the token does not have a valid audience")
    return claims


def check_scopes(claims: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    """At least one of a route's scopes must be in the token (`scope` or `scp`). Raises Refused(403)."""
    if not wanted:
        return
    granted: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name) or ()
        granted.update(value.split() if isinstance(value, str) else map(str, value))
    if granted.isdisjoint(wanted):
        raise Refused("the token does not have a required scope", status=403, scopes=wanted)


def signing_keys(jwks: Mapping[str, Any] | None) -> dict[str, Any]:
    """RSA signing keys of a JWK set, by `kid`. Keys of other kinds are not used."""
    keys: dict[str, Any] = {}
    for document in (jwks or {}).get("keys", ()):
        usable = document.get("kty") == "RSA" and document.get("use", "sig") == "sig"
        if usable and document.get("alg", "RS256") == "RS256" and document.get("kid"):
            keys[document["kid"]] = jwt.PyJWK(document, algorithm="RS256").key
    return keys


def _signed_claims(authorizer: Authorizer, token: str) -> Mapping[str, Any]:
    """Claims signed (RS256) with a key of the authoriser's issuer; where else a token points is never looked at."""
    if len(token) > _TOKEN_BYTES_MAX:
        raise Refused("the token is too long")
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != "RS256":
            raise Refused("signing method is invalid")
        key = authorizer.keys.get(str(header.get("kid")))
        if key is None:
            raise Refused("signature verification failed: unknown kid")
        return jwt.decode(token, key, algorithms=["RS256"], options=_SIGNATURE_ONLY)
    except (jwt.InvalidSignatureError, jwt.InvalidKeyError):
        raise Refused("signature verification failed") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Refused("the token is malformed") from None


_SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires = _seconds(claims, "exp")
    if expires is None:
        raise Refused("the token has no expiry")
    if now >= expires:
        raise Refused("the token has expired")
    for name, reason in (("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")):
        # Whole seconds, as they are issued: a token is good from the second in which it was made.
        if (moment := _seconds(claims, name)) is not None and moment > int(now):
            raise Refused(reason)


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise Refused(f"the token's {name} is not a number")
    return float(value)
