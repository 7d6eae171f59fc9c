"""A user pool for a service's own tests: real tokens, and the endpoint that services check them against.

with UserPool() as pool:
    client.get("/shelf", headers={"Authorization": f"Bearer {pool.token('ada')}"})
"""

import json
import os
import threading
import time
from contextlib import AbstractContextManager, ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from unittest import mock

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

REGION, POOL, CLIENT, KEY_ID = "eu-west-1", "eu-west-1_testing", "desktop", "testing"


class UserPool(AbstractContextManager["UserPool"]):
    """Answers Cognito's two calls that services make: the pool's keys, and GetUser."""

    def __enter__(self) -> "UserPool":
        self.revoked: set[str] = set()
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _endpoint(self))
        self._stack = ExitStack()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self._stack.callback(self.stop)
        self._stack.enter_context(mock.patch.dict(os.environ, self._environment()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def stop(self) -> None:
        """From now on nobody answers."""
        self.server.shutdown()
        self.server.server_close()

    def token(self, username: str, *groups: str, key: Any = None, **claims: Any) -> str:
        """A signed access token; `claims` replaces single claims, `key` the key it is signed with."""
        now = int(time.time())
        content = {
            "sub": f"sub-of-{username}",
            "username": username,
            "iss": f"https://cognito-idp.{REGION}.amazonaws.com/{POOL}",
            "client_id": CLIENT,
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
            **({"cognito:groups": list(groups)} if groups else {}),
            **claims,
        }
        return jwt.encode(content, key or self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def jwks(self) -> dict[str, Any]:
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def user(self, token: str) -> dict[str, Any] | None:
        """GetUser's answer: everybody's address is `<username>@readers.example`. None for tokens in `revoked`."""
        if token in self.revoked:
            return None
        username = jwt.decode(token, self.key.public_key(), algorithms=["RS256"])["username"]
        return {
            "Username": username,
            "UserAttributes": [{"Name": "email", "Value": f"{username}@readers.example"}],
        }

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": f"http://127.0.0.1:{self.server.server_port}",
            "USER_POOL_ID": POOL,
            "USER_POOL_CLIENT_IDS": f"{CLIENT},mobile",
        }


def _endpoint(pool: UserPool) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(pool.jwks())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if user := pool.user(body["AccessToken"]):
                self.answer(user)
            else:
                self.answer({"__type": "NotAuthorizedException", "message": "Access Token has been revoked"}, 400)

        def answer(self, content: dict[str, Any], status: int = 200) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Tests stay quiet."""

    return Endpoint
