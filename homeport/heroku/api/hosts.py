"""Where Heroku answers: four hosts, one token."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.errors import HomeportError

STAND_IN = "HOMEPORT_HEROKU_URL"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Hosts:
    """Base URLs without a slash at the end."""

    api: str = "https://api.heroku.com"
    data: str = "https://api.data.heroku.com"  # Postgres and Key-Value Store
    metrics: str = "https://api.metrics.heroku.com"  # router metrics, autoscaling
    github: str = "https://kolkrabbi.heroku.com"  # which repository an app deploys from

    def url(self, host: str, path: str) -> str:
        """The URL of a path on one of the hosts, by its name here."""
        return f"{ {'api': self.api, 'data': self.data, 'metrics': self.metrics, 'github': self.github}[host] }{path}"


def find_hosts(environment: Mapping[str, str]) -> Hosts:
    """Heroku's own; or folders `api`, `data`, `metrics` and `github` of a stand-in on this machine, for rehearsals.

    Raises HomeportError for a stand-in elsewhere: it would be sent the token.
    """
    url = environment.get(STAND_IN, "").rstrip("/")
    if not url:
        return Hosts()
    if urlsplit(url).hostname not in LOOPBACK:
        raise HomeportError(f"{STAND_IN}: {url} is not on this machine; your token would go there", f"unset {STAND_IN}")
    return Hosts(*(f"{url}/{folder}" for folder in ("api", "data", "metrics", "github")))
