"""What the API says of the client: its scheme and address, from the header `Forwarded` (RFC 7239)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


class ForwardedMiddleware:
    """Lets `request.is_secure()` and REMOTE_ADDR speak of the client; before all that asks for them.

    API Gateway tells of the client in `Forwarded`. The load balancer behind it sets X-Forwarded-Proto to what itself
    was asked with, plain HTTP, so that header alone would never say https. Only the last element is believed: those
    before it are the client's own words. Nothing but the API reaches a service, so the last one is the API's.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = read_forwarded(request.headers.get("Forwarded", ""))
        if "proto" in told:
            request.META["HTTP_X_FORWARDED_PROTO"] = told["proto"]
        if "for" in told:
            request.META["REMOTE_ADDR"] = told["for"]
        return self.get_response(request)


def read_forwarded(header: str) -> dict[str, str]:
    """Parameters of the last element, by lower-case name, without quotes."""
    pairs = (pair.partition("=") for pair in header.rpartition(",")[2].split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if value.strip()}
