"""A bearer token of the platform's user pool → who is asking.

The gateway checks tokens for routes with `auth: true`; a service checks again, because it must not depend on how it
is reached, and because routes like "everyone reads, staff writes" can only be told apart here.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

import boto3
import jwt
from botocore import UNSIGNED
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse

View = Callable[..., HttpResponse]
JWKS_TIMEOUT_SECONDS = 5
JWKS_LIFESPAN_SECONDS = 3600
LEEWAY_SECONDS = 5  # clocks differ a little
REQUIRED = ["exp", "iat", "iss", "sub", "token_use", "client_id"]


class InvalidToken(Exception):
    """The token is missing, or not one that this platform's user pool gave to one of its clients."""


@dataclass(frozen=True)
class Caller:
    """The signed-in user who asks."""

    sub: str
    username: str
    groups: frozenset[str]
    token: str = field(repr=False)


def token_required(view: View) -> View:
    """Sets `request.caller`, or answers 401 (503 while the user pool's keys cannot be had)."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            request.caller = read_caller(request.headers.get("Authorization", ""))  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)
        except InvalidToken as error:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JsonResponse({"error": str(error)}, status=401, headers=challenge)
        except jwt.PyJWKClientConnectionError:
            return JsonResponse({"error": "Signing in cannot be checked right now"}, status=503)

    return checked


def group_required(group: str) -> Callable[[View], View]:
    """As `token_required`; answers 403 to users who are not in `group`."""

    def decorate(view: View) -> View:
        @token_required
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if group not in request.caller.groups:  # type: ignore[attr-defined]
                return JsonResponse({"error": f"Only for members of {group}"}, status=403)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def read_caller(authorization: str) -> Caller:
    """The caller named by an Authorization header. Raises InvalidToken, or PyJWKClientConnectionError."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Sign in first: the request carries no bearer token")
    claims = _verified(token.strip())
    groups = claims.get("cognito:groups", [])
    return Caller(claims["sub"], claims.get("username", claims["sub"]), frozenset(groups), token.strip())


def read_email(caller: Caller) -> str | None:
    """The caller's address: access tokens do not carry it, so the user pool is asked, with the caller's own token.

    Raises InvalidToken if that has been revoked, and botocore's errors if the user pool does not answer.
    """
    client = _cognito(_endpoint(), _region())
    try:
        user = client.get_user(AccessToken=caller.token)
    except client.exceptions.NotAuthorizedException as error:
        raise InvalidToken("You have been signed out: sign in again") from error
    return next((a["Value"] for a in user["UserAttributes"] if a["Name"] == "email"), None)


def _verified(token: str) -> dict[str, Any]:
    """Claims of an access token, after signature, issuer, times, use and client were checked."""
    pool = _setting("USER_POOL_ID")
    try:
        key = _keys(f"{_endpoint()}/{pool}/.well-known/jwks.json").get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=f"https://cognito-idp.{_region()}.amazonaws.com/{pool}",
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED, "verify_aud": False},  # access tokens have client_id instead of aud
        )
    except jwt.PyJWKClientConnectionError:
        raise
    except jwt.PyJWTError as error:
        raise InvalidToken("The token is not valid (any more): sign in again") from error
    if claims["token_use"] != "access":
        raise InvalidToken("This is an ID token; an access token is needed")
    if claims["client_id"] not in _setting("USER_POOL_CLIENT_IDS").split(","):
        raise InvalidToken("The token was given to a client of another platform")
    return claims


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, timeout=JWKS_TIMEOUT_SECONDS, lifespan=JWKS_LIFESPAN_SECONDS)


@cache
def _cognito(endpoint: str, region: str) -> Any:
    """A client without credentials: the calls that carry a user's token need none."""
    retries = {"mode": "standard", "total_max_attempts": 2}
    config = Config(signature_version=UNSIGNED, connect_timeout=2, read_timeout=5, retries=retries)
    return boto3.client("cognito-idp", endpoint_url=endpoint, region_name=region, config=config)


def _endpoint() -> str:
    """Where Cognito answers, by the rules of AWS's SDKs."""
    own = os.environ.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or os.environ.get("AWS_ENDPOINT_URL")
    return (own or f"https://cognito-idp.{_region()}.amazonaws.com").rstrip("/")


def _region() -> str:
    return os.environ.get("AWS_REGION") or _setting("AWS_DEFAULT_REGION")


def _setting(name: str) -> str:
    if value := os.environ.get(name):
        return value
    raise ImproperlyConfigured(f"{name} is not set: add `users` to the service's `uses`")
