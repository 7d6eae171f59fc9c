"""Where Heroku answers: four hosts, one token."""

from dataclasses import dataclass


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
