"""The Django app: with it in INSTALLED_APPS, `manage.py consume` exists."""

from django.apps import AppConfig


class HomeportConfig(AppConfig):
    """Has no models."""

    name = "homeport_django"
    verbose_name = "Homeport"
