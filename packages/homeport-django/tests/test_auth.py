"""Tokens: which open the door, and which do not."""

import base64
import json
import os
import time
from typing import Any
from unittest import mock

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import SimpleTestCase
from homeport_django.testing import KEY_ID, UserPool


class Tokens(SimpleTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.pool = cls.enterClassContext(UserPool())

    def ask(self, token: str | None, path: str = "/me", scheme: str = "Bearer") -> HttpResponse:
        return self.client.get(path, headers={"Authorization": f"{scheme} {token}"} if token is not None else {})

    def assert_refused(self, token: str | None, **more: Any) -> None:
        answer = self.ask(token, **more)
        self.assertEqual(answer.status_code, 401)
        self.assertIn("invalid_token", answer["WWW-Authenticate"])

    def test_an_access_token_says_who_asks(self) -> None:
        answer = self.ask(self.pool.token("ada", "staff"))
        self.assertEqual(answer.json(), {"username": "ada", "groups": ["staff"], "email": "ada@readers.example"})

    def test_the_scheme_may_be_written_small(self) -> None:
        self.assertEqual(self.ask(self.pool.token("ada"), scheme="bearer").status_code, 200)

    def test_groups_open_only_their_own_doors(self) -> None:
        self.assertEqual(self.ask(self.pool.token("ada", "staff"), "/office").status_code, 200)
        self.assertEqual(self.ask(self.pool.token("eve", "readers"), "/office").status_code, 403)
        self.assertEqual(self.ask(self.pool.token("eve"), "/office").status_code, 403)
        self.assertEqual(self.ask(None, "/office").status_code, 401)

    def test_no_token_and_malformed_tokens_are_refused(self) -> None:
        self.assert_refused(None)
        for token in ("", "x", "a.b.c", "é" * 40, "eyJ.eyJ.sig", "." * 9000):
            self.assert_refused(token)
        self.assert_refused(self.pool.token("ada"), scheme="Basic")

    def test_an_unsigned_token_is_refused(self) -> None:
        header, body, _ = self.pool.token("ada").split(".")
        none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": KEY_ID}).encode()).decode().rstrip("=")
        self.assert_refused(f"{none}.{body}.")
        self.assert_refused(f"{header}.{body}.")

    def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(self) -> None:
        claims = jwt.decode(self.pool.token("ada"), options={"verify_signature": False})
        secret = self.pool.jwks()["keys"][0]["n"]
        self.assert_refused(jwt.encode(claims, secret, algorithm="HS256", headers={"kid": KEY_ID}))

    def test_a_strangers_key_is_refused_wherever_the_token_says_it_is(self) -> None:
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.assert_refused(self.pool.token("ada", key=stranger))
        claims = jwt.decode(self.pool.token("ada"), options={"verify_signature": False})
        elsewhere = {"kid": "http://127.0.0.1:1/key", "jku": "http://127.0.0.1:1/jwks.json"}
        self.assert_refused(jwt.encode(claims, stranger, algorithm="RS256", headers=elsewhere))

    def test_claims_that_are_not_ours_are_refused(self) -> None:
        now = int(time.time())
        for claims in (
            {"exp": now - 60},
            {"nbf": now + 600},
            {"iat": now + 600},
            {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_another"},
            {"client_id": "somebody-else"},
            {"token_use": "id", "aud": "desktop"},
            {"exp": None},
        ):
            with self.subTest(claims):
                self.assert_refused(self.pool.token("ada", **claims))

    def test_a_changed_token_is_refused(self) -> None:
        header, _, signature = self.pool.token("ada").split(".")
        _, body, _ = self.pool.token("ada", "staff").split(".")
        self.assert_refused(f"{header}.{body}.{signature}")

    def test_a_user_pool_that_does_not_answer_is_not_the_users_fault(self) -> None:
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:9"}):
            self.assertEqual(self.ask(self.pool.token("ada")).status_code, 503)

    def test_a_service_that_does_not_use_users_is_told_so(self) -> None:
        with mock.patch.dict(os.environ, {"USER_POOL_ID": ""}), self.assertRaisesMessage(ImproperlyConfigured, "uses"):
            self.ask(self.pool.token("ada"))
