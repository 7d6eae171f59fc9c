"""Static files of a Django project, collected while its image is built, as Heroku's buildpack does.

https://devcenter.heroku.com/articles/django-assets; DISABLE_COLLECTSTATIC=1 turns it off.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from homeport.deploy.uv import NO_KEYS, NO_WAY_OUT, base_environment, run
from homeport.errors import HomeportError

NOT_USED = "Unknown command: 'collectstatic'"
NO_ROOT = "without having set the STATIC_ROOT setting"


def collect_static(app: Path, venv: Path, settings: Mapping[str, str], say: Callable[[str], None]) -> list[str]:
    """Run `manage.py collectstatic` in the copied source, if the project has static files; warnings.

    A build knows no database and no secrets: SECRET_KEY is a word that means nothing, the rest is not set. Nor can it
    reach any AWS, whatever keys lie about on this machine: a storage that uploads is refused, and so is the build.
    """
    if settings.get("DISABLE_COLLECTSTATIC", "0") not in ("", "0") or not (app / "manage.py").is_file():
        return []
    if not any(venv.glob("lib/python*/site-packages/django/__init__.py")):
        return []
    say("collecting static files")
    own = {"SECRET_KEY": "only-while-building", "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**base_environment(), **own, **settings, **NO_KEYS, **NO_WAY_OUT}
    environment["PATH"] = f"{venv / 'bin'}:{environment.get('PATH', '')}"
    command = [str(venv / "bin" / "python"), "manage.py", "collectstatic", "--noinput"]
    try:
        run(command, app, "collectstatic", environment)
    except HomeportError as error:
        if NOT_USED in error.message:
            return []
        if NO_ROOT in error.message:
            return ["STATIC_ROOT is not set, so no static files were collected"]
        raise HomeportError(
            error.message, "set DISABLE_COLLECTSTATIC: 1 in the service's environment to skip it"
        ) from None
    return []
