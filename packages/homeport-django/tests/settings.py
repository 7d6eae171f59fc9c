"""A project as small as it gets."""

from pathlib import Path

from homeport_django.settings import platform_settings

BASE_DIR = Path(__file__).resolve().parent
globals().update(platform_settings(BASE_DIR, health_path="/shop/healthz"))

ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = ["django.contrib.staticfiles", "homeport_django", "tests"]
MIDDLEWARE = [
    "homeport_django.health.HealthMiddleware",
    "homeport_django.proxy.ForwardedMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
