"""URLs without what is secret in them."""

import re
from urllib.parse import urlsplit

CREDENTIALS = re.compile(r"(?<=://)[^/\s@]{1,500}@")


def without_credentials(url: str) -> str:
    """A URL without user and password."""
    return CREDENTIALS.sub("", url)


def host_of(url: str) -> str:
    """The host of a URL; "" if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
