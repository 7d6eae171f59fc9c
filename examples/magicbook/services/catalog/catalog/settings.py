"""Settings of the catalog. What the platform decides comes from homeport_django; the rest is below."""

import os
from pathlib import Path

from homeport_django.settings import platform_settings

BASE_DIR = Path(__file__).resolve().parent.parent
globals().update(platform_settings(BASE_DIR, static_url="/catalog/static/", health_path="/catalog/healthz"))

ROOT_URLCONF = "catalog.urls"
WSGI_APPLICATION = "catalog.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "homeport_django", "books"]
MIDDLEWARE = [
    "homeport_django.health.HealthMiddleware",
    "homeport_django.proxy.ForwardedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False

COVERS_URL = os.environ.get("COVERS_URL", "")  # where the bucket of covers is served; drawn by the function `cover`
