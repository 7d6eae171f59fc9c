"""URLs without secrets."""

import pytest

from homeport.heroku.files.urls import host_of, without_credentials


@pytest.mark.parametrize(
    ("url", "without", "host"),
    [
        ("https://a:hunter2@example.com/x?y#z", "https://example.com/x?y#z", "example.com"),
        ("https://token@example.com", "https://example.com", "example.com"),
        ("https://example.com:8080/@x", "https://example.com:8080/@x", "example.com"),
        ("syslog+tls://logs.example.com:514", "syslog+tls://logs.example.com:514", "logs.example.com"),
        ("heroku/python", "heroku/python", ""),
        ("https://[", "https://[", ""),
    ],
)
def test_credentials_are_taken_out_and_the_host_is_kept(url: str, without: str, host: str) -> None:
    assert without_credentials(url) == without
    assert host_of(url) == host
