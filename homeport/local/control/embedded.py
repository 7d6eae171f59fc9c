"""moto, embedded: its exact version, its settings, and what it must not do in a long-lived process.

Import this module before any of moto: moto reads its settings when it is imported.
"""

import functools
import importlib.metadata
import os
from typing import Any

from homeport.errors import HomeportError

MOTO_VERSION = "5.2.5"  # saved state and fixes are bound to it
SETTINGS = {
    "MOTO_ACM_VALIDATION_WAIT": "0",  # issued at once: there is no DNS to wait for
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # 600 images that nobody here starts
    "MOTO_ALLOW_NONEXISTENT_REGION": "false",
    "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "false",
}


def check_version(installed: str | None = None) -> None:
    """Raise unless moto is the one that our fixes and the saved state know."""
    found = installed or importlib.metadata.version("moto")
    if found != MOTO_VERSION:
        raise HomeportError(
            f"moto {found} is installed, but Homeport's local account needs {MOTO_VERSION}",
            f"pip install moto=={MOTO_VERSION}",
        )


def prepare() -> None:
    """Set moto up for one long-lived process."""
    check_version()
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]  # a user's profile or endpoint must not reach moto's own sessions
    os.environ.update(SETTINGS)
    _share_models()
    _skip_offerings()
    _forget_instances()


def _share_models() -> None:
    """moto makes a boto3 session wherever it needs a region or a shape, and each parses AWS's models anew: 1.2 s of the
    start, for four times the one of EC2 and four times the endpoints."""
    import botocore.loaders

    botocore.loaders.create_loader = functools.cache(botocore.loaders.create_loader)


def _skip_offerings() -> None:
    """Which type of instance is to be had in which zone of the world takes 0.3 s and 47 MB to read, at each start; no
    instance is started here."""
    from moto.utilities import utils

    load = utils.load_resource
    utils.load_resource = lambda resource: [] if "instance_type_offerings" in resource else load(resource)


def _forget_instances() -> None:
    """moto keeps every model object that was ever made in a class attribute, for its dashboard: a leak here."""
    from moto.core.common_models import BaseModel

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(cls)

    BaseModel.__new__ = new
