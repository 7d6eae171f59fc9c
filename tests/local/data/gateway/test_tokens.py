"""Who gets in: every kind of bad token is refused before a service hears of it."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from homeport.local.data.gateway.api.tokens import Authorizer, Refused, Tokens, signing_keys

CLIENT = "desktop-client"


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
def issuer(signer: Any) -> str:
    found = signer.claims()["iss"]
    assert isinstance(found, str)
    return found


@pytest.fixture
def authorizer(signer: Any, issuer: str) -> Authorizer:
    keys = signing_keys({"keys": [signer.jwk]})
    return Authorizer("users", issuer, frozenset({CLIENT}), ("header", "authorization"), keys)


def bad_tokens(signer: Any) -> dict[str, tuple[str, str]]:
    now = int(time.time())
    public = signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = encoded({"alg": "HS256", "typ": "JWT", "kid": "pool-key"})
    payload = encoded(signer.claims())
    mac = base64.urlsafe_b64encode(hmac.digest(public, f"{head}.{payload}".encode(), hashlib.sha256)).rstrip(b"=")
    good = signer.token()
    jwk = signer.stranger.public_key().public_numbers()
    own_key = {"kty": "RSA", "kid": "pool-key", "n": hex(jwk.n), "e": "AQAB"}
    return {
        "nothing": ("", "no token"),
        "only the scheme": ("Bearer ", "no token"),
        "no token at all": ("garbage", "malformed"),
        "two dots": ("..", "malformed"),
        "not base 64": ("a!.b!.c!", "malformed"),
        "not JSON": ("YQ.YQ.YQ", "malformed"),
        "another scheme": ("Basic dXNlcjpwYXNz", "malformed"),
        "alg none": (f"{encoded({'alg': 'none', 'typ': 'JWT', 'kid': 'pool-key'})}.{payload}.", "signing method"),
        "HS256 with the public key": (f"{head}.{payload}.{mac.decode()}", "signing method"),
        "RS512": (signer.token(algorithm="RS512"), "signing method"),
        "a stranger's key": (signer.token(key=signer.stranger), "signature"),
        "no signature": (good.rpartition(".")[0] + ".", "signature"),
        "changed claims": (
            ".".join([good.split(".")[0], encoded(signer.claims(sub="admin")), good.split(".")[2]]),
            "sign",
        ),
        "an unknown kid": (signer.token(header={"kid": "other"}), "kid"),
        "no kid": (signer.token(header={"kid": ""}), "kid"),
        "kid as a path": (signer.token(key=signer.stranger, header={"kid": "../../etc/passwd"}), "kid"),
        "jku elsewhere": (
            signer.token(key=signer.stranger, header={"jku": "https://evil.net/jwks.json"}),
            "signature",
        ),
        "its own jwk": (signer.token(key=signer.stranger, header={"jwk": own_key}), "signature"),
        "another issuer": (signer.token(iss="https://evil.net"), "issuer"),
        "no issuer": (signer.token(iss=None), "issuer"),
        "another client": (signer.token(client_id="mobile-client"), "audience"),
        "another audience": (signer.token(aud="someone", client_id=CLIENT), "audience"),
        "no audience": (signer.token(client_id=None), "audience"),
        "expired": (signer.token(exp=now - 1), "expired"),
        "expires now": (signer.token(exp=now), "expired"),
        "no expiry": (signer.token(exp=None), "expiry"),
        "expiry as text": (signer.token(exp=str(now + 300)), "number"),
        "not valid yet": (signer.token(nbf=now + 60), "not valid yet"),
        "issued in the future": (signer.token(iat=now + 60), "future"),
        "too long": (signer.token(filler="x" * 20_000), "too long"),
    }


NAMES = [
    "nothing",
    "only the scheme",
    "no token at all",
    "two dots",
    "not base 64",
    "not JSON",
    "another scheme",
    "alg none",
    "HS256 with the public key",
    "RS512",
    "a stranger's key",
    "no signature",
    "changed claims",
    "an unknown kid",
    "no kid",
    "kid as a path",
    "jku elsewhere",
    "its own jwk",
    "another issuer",
    "no issuer",
    "another client",
    "another audience",
    "no audience",
    "expired",
    "expires now",
    "no expiry",
    "expiry as text",
    "not valid yet",
    "issued in the future",
    "too long",
]


def test_every_bad_token_is_in_the_list(signer: Any) -> None:
    assert set(NAMES) == set(bad_tokens(signer))


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_token_is_refused(name: str, signer: Any, authorizer: Authorizer) -> None:
    token, reason = bad_tokens(signer)[name]
    with pytest.raises(Refused, match=reason) as refused:
        Tokens().verify(authorizer, token)
    assert refused.value.status == 401
    assert refused.value.challenge.startswith("Bearer")


def test_a_good_token_is_taken_with_and_without_the_scheme(signer: Any, authorizer: Authorizer) -> None:
    tokens = Tokens()
    for value in (signer.token(), f"Bearer {signer.token()}", f"bearer {signer.token()}"):
        assert tokens.verify(authorizer, value)["sub"] == "user-1"
    assert tokens.verify(authorizer, signer.token(aud=["x", CLIENT], client_id=None))["sub"] == "user-1"


def test_a_remembered_token_is_forgotten_when_it_expires(signer: Any, authorizer: Authorizer) -> None:
    now = time.time()
    clock = [now]
    tokens = Tokens(lambda: clock[0])
    token = signer.token(exp=int(now) + 10)
    tokens.verify(authorizer, token)
    clock[0] = now + 8
    tokens.verify(authorizer, token)
    clock[0] = now + 11
    with pytest.raises(Refused, match="expired"):
        tokens.verify(authorizer, token)


def test_a_token_is_not_remembered_for_another_authorizer(signer: Any, authorizer: Authorizer, issuer: str) -> None:
    tokens = Tokens()
    token = signer.token()
    tokens.verify(authorizer, token)
    other = Authorizer("users", issuer, frozenset({"mobile-client"}), authorizer.source, authorizer.keys)
    with pytest.raises(Refused, match="audience"):
        tokens.verify(other, token)


def test_only_rsa_signing_keys_with_a_name_are_used(signer: Any) -> None:
    jwk = signer.jwk
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        {**jwk, "kid": "for encryption", "use": "enc"},
        {**jwk, "kid": "other algorithm", "alg": "RS512"},
        {name: value for name, value in jwk.items() if name != "kid"},
    ]
    assert set(signing_keys({"keys": [jwk, *others]})) == {"pool-key"}
    assert signing_keys(None) == {}


@pytest.fixture
async def guarded(rig: Any, service: Any, signer: Any) -> Any:
    rig.add_service(service)
    rig.keys = [signer.jwk]
    rig.add_route("GET /mine", AuthorizationType="JWT", AuthorizerId="users")
    scopes = ["shelf/write", "aws.cognito.signin.user.admin"]
    rig.add_route("GET /scoped", AuthorizationType="JWT", AuthorizerId="users", AuthorizationScopes=scopes)
    rig.add_route("GET /signed", AuthorizationType="AWS_IAM")
    rig.add_route(
        "GET /function", "function", AuthorizationType="JWT", AuthorizerId="users", AuthorizationScopes=scopes
    )
    return await rig.up()


async def test_no_bad_token_reaches_the_service(guarded: Any, signer: Any, service: Any) -> None:
    for name, (token, _) in bad_tokens(signer).items():
        if len(token) > 9000:
            continue  # refused for its size before anybody looks at it
        reply = await guarded.get("/mine", authorization=token)
        assert (name, reply.status, reply.json) == (name, 401, {"message": "Unauthorized"})
        assert reply.headers["www-authenticate"].startswith("Bearer")
    assert (await guarded.get("/mine")).headers["www-authenticate"] == "Bearer"
    assert not service.received


async def test_two_tokens_are_none(guarded: Any, signer: Any) -> None:
    token = signer.token()
    raw = f"GET /mine HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\nAuthorization: {token}\r\n\r\n"
    assert (await guarded.send(raw.encode())).status == 401


async def test_the_challenge_says_what_is_wrong(guarded: Any, signer: Any) -> None:
    reply = await guarded.get("/mine", authorization=signer.token(client_id="other"))
    assert reply.headers["www-authenticate"] == (
        'Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"'
    )


async def test_a_good_token_passes_and_its_claims_are_known(guarded: Any, signer: Any, service: Any) -> None:
    guarded.integration("service")["RequestParameters"] = {"append:header.x-user": "$context.authorizer.claims.sub"}
    await guarded.up()
    reply = await guarded.get("/mine", authorization=f"Bearer {signer.token()}")
    assert reply.status == 200
    assert service.headers()["x-user"] == "user-1"
    assert service.headers()["authorization"].startswith("Bearer ")
    await guarded.get("/function", authorization=signer.token(**{"cognito:groups": ["a", "b"], "admin": True}))
    context = guarded.invoked[0][2]["requestContext"]["authorizer"]["jwt"]
    assert context["claims"]["cognito:groups"] == "[a b]"
    assert context["claims"]["admin"] == "true"
    assert isinstance(context["claims"]["exp"], str)
    assert context["scopes"] == ["shelf/write", "aws.cognito.signin.user.admin"]


async def test_a_route_with_scopes_wants_one_of_them(guarded: Any, signer: Any, service: Any) -> None:
    id_token = signer.token(token_use="id", aud=CLIENT, client_id=None, scope=None)
    for token in (id_token, signer.token(scope="openid"), signer.token(scope=None), signer.token(scope="")):
        reply = await guarded.get("/scoped", authorization=token)
        assert (reply.status, reply.json) == (403, {"message": "Forbidden"})
        assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    assert not service.received
    assert (await guarded.get("/scoped", authorization=signer.token())).status == 200
    assert (await guarded.get("/scoped", authorization=signer.token(scope=None, scp=["shelf/write"]))).status == 200
    # As on AWS: a route without scopes takes an ID token of the right audience.
    assert (await guarded.get("/mine", authorization=id_token)).status == 200


async def test_kinds_of_authorisation_that_are_not_served_let_nobody_in(guarded: Any, service: Any) -> None:
    assert (await guarded.get("/signed")).status == 403
    assert not service.received


async def test_new_keys_of_the_pool_replace_the_old(guarded: Any, signer: Any) -> None:
    token = signer.token()
    assert (await guarded.get("/mine", authorization=token)).status == 200
    guarded.keys = []
    await guarded.up()
    assert (await guarded.get("/mine", authorization=token)).status == 401


async def test_keys_of_another_issuer_come_from_this_machine_only(
    rig: Any, service: Any, signer: Any, another_service: Any
) -> None:
    provider = await another_service()
    issuer = f"http://127.0.0.1:{provider.port}"

    def answer(received: bytes) -> bytes:
        document: Any = {"jwks_uri": f"{issuer}/keys"}
        if b"/keys" in received:
            document = {"keys": [signer.jwk]}
        body = json.dumps(document).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    provider.answer = answer
    rig.add_service(service)
    for name, address in (("here", issuer), ("far", "https://login.example.com")):
        configuration = {"Issuer": address, "Audience": [CLIENT]}
        rig.api["Authorizers"].append(
            {"AuthorizerId": name, "AuthorizerType": "JWT", "JwtConfiguration": configuration}
        )
        rig.add_route(f"GET /{name}", AuthorizationType="JWT", AuthorizerId=name)
    await rig.up()
    assert (await rig.get("/here", authorization=signer.token(iss=issuer))).status == 200
    assert (await rig.get("/here", authorization=signer.token(iss=issuer, sub="2"))).status == 200
    assert len(provider.received) == 2
    far = await asyncio.wait_for(rig.get("/far", authorization=signer.token(iss="https://login.example.com")), 2)
    assert far.status == 401
