"""Which values may stand in a record."""

import pytest

from homeport.heroku.files.config import is_plain


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "True"),
        ("SECRET_KEY_REQUIRED", "true"),
        ("API_TOKEN", ""),
        ("PORT", "8000"),
        ("MAX_AGE", "31536000"),
        ("LOG_LEVEL", "INFO"),
        ("DJANGO_SETTINGS_MODULE", "config.settings.production"),
        ("TIME_ZONE", "Australia/Melbourne"),
        ("REGION", "us-east-1"),
        ("ALLOWED_HOSTS", ".example.com"),
        ("SITE_URL", "https://shop.example.com/start/"),
        ("DB", "postgres://localhost:5432/shop"),
    ],
)
def test_switches_numbers_words_and_urls_are_plain(name: str, value: str) -> None:
    assert is_plain(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMIN_PASSWORD", "admin"),
        ("SECRET_KEY", "development"),
        ("SENTRY_DSN", "https://example.com/1"),
        ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services"),
        ("X", "supersecretpasswordofmine"),
        ("X", "kJ8s9dfhKJHkjh23"),
        ("X", "AKIAIOSFODNN7EXAMPLE"),
        ("X", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("X", "4111111111111111"),
        ("DB", "postgres://user:word@localhost/shop"),
        ("URL", "https://hooks.example.com/services/T00000000/B00000000/XXXXaaaa1111"),
        ("URL", "https://example.com/?token=abc"),
        ("X", "line\nline"),
        ("MAIL", "somebody@example.com"),
        ("X", "a" * 100),
    ],
)
def test_everything_else_may_be_a_secret(name: str, value: str) -> None:
    assert not is_plain(name, value)
