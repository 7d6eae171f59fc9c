"""The environment of a service on a Homeport platform → Django settings.

One line at the top of a project's settings.py; whatever the project sets below it wins:

    globals().update(platform_settings(BASE_DIR))

Run elsewhere (no DATABASE_URL, no SECRET_KEY), the same line gives SQLite, a cache in memory and mail on the console.
"""

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

PORT = re.compile(r":\d+$")  # Django compares host names without it
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
CONNECTION_SECONDS = 300  # a connection to PostgreSQL is reused this long; its health is checked at each request
CACHE_TIMEOUT_SECONDS = 2  # a cache that does not answer must not take the request with it


def platform_settings(
    base_dir: Path,
    *,
    static_url: str = "/static/",
    health_path: str = "/healthz",
    media: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Settings for the given environment variables.

    `health_path` is answered by `homeport_django.health.HealthMiddleware`; `media` names the platform's bucket for
    uploaded files (needs `homeport-django[media]`). Raises ImproperlyConfigured for a release without a SECRET_KEY.
    """
    return {
        "DEBUG": environment.get("DEBUG", "").lower() in ("1", "true", "yes"),
        "SECRET_KEY": _secret_key(environment),
        "HEALTH_PATH": health_path,
        "RELEASE": environment.get("HOMEPORT_RELEASE", ""),
        "DATABASES": {"default": _database(base_dir, environment)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "CACHES": {"default": _cache(environment)},
        "USE_TZ": True,
        "LOGGING": _logging(environment),
        **_hosts(environment),
        **_mail(environment),
        **_files(base_dir, static_url, media, environment),
    }


def _secret_key(environment: Mapping[str, str]) -> str:
    if key := environment.get("SECRET_KEY"):
        return key
    if environment.get("HOMEPORT_RELEASE"):
        raise ImproperlyConfigured("SECRET_KEY is not set, and sessions of several processes would not fit together")
    return get_random_secret_key()


def _database(base_dir: Path, environment: Mapping[str, str]) -> Any:
    """The first database of the service's `uses`; options of the URL (`?sslmode=require`) are honoured."""
    url = environment.get("DATABASE_URL") or f"sqlite:///{base_dir / 'db.sqlite3'}"
    return dj_database_url.parse(url, conn_max_age=CONNECTION_SECONDS, conn_health_checks=True)


def _cache(environment: Mapping[str, str]) -> dict[str, Any]:
    """The first cache of `uses`; `rediss://` checks certificate and host name (SSL_CERT_FILE, else the system's)."""
    url = environment.get("REDIS_URL")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    timeouts = {"socket_connect_timeout": CACHE_TIMEOUT_SECONDS, "socket_timeout": CACHE_TIMEOUT_SECONDS}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": timeouts}


def _hosts(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ALLOWED_HOSTS": [PORT.sub("", host) for host in _list(environment, "ALLOWED_HOSTS")] or LOOPBACK,
        "CSRF_TRUSTED_ORIGINS": _list(environment, "SITE_ORIGINS"),
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),  # as `proxy.ForwardedMiddleware` corrects it
    }


def _mail(environment: Mapping[str, str]) -> dict[str, Any]:
    sender = environment.get("MAIL_SENDER")
    if not sender:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    return {
        "EMAIL_BACKEND": "homeport_django.mail.SesBackend",
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
    }


def _files(base_dir: Path, static_url: str, media: str | None, environment: Mapping[str, str]) -> dict[str, Any]:
    """Static files from `staticfiles/` if they were collected, else from where the apps keep them; uploads in S3."""
    root = base_dir / "staticfiles"
    collected = root.is_dir()
    if not collected:
        warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)  # WhiteNoise; as intended
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    return {
        "STATIC_URL": static_url,
        "STATIC_ROOT": root,
        "WHITENOISE_USE_FINDERS": not collected,
        "STORAGES": {
            "default": _uploads(media, environment),
            "staticfiles": {"BACKEND": storage if collected else plain},
        },
    }


def _uploads(media: str | None, environment: Mapping[str, str]) -> dict[str, Any]:
    variable = (media or "").replace("-", "_").upper()
    bucket = environment.get(f"{variable}_BUCKET") if media else None
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    scheme, _, domain = environment.get(f"{variable}_URL", "").partition("://")
    public = {"custom_domain": domain, "url_protocol": f"{scheme}:", "querystring_auth": False} if domain else {}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": bucket, **public}}


def _logging(environment: Mapping[str, str]) -> dict[str, Any]:
    """One JSON object per line on stdout, so that CloudWatch Logs can filter by field."""
    level = environment.get("LOG_LEVEL", "INFO").upper()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "homeport_django.logs.JsonFormatter"}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level},  # not a second time through Django's own handlers
            "botocore": {"level": "WARNING"},  # else each client tells where it found its credentials
        },
    }


def _list(environment: Mapping[str, str], key: str) -> list[str]:
    return [value.strip() for value in environment.get(key, "").split(",") if value.strip()]
