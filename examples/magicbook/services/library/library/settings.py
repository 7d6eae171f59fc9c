"""Settings of the library. What the platform decides comes from homeport_django; the rest is below."""

from pathlib import Path

from homeport_django.settings import platform_settings

BASE_DIR = Path(__file__).resolve().parent.parent
globals().update(platform_settings(BASE_DIR, health_path="/library/healthz"))

ROOT_URLCONF = "library.urls"
WSGI_APPLICATION = "library.wsgi.application"
INSTALLED_APPS = ["homeport_django", "shelf"]
MIDDLEWARE = [
    "homeport_django.health.HealthMiddleware",
    "homeport_django.proxy.ForwardedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False
