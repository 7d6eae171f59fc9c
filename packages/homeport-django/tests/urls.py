"""Two views behind a token."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from homeport_django.auth import group_required, read_email, token_required


@token_required
def me(request: HttpRequest) -> JsonResponse:
    caller = request.caller
    return JsonResponse({"username": caller.username, "groups": sorted(caller.groups), "email": read_email(caller)})


@group_required("staff")
def office(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"sub": request.caller.sub})


urlpatterns = [path("me", me), path("office", office)]
