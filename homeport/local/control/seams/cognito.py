"""Cognito: tokens are signed with a key of this machine, and codes are real: sent by mail, and wrong ones are refused.

moto signs with a key that is in its package, so anybody can make tokens that it would call good.
"""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from homeport.local.control.seams import ses
from homeport.local.control.seams.replace import replace

KEY_FILE = "cognito.pem"
SENDER = "no-reply@verificationemail.com"  # Cognito's own
_public: dict[str, Any] = {"keys": []}


def apply(keys: Path, mail: Path) -> None:
    key = load_or_make_key(keys / KEY_FILE)
    public = _jwk(key)
    _public["keys"] = [public]
    _sign(key, public["kid"])
    _serve_keys()
    _send_codes(mail)
    _check_codes(mail)


def public_keys() -> dict[str, Any]:
    """The JSON Web Key Set that tokens are checked with."""
    return _public


def load_or_make_key(path: Path) -> rsa.RSAPrivateKey:
    """RSA 2048, made at the first start of this home; only its owner may read it."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    except FileNotFoundError:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none))
    draft.replace(path)
    return key


def _jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    public = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    # https://www.rfc-editor.org/rfc/rfc7638: the members in this order, without spaces
    thumbprint = hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest()
    return public | {"alg": "RS256", "use": "sig", "kid": base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")}


def _number(value: int) -> str:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _sign(key: rsa.RSAPrivateKey, kid: str) -> None:
    from joserfc import jwk, jwt
    from moto.cognitoidp import models

    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    signing_key = jwk.RSAKey.import_key(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none))

    class Signer:
        """In place of the `jwt` module that moto's models call."""

        @staticmethod
        def encode(header: dict[str, Any], claims: dict[str, Any], _: Any) -> str:
            token: str = jwt.encode(header | {"kid": kid}, claims, signing_key)
            return token

        decode = staticmethod(jwt.decode)

    models.jwt = Signer

    @replace(models.CognitoIdpUserPool, "__init__")
    def init(original: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        original(pool, *args, **kwargs)
        pool.json_web_key = None  # the packaged key: nothing may be signed with it


def _serve_keys() -> None:
    from moto.cognitoidp.responses import CognitoIdpJsonWebKeyResponse

    CognitoIdpJsonWebKeyResponse.json_web_key = json.dumps(_public).encode()


def _send_codes(folder: Path) -> None:
    from moto.cognitoidp.exceptions import ExpiredCodeException
    from moto.cognitoidp.models import CognitoIdpBackend

    @replace(CognitoIdpBackend, "sign_up")
    def sign_up(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        user, details = original(backend, *args, **kwargs)
        if user.status != "CONFIRMED":
            _send_code(folder, user, "Your verification code", "Your confirmation code is")
        return user, details

    @replace(CognitoIdpBackend, "forgot_password")
    def forgot(original: Any, backend: Any, client_id: str, username: str) -> Any:
        _, details = original(backend, client_id, username)
        if user := _user(backend, client_id, username):
            _send_code(folder, user, "Your password reset code", "Your password reset code is")
        return None, details  # moto would give the code away in a header

    @replace(CognitoIdpBackend, "confirm_forgot_password")
    def confirm(
        original: Any, backend: Any, client_id: str, username: str, password: str, confirmation_code: str
    ) -> Any:
        user = _user(backend, client_id, username)
        if user is not None and not _is_right(user, confirmation_code):
            raise ExpiredCodeException("Invalid code provided, please request a code again.")
        return original(backend, client_id, username, password, confirmation_code)


def _check_codes(folder: Path) -> None:
    from moto.cognitoidp.responses import CognitoIdpResponse
    from moto.core.exceptions import JsonRESTError
    from moto.core.responses import ActionResult

    @replace(CognitoIdpResponse, "confirm_sign_up")
    def confirm(original: Any, response: Any) -> Any:
        user = _user_anywhere(response._get_param("ClientId"), response._get_param("Username"))
        if user is not None and not _is_right(user, response._get_param("ConfirmationCode")):
            raise JsonRESTError("CodeMismatchException", "Invalid verification code provided, please try again.")
        answer = original(response)
        if user is not None:
            user.confirmation_code = None
            user.update_attributes([{"Name": "email_verified", "Value": "true"}])
        return answer

    def resend(response: Any) -> Any:
        user = _user_anywhere(response._get_param("ClientId"), response._get_param("Username"))
        if user is None:
            raise JsonRESTError("UserNotFoundException", "Username/client id combination not found.")
        _send_code(folder, user, "Your verification code", "Your confirmation code is")
        delivery = {"Destination": "***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
        return ActionResult({"CodeDeliveryDetails": delivery})

    CognitoIdpResponse.resend_confirmation_code = resend


def _send_code(folder: Path, user: Any, subject: str, text: str) -> None:
    user.confirmation_code = f"{secrets.randbelow(10**6):06d}"
    address = next((item["Value"] for item in user.attributes if item["Name"] == "email"), None)
    if address is None:
        return  # by telephone; that is not here
    message = {"Subject": {"Data": subject}, "Body": {"Text": {"Data": f"{text} {user.confirmation_code}\n"}}}
    mail = ses.compose(SENDER, {"ToAddresses": [address]}, message)
    ses.write(folder, mail, [address], secrets.token_hex(16))


def _is_right(user: Any, code: str) -> bool:
    return bool(user.confirmation_code) and secrets.compare_digest(str(user.confirmation_code), str(code))


def _user(backend: Any, client_id: str, username: str) -> Any:
    for pool in backend.user_pools.values():
        if client_id in pool.clients:
            return pool._get_user(username)
    return None


def _user_anywhere(client_id: str, username: str) -> Any:
    """The user of a client, whichever account and region it is in: these calls are not signed."""
    from moto.cognitoidp.models import cognitoidp_backends

    for _, _, backend in list(cognitoidp_backends.iter_backends()):
        if (user := _user(backend, client_id, username)) is not None:
            return user
    return None
