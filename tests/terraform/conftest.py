"""What the tests of the live tree share: a small platform, and one that uses everything."""

import pytest

from homeport.model.platform import Platform

ACCOUNT = "210000000001"


@pytest.fixture
def shop() -> Platform:
    """Everything that Homeport can emit, once."""
    return Platform.model_validate(
        {
            "name": "shop",
            "services": {
                "web": {
                    "path": "web",
                    "release": "python manage.py migrate",
                    "processes": {
                        "web": {"command": "gunicorn --bind ${HOST}:$PORT", "scale": {"min": 2, "max": 6}},
                        "worker": {"command": "python manage.py work"},
                    },
                    "routes": ["ANY /shop/{proxy+}", {"route": "GET /me", "auth": True, "scopes": ["read"]}],
                    "uses": ["main", "sessions", "sold", "pictures", "users", "mail"],
                    "on": ["paid"],
                    "environment": {"GREETING": 'say "${hello}"'},
                }
            },
            "functions": {
                "quote": {"path": "quote", "routes": ["POST /quotes"], "uses": ["main"], "schedule": "rate(5 minutes)"},
                "thumb": {"path": "thumb", "on": ["sold"], "uses": ["pictures"], "timeout_seconds": 60},
            },
            "databases": {"main": {"extensions": ["pg_trgm"]}},
            "caches": {"sessions": {}},
            "topics": {"sold": {}, "paid": {"retries": 3}},
            "buckets": {"pictures": {"public_read": True}, "papers": {"expire_days": 30}},
            "sites": {"www": {"path": "www"}},
            "users": {"clients": ["desktop"], "scopes": ["read"]},
            "mail": {"sender": "Orders@Shop.example"},
            "environments": {
                "stage": {"account": ACCOUNT, "protect": False},
                "prod": {"account": "210000000002", "availability": "high"},
            },
        }
    )
