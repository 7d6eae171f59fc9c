"""Answers that API Gateway makes itself: `{"message": …}`."""

import json

from homeport.local.data.http.message import Headers, Response

_MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def refuse(status: int, headers: Headers | None = None) -> Response:
    body = json.dumps({"message": message(status)}, separators=(",", ":")).encode()
    return Response(status, [("content-type", "application/json"), *(headers or [])], body)


def message(status: int) -> str:
    return _MESSAGES.get(status, "Error")
