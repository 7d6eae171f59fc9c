"""The answer to the load balancer's health check."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

Answer = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Answers `settings.HEALTH_PATH`; the first of MIDDLEWARE.

    First, because the load balancer asks by IP address, which is in nobody's ALLOWED_HOSTS. The database is not
    asked: if it is down for a moment, replacing every task would turn a hiccup into an outage.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == settings.HEALTH_PATH and request.method in ("GET", "HEAD"):
            return JsonResponse({"status": "ok", "release": settings.RELEASE}, headers={"Cache-Control": "no-store"})
        return self.get_response(request)
