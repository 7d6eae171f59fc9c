"""Mail that is kept as files, users with real codes, tokens that only this machine's key signs."""

import email
import email.policy
import re
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from botocore.exceptions import ClientError
from moto.utilities.utils import load_resource

pytestmark = pytest.mark.integration


def mails(account: Any, subject: str) -> list[Any]:
    files = sorted(account.home.mail.glob("*.eml"))
    parsed = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    return [mail for mail in parsed if mail["Subject"] == subject]


def test_mail_is_a_file_when_the_call_is_answered(account: Any) -> None:
    ses = account.client("ses")
    ses.verify_domain_identity(Domain="shop.example")
    sent = ses.send_email(
        Source="Shop <no-reply@shop.example>",
        Destination={"ToAddresses": ["a@example.org"], "BccAddresses": ["b@example.org"]},
        Message={
            "Subject": {"Data": "Grüße v1"},
            "Body": {"Text": {"Data": "text ü"}, "Html": {"Data": "<b>html</b>"}},
        },
        ReplyToAddresses=["help@shop.example"],
    )
    mail = mails(account, "Grüße v1")[0]
    assert (mail["From"], mail["To"], mail["Reply-To"]) == (
        "Shop <no-reply@shop.example>",
        "a@example.org",
        "help@shop.example",
    )
    assert mail["Bcc"] is None and mail["X-Envelope-To"] == "a@example.org, b@example.org"
    assert sent["MessageId"] in mail["Message-ID"] and mail["Date"]
    assert mail.get_body(("plain",)).get_content() == "text ü\r\n"
    assert mail.get_body(("html",)).get_content() == "<b>html</b>\r\n"


def test_simple_and_raw_mail_of_version_two(account: Any) -> None:
    client = account.client("sesv2")
    client.create_email_identity(EmailIdentity="v2.example")
    content = {"Simple": {"Subject": {"Data": "simple v2"}, "Body": {"Html": {"Data": "<p>x</p>"}}}}
    client.send_email(FromEmailAddress="a@v2.example", Destination={"ToAddresses": ["x@y.org"]}, Content=content)
    assert mails(account, "simple v2")[0].get_body(("html",)).get_content() == "<p>x</p>\r\n"
    raw = b"From: a@v2.example\r\nTo: x@y.org\r\nSubject: raw v2\r\nX-Own: kept\r\n\r\nbody\r\n"
    client.send_email(
        Content={"Raw": {"Data": raw}}, FromEmailAddress="a@v2.example", Destination={"ToAddresses": ["z@y.org"]}
    )
    mail = mails(account, "raw v2")[0]
    assert (mail["X-Own"], mail["X-Envelope-To"], mail.get_content()) == ("kept", "z@y.org", "body\r\n")


def test_mail_that_is_refused_is_not_kept(account: Any) -> None:
    body = {"Subject": {"Data": "refused"}, "Body": {"Text": {"Data": "x"}}}
    with pytest.raises(ClientError, match="not verified"):
        account.client("ses").send_email(
            Source="a@other.example", Destination={"ToAddresses": ["x@y.org"]}, Message=body
        )
    assert mails(account, "refused") == []


def pool(account: Any, name: str) -> tuple[str, str]:
    client = account.client("cognito-idp")
    made = client.create_user_pool(PoolName=name, UsernameAttributes=["email"])["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    app = client.create_user_pool_client(UserPoolId=made, ClientName="web", ExplicitAuthFlows=flows)
    return made, app["UserPoolClient"]["ClientId"]


def sign_in(account: Any, pool_id: str, client_id: str, name: str) -> dict[str, str]:
    client = account.client("cognito-idp")
    attributes = [{"Name": "email", "Value": name}]
    client.admin_create_user(UserPoolId=pool_id, Username=name, UserAttributes=attributes, MessageAction="SUPPRESS")
    client.admin_set_user_password(UserPoolId=pool_id, Username=name, Password="Secret-1", Permanent=True)
    parameters = {"USERNAME": name, "PASSWORD": "Secret-1"}
    answer = client.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    tokens: dict[str, str] = answer["AuthenticationResult"]
    return tokens


def test_tokens_are_signed_with_the_key_of_this_machine(account: Any) -> None:
    pool_id, client_id = pool(account, "tokens")
    token = sign_in(account, pool_id, client_id, "reader@example.org")["AccessToken"]
    served = httpx.get(f"{account.url}/{pool_id}/.well-known/jwks.json", trust_env=False).json()
    resources = account.feed_until(
        "cognito-idp:user-pool", lambda found: any(r["state"]["Id"] == pool_id for r in found)
    )
    state = next(r["state"] for r in resources if r["state"]["Id"] == pool_id)
    assert state["Jwks"] == served and client_id in state["ClientIds"]
    key = jwt.PyJWKSet.from_dict(served)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=state["Issuer"])
    assert (claims["client_id"], claims["token_use"]) == (client_id, "access")


def test_the_key_in_motos_package_signs_nothing_here(account: Any) -> None:
    pool_id, client_id = pool(account, "packaged")
    token = sign_in(account, pool_id, client_id, "other@example.org")["IdToken"]
    packaged = load_resource("cognitoidp/resources/jwks-public.json")
    keys = jwt.PyJWKSet.from_dict(packaged).keys
    assert keys
    for key in keys:
        with pytest.raises(jwt.InvalidSignatureError):
            jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    ours = httpx.get(f"{account.url}/{pool_id}/.well-known/jwks.json", trust_env=False).json()["keys"]
    assert not {key["n"] for key in ours} & {key["n"] for key in packaged["keys"]}


def test_the_key_stays_and_is_private(own_account: Any) -> None:
    pool_id, client_id = pool(own_account, "stays")
    tokens = sign_in(own_account, pool_id, client_id, "reader@example.org")
    key_file: Path = own_account.home.keys / "cognito.pem"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    own_account.stop()
    own_account.start()
    served = httpx.get(f"{own_account.url}/{pool_id}/.well-known/jwks.json", trust_env=False).json()
    key = jwt.PyJWKSet.from_dict(served).keys[0]
    assert jwt.decode(tokens["IdToken"], key, algorithms=["RS256"], audience=client_id)["email"] == "reader@example.org"
    parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    client = own_account.client("cognito-idp")
    assert client.initiate_auth(ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
    assert (own_account.client("cognito-idp").get_user(AccessToken=tokens["AccessToken"]))["Username"]


def test_codes_come_by_mail_and_wrong_ones_are_refused(account: Any) -> None:
    pool_id, client_id = pool(account, "codes")
    client, name = account.client("cognito-idp"), "new@codes.example"
    attributes = [{"Name": "email", "Value": name}]
    client.sign_up(ClientId=client_id, Username=name, Password="Secret-1", UserAttributes=attributes)
    first = code_in(mails(account, "Your verification code")[-1])
    with pytest.raises(ClientError, match="CodeMismatchException"):
        client.confirm_sign_up(ClientId=client_id, Username=name, ConfirmationCode=wrong(first))
    client.resend_confirmation_code(ClientId=client_id, Username=name)
    second = code_in(mails(account, "Your verification code")[-1])
    client.confirm_sign_up(ClientId=client_id, Username=name, ConfirmationCode=second)
    user = client.admin_get_user(UserPoolId=pool_id, Username=name)
    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
    client.forgot_password(ClientId=client_id, Username=name)
    reset = code_in(mails(account, "Your password reset code")[-1])
    arguments = {"ClientId": client_id, "Username": name, "Password": "Changed-2"}
    with pytest.raises(ClientError, match="ExpiredCodeException"):
        client.confirm_forgot_password(**arguments, ConfirmationCode=wrong(reset))
    client.confirm_forgot_password(**arguments, ConfirmationCode=reset)
    parameters = {"USERNAME": name, "PASSWORD": "Changed-2"}
    assert client.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def test_a_browser_may_call_cognito(account: Any) -> None:
    origin = {"Origin": "http://127.0.0.1:21005"}
    asks = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}
    assert (
        httpx.options(account.url, headers=asks, trust_env=False).headers["Access-Control-Allow-Origin"]
        == origin["Origin"]
    )
    target = {
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        "Content-Type": "application/x-amz-json-1.1",
    }
    body = {
        "ClientId": "unknown",
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "a", "PASSWORD": "b"},
    }
    answer = httpx.post(account.url, headers=origin | target, json=body, trust_env=False)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (400, origin["Origin"])
    assert "__type" in answer.json()


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1.evil.example:80", "null", ""])
def test_a_page_from_elsewhere_may_not_call_anything(account: Any, origin: str) -> None:
    headers = {"Origin": origin, "X-Amz-Target": "AmazonSSM.DescribeParameters"}
    answer = httpx.post(account.url, headers=headers, content=b"{}", trust_env=False)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_logs_keep_the_newest_events_only(own_account: Any) -> None:
    logs = own_account.client("logs")
    logs.create_log_group(logGroupName="many")
    logs.create_log_stream(logGroupName="many", logStreamName="s")
    now = int(time.time() * 1000) - 20_000
    for start in range(0, 13_000, 1_000):
        events = [{"timestamp": now + n, "message": str(n)} for n in range(start, start + 1_000)]
        logs.put_log_events(logGroupName="many", logStreamName="s", logEvents=events)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="many")
    kept = [int(event["message"]) for page in pages for event in page["events"]]
    assert kept[-1] == 12_999 and 10_000 <= len(kept) <= 11_000
    assert kept == sorted(kept)


def code_in(mail: Any) -> str:
    found = re.search(r"\b\d{6}\b", mail.get_content())
    assert found
    return found.group()


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"
