"""A small world for the gateway: declared state as the feed tells it, real sockets, real services behind."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from homeport.local.data.context import Context, InvokeResult, Resource, World
from homeport.local.data.gateway import Gateway
from homeport.local.data.http.server import Limits
from homeport.local.data.targets import Target, Targets
from homeport.local.home import Home

ACCOUNT, REGION = "100000000001", "eu-central-1"
API_ARN = f"arn:aws:apigateway:{REGION}::/apis/abc123"


def arn_of(api: str) -> str:
    return f"arn:aws:apigateway:{REGION}::/apis/{api}"


ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
LISTENER_ARN = f"{ELB}:listener/app/shared/0123/4567"
GROUP_ARN = f"{ELB}:targetgroup/catalog/89ab"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:quote"
LAMBDA = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31"
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_pool"
CLIENT = "desktop-client"


@dataclass
class Service:
    """A server that keeps what it was sent, byte for byte, and answers what the test says."""

    answer: Callable[[bytes], bytes | None] | None = None
    received: list[bytes] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    port: int = 0
    silent: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await self._body(head, reader)
                self.received.append(head + body)
                self.arrived.set()
                if self.silent:
                    await reader.read()
                    break
                answer = self.answer(head + body) if self.answer else _echo(head)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.lost.set()
            writer.close()

    async def _body(self, head: bytes, reader: asyncio.StreamReader) -> bytes:
        fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.decode().split("\r\n"))}
        if "content-length" in fields:
            return await reader.readexactly(int(fields["content-length"]))
        body = b""
        if fields.get("transfer-encoding") == "chunked":
            while not body.endswith(b"0\r\n\r\n"):
                body += await reader.readuntil(b"\r\n")
        return body

    def headers(self, index: int = -1) -> dict[str, str]:
        lines = self.received[index].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def line(self, index: int = -1) -> str:
        return self.received[index].partition(b"\r\n")[0].decode()


def _echo(head: bytes) -> bytes:
    path = head.split(b" ")[1]
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Rig:
    """A gateway with one API, one listener, one target group, one function and one user pool."""

    context: Context
    targets: Targets
    invoked: list[tuple[str, str | None, dict[str, Any]]]
    answers: dict[str, Any]
    logged: list[tuple[str, str, str, str, str]]
    gateway: Gateway | None = None
    api: dict[str, Any] = field(default_factory=dict)
    listener: dict[str, Any] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)  # more APIs
    domains: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # name → mappings
    limits: Limits = field(default_factory=lambda: Limits(head_bytes=10_240))
    revision: int = 0

    async def invoke(
        self, function_arn: str, qualifier: str | None, payload: bytes, *, log_tail: bool = False
    ) -> InvokeResult:
        self.invoked.append((function_arn, qualifier, json.loads(payload)))
        result = self.answers.get("function", InvokeResult(b"{}"))
        if callable(result):
            result = await result()
        return result if isinstance(result, InvokeResult) else InvokeResult(json.dumps(result).encode())

    def world(self) -> World:
        self.revision += 1
        resources = [
            Resource(API_ARN, "apigatewayv2:api", ACCOUNT, REGION, self.api),
            *(Resource(arn_of(api["ApiId"]), "apigatewayv2:api", ACCOUNT, REGION, api) for api in self.others),
            *(
                Resource(
                    f"arn:aws:apigateway:{REGION}::/domainnames/{name}",
                    "apigatewayv2:domain-name",
                    ACCOUNT,
                    REGION,
                    {"DomainName": name, "ApiMappings": mappings},
                )
                for name, mappings in self.domains.items()
            ),
            Resource(LISTENER_ARN, "elbv2:listener", ACCOUNT, REGION, self.listener),
            Resource(GROUP_ARN, "elbv2:target-group", ACCOUNT, REGION, {"TargetGroupArn": GROUP_ARN}),
            Resource(
                "arn:pool", "cognito-idp:user-pool", ACCOUNT, REGION, {"Issuer": ISSUER, "Jwks": {"keys": self.keys}}
            ),
            *(
                Resource(
                    LISTENER_ARN.replace(":listener/", ":listener-rule/") + f"/{number}",
                    "elbv2:rule",
                    ACCOUNT,
                    REGION,
                    rule,
                )
                for number, rule in enumerate(self.rules)
            ),
        ]
        found: dict[str, dict[str, Resource]] = {}
        for resource in resources:
            told = replace(resource, state=deepcopy(resource.state))  # the feed's documents are new each time
            found.setdefault(resource.type, {})[resource.arn] = told
        return World(self.revision, found)

    async def up(self) -> "Rig":
        if self.gateway is None:
            self.gateway = Gateway(
                self.context, self.targets, self.invoke, api_limits=self.limits, listener_limits=self.limits
            )
        await self.gateway.reconcile(self.world())
        return self

    def add_service(self, *services: Service) -> None:
        self.targets.put(GROUP_ARN, tuple(Target("127.0.0.1", service.port, True) for service in services))

    def add_route(self, key: str, integration: str = "service", **more: Any) -> None:
        self.api["Routes"].append({"RouteKey": key, "Target": f"integrations/{integration}", **more})

    def add_integration(self, name: str, **declared: Any) -> None:
        self.api["Integrations"].append({"IntegrationId": name, **declared})

    def integration(self, name: str) -> dict[str, Any]:
        return next(item for item in self.api["Integrations"] if item["IntegrationId"] == name)

    @property
    def stage(self) -> dict[str, Any]:
        return self.api["Stages"][0]

    @property
    def port(self) -> int:
        assert self.gateway
        return self.gateway.port(API_ARN)

    @property
    def listener_port(self) -> int:
        assert self.gateway
        return self.gateway.port(LISTENER_ARN)

    async def send(self, raw: bytes, port: int | None = None) -> Reply:
        """Send bytes, read one reply and the end of the connection after it, if it ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.port)
        try:
            writer.write(raw)
            return await read_reply(reader, head_only=raw.startswith(b"HEAD "))
        finally:
            writer.close()

    async def get(self, path: str, port: int | None = None, method: str = "GET", **headers: str) -> Reply:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return await self.send(f"{method} {path} HTTP/1.1\r\nHost: api.local:1234\r\n{lines}\r\n".encode(), port)

    async def post(self, path: str, body: bytes, port: int | None = None, **headers: str) -> Reply:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nHost: api.local:1234\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
        return await self.send(head.encode() + body, port)


async def read_reply(reader: asyncio.StreamReader, head_only: bool = False) -> Reply:
    raw = await reader.readuntil(b"\r\n\r\n")
    lines = raw.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    body = b""
    if head_only:
        pass
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
    return Reply(int(lines[0].split(" ")[1]), headers, body, raw)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    logged: list[tuple[str, str, str, str, str]] = []

    async def observe(observations: list[Any]) -> None:
        raise AssertionError("the gateway observes nothing")

    context = Context(
        home=Home(tmp_path),
        control_url="http://127.0.0.1:1",
        token="",
        observe=observe,
        aws=lambda service, account, region: None,
        log=lambda *line: logged.append(line),
        task_environment=lambda account, region: {},
    )
    made = Rig(context, Targets(), [], {}, logged)
    made.api = {
        "ApiId": "abc123",
        "Name": "magicbook",
        "LocalPort": 0,
        "Routes": [],
        "Authorizers": [
            {
                "AuthorizerId": "users",
                "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Issuer": ISSUER, "Audience": [CLIENT]},
            }
        ],
        "Stages": [{"StageName": "$default", "AutoDeploy": True}],
        "Integrations": [
            {
                "IntegrationId": "service",
                "IntegrationType": "HTTP_PROXY",
                "ConnectionType": "VPC_LINK",
                "IntegrationMethod": "ANY",
                "IntegrationUri": LISTENER_ARN,
                "PayloadFormatVersion": "1.0",
                "TimeoutInMillis": 5000,
            },
            {
                "IntegrationId": "function",
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": f"{LAMBDA}/functions/{FUNCTION_ARN}:live/invocations",
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": 5000,
            },
        ],
    }
    made.listener = {
        "ListenerArn": LISTENER_ARN,
        "LocalPort": 0,
        "Port": 10000,
        "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": GROUP_ARN}],
    }
    yield made
    if made.gateway:
        await made.gateway.stop()


@dataclass(frozen=True)
class Signer:
    """The pool's key, and a stranger's."""

    private: rsa.RSAPrivateKey
    stranger: rsa.RSAPrivateKey
    jwk: dict[str, Any]

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        made = {
            "iss": ISSUER,
            "sub": "user-1",
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "iat": now,
            "exp": now + 300,
        }
        made.update(changes)
        return {name: value for name, value in made.items() if value is not None}

    def token(
        self, key: Any = None, algorithm: str = "RS256", header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        headers = {"kid": "pool-key", **(header or {})}
        return jwt.encode(self.claims(**changes), key or self.private, algorithm=algorithm, headers=headers)


@pytest.fixture(scope="session")
def signer() -> Signer:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return Signer(private, stranger, {**jwk, "kid": "pool-key", "use": "sig", "alg": "RS256"})


@pytest.fixture
async def another_service() -> AsyncIterator[Callable[[], Awaitable[Service]]]:
    servers = []

    async def make() -> Service:
        made = Service()
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 20)
        made.port = server.sockets[0].getsockname()[1]
        servers.append(server)
        return made

    yield make
    for server in servers:
        server.close()
