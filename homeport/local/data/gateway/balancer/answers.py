"""Answers that an Application Load Balancer makes itself.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html has the codes.
"""

import html
from collections.abc import Mapping

from homeport.local.data.http.message import Request, Response

_TITLES = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


def refuse(status: int) -> Response:
    title = f"{status} {_TITLES.get(status, 'Error')}"
    body = f"<body>\r\n<center><h1>{title}</h1></center>\r\n</body>"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n{body}\r\n</html>\r\n"
    return Response(status, [("server", "awselb/2.0"), ("content-type", "text/html")], page.encode())


def fixed_response(config: Mapping[str, str]) -> Response:
    headers = [("server", "awselb/2.0"), ("content-type", config.get("ContentType") or "text/plain")]
    return Response(int(config.get("StatusCode") or 200), headers, (config.get("MessageBody") or "").encode())


def redirect(config: Mapping[str, str], request: Request, protocol: str, port: int) -> Response:
    """Parts that the action does not name stay as they were; `#{…}` stands for them."""
    host = request.header("host").rsplit(":", 1)[0]
    was = {
        "#{protocol}": protocol,
        "#{host}": host,
        "#{port}": str(port),
        "#{path}": request.path.lstrip("/"),
        "#{query}": request.query,
    }

    def part(name: str, default: str) -> str:
        text = config.get(name) or default
        for placeholder, value in was.items():
            text = text.replace(placeholder, value)
        return text

    scheme = part("Protocol", "#{protocol}").lower()
    to_port = part("Port", "#{port}")
    suffix = "" if (scheme, to_port) in (("http", "80"), ("https", "443")) else f":{to_port}"
    query = part("Query", "#{query}")
    path = part("Path", "/#{path}")
    location = f"{scheme}://{part('Host', '#{host}')}{suffix}{path}{'?' if query else ''}{query}"
    status = 302 if config.get("StatusCode") == "HTTP_302" else 301
    title = f"{status} {'Found' if status == 302 else 'Moved Permanently'}"
    page = f"<html>\r\n<head><title>{html.escape(title)}</title></head>\r\n</html>\r\n"
    headers = [("server", "awselb/2.0"), ("content-type", "text/html"), ("location", location)]
    return Response(status, headers, page.encode())
