"""The client's scheme and address, as the API tells them."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings
from homeport_django.proxy import ForwardedMiddleware


def seen(**headers: str) -> HttpRequest:
    requests: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    ForwardedMiddleware(answer)(RequestFactory().get("/", headers=headers))
    return requests[0]


@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
class ForwardedTests(SimpleTestCase):
    def test_https_at_the_api_is_https_though_the_load_balancer_says_http(self) -> None:
        request = seen(forwarded="by=3.1.2.3;for=9.8.7.6;host=api.example;proto=https", x_forwarded_proto="http")
        self.assertTrue(request.is_secure())
        self.assertEqual(request.META["REMOTE_ADDR"], "9.8.7.6")

    def test_what_the_client_says_of_itself_is_not_believed(self) -> None:
        request = seen(forwarded="for=1.1.1.1;proto=https, by=3.1.2.3;for=9.8.7.6;proto=http")
        self.assertFalse(request.is_secure())
        self.assertEqual(request.META["REMOTE_ADDR"], "9.8.7.6")

    def test_without_the_header_nothing_changes(self) -> None:
        self.assertFalse(seen(x_forwarded_proto="http").is_secure())
        self.assertEqual(seen().META["REMOTE_ADDR"], "127.0.0.1")

    def test_odd_headers_are_harmless(self) -> None:
        for odd in (";;=", "proto", "=https", '"', ",,,"):
            self.assertFalse(seen(forwarded=odd).is_secure())
