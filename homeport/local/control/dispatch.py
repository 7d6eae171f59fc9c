"""One HTTP request → moto's answer. Whatever moto cannot do is an AWS error with status 400.

moto has a Flask application per service; this is the same without Flask: moto's own request class and URL rules.
"""

import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.exceptions import ClientError, UnknownServiceError
from moto.backends import get_backend
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.core.request import Request as MotoRequest
from moto.core.utils import get_service_model, service_name_from_moto_package_name
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, Map, Rule

from homeport.local.control import failure, turn
from homeport.local.control.changes import NotKept, changes
from homeport.local.control.service import find_service

log = logging.getLogger(__name__)
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"]
ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_rules_lock = Lock()


@dataclass(frozen=True)
class Call:
    """An HTTP request: `target` as it arrived (path and query, or an absolute URL), header names as sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Request(MotoRequest):  # type: ignore[misc]
    from_wsgi_server = True


class _Regex(BaseConverter):  # type: ignore[misc]
    part_isolating = False

    def __init__(self, url_map: Map, pattern: str) -> None:
        super().__init__(url_map)
        self.regex = pattern


def answer(call: Call) -> Answer:
    """What AWS would answer. Never raises."""
    request = _Request(_environ(call))
    service = find_service(request.headers, request.raw_path, call.body)
    if service is None:
        return _failed("json", "UnknownService", "No AWS service of this name in the local account")
    try:
        handler = _rules(service).bind("").match(request.path, method=call.method)[0]
        action = _action(call, request)
        with changes.kept(action), turn.taken(), changes.call(action):
            return _answered(handler(request, request.raw_url, dict(request.headers)))
    except (NotImplementedError, NotFound, MethodNotAllowed) as error:
        detail = str(error) if isinstance(error, NotImplementedError) else f"{call.method} {request.path}"
        log.warning("%s: not implemented: %s", service, detail)
        return _failed(_protocol(service, request), "NotImplemented", failure.unknown_action(service, detail))
    except ClientError as error:
        details = error.response["Error"]
        return _failed(_protocol(service, request), details["Code"], details["Message"])
    except HTTPException as error:
        return _answered((error.code, dict(error.get_headers()), error.get_body()))
    except NotKept as error:
        return _failed(_protocol(service, request), "InternalFailure", str(error))
    except Exception as error:
        log.exception("%s: %s %s", service, call.method, request.path)
        message = f"The local account failed: {type(error).__name__}: {error}"
        return _failed(_protocol(service, request), "InternalFailure", message)


def _action(call: Call, request: MotoRequest) -> str:
    """AWS's name of what is asked, or one that tells at least reading from writing."""
    if target := request.headers.get("X-Amz-Target"):
        return str(target).rpartition(".")[2]
    if match := ACTION.search(call.body if "x-www-form-urlencoded" in (request.content_type or "") else b""):
        return match.group(1).decode()
    if "/operation/" in request.path:
        return str(request.path).rpartition("/")[2]
    if call.method in ("GET", "HEAD"):
        return str(request.args.get("Action", "GetSomething"))
    last = str(request.path).rstrip("/").rpartition("/")[2]
    return {"invocations": "Invoke", "outbound-emails": "SendEmail"}.get(last, call.method)


def _environ(call: Call) -> dict[str, Any]:
    """The request as WSGI has it, which moto's request class reads."""
    parts = urlsplit(call.target) if "://" in call.target[:8] else None
    raw_path, _, query = (_after_host(call.target, parts.netloc) if parts else call.target).partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": call.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path or "/").decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": call.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(call.body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(call.body),
    }
    spellings: dict[str, str] = {}
    for name, value in call.headers:
        _put_header(environ, spellings, name, value)
    if parts:
        environ["HTTP_HOST"] = parts.netloc
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = spellings
    return environ


def _put_header(environ: dict[str, Any], spellings: dict[str, str], name: str, value: str) -> None:
    """S3 keeps underscores in the names of metadata; elsewhere such a header could pose as another, and is dropped."""
    key = environ_key_for_header(name)
    if key in ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):
        return  # the body is complete here
    if "_" in name:
        if not should_preserve_original_header_name(name) or key in environ:
            return
        spellings[key] = name
    environ[key] = f"{environ[key]},{value}" if key in environ else value


def _after_host(target: str, host: str) -> str:
    return target.partition(host)[2] or "/"


@lru_cache
def _rules(service: str) -> Map:
    """moto's URL patterns of a service; the endpoint of a rule is moto's handler."""
    with _rules_lock:
        backends = get_backend(service)
        regional = backends["123456789012"] if hasattr(backends, "service_name") else backends
        backend = regional["us-east-1"] if "us-east-1" in regional else regional["aws"]
        rules = [
            Rule(path, endpoint=handler, methods=METHODS, strict_slashes=False)
            for path, handler in backend.flask_paths.items()
            if path
        ]
        del backends["123456789012"]  # only looked at for its paths
    return Map(rules, converters={"regex": _Regex}, merge_slashes=False)


def _answered(result: Any) -> Answer:
    status, headers, content = result if len(result) == 3 and not isinstance(result, str | bytes) else (200, {}, result)
    headers = {str(name): str(value) for name, value in (headers or {}).items()}
    body = content.encode() if isinstance(content, str) else bytes(content or b"")
    return Answer(int(status), headers, body)


def _failed(protocol: str, code: str, message: str) -> Answer:
    headers, body = failure.render(protocol, code, message)
    return Answer(400, headers, body)


def _protocol(service: str, request: MotoRequest) -> str:
    """The client's protocol: its content type tells, else the service's model."""
    content_type = request.content_type or ""
    if service in ("s3", "s3control"):
        return "s3"
    if "json" in content_type or request.headers.get("X-Amz-Target"):
        return "json"
    if service == "ec2":
        return "ec2"
    if "x-www-form-urlencoded" in content_type:
        return "query"
    return _service_protocol(service)


@lru_cache
def _service_protocol(service: str) -> str:
    try:
        return str(get_service_model(service_name_from_moto_package_name(service)).protocol)
    except UnknownServiceError:
        return "json"
