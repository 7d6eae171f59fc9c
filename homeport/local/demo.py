"""A demo user in this machine's user pool, so that a newcomer can sign in at once. Exists in the local account only."""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from homeport.errors import HomeportError
from homeport.local.home import Home


@dataclass(frozen=True)
class DemoUser:
    """E-mail address and password of the demo user, and the app client that it signs in with."""

    email: str
    password: str
    client_id: str


def ensure_demo_user(cognito: Any, home: Home, pool_id: str, client_id: str, groups: Iterable[str]) -> DemoUser:
    """The demo user of the pool, made if needed, in all `groups`; its random password is kept in the home (0600)."""
    known = find_demo_user(home)
    password = known.password if known else f"Demo-{secrets.token_urlsafe(9)}-1"
    user = DemoUser("demo@homeport.example", password, client_id)
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=user.email,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": user.email}, {"Name": "email_verified", "Value": "true"}],
        )
    except cognito.exceptions.UsernameExistsException:
        pass
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=user.email, Password=password, Permanent=True)
    for group in groups:
        cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=user.email, GroupName=group)
    descriptor = os.open(_file(home), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(user), file)
    return user


def find_demo_user(home: Home) -> DemoUser | None:
    """The demo user that `ensure_demo_user` made, if it did."""
    try:
        return DemoUser(**json.loads(_file(home).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def sign_in(cognito: Any, user: DemoUser) -> dict[str, str]:
    """Cognito's tokens for the user: `AccessToken`, `IdToken`, `RefreshToken`."""
    try:
        answer = cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=user.client_id,
            AuthParameters={"USERNAME": user.email, "PASSWORD": user.password},
        )
    except cognito.exceptions.ClientError as error:
        raise HomeportError(f"sign-in of {user.email}: {error}", "bring the platform up again: homeport up") from error
    tokens: dict[str, str] = answer["AuthenticationResult"]
    return tokens


def _file(home: Home) -> Any:
    return home.path / "demo.json"
