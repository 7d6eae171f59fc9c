"""Settings are found the way Django finds them."""

import pytest

from homeport.doctor.project import Project
from homeport.doctor.settings import is_development

APPS = "INSTALLED_APPS = []\n"


def named(module: str) -> str:
    return f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{module}")\n'


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"manage.py": named("web.settings"), "web/settings.py": APPS}, ("web/settings.py",)),
        ({"src/manage.py": named("web.settings"), "src/web/settings.py": APPS}, ("src/web/settings.py",)),
        ({"manage.py": named("web.settings"), "apps/web/settings.py": APPS}, ("apps/web/settings.py",)),
        (
            {"manage.py": named("s.production"), "s/base.py": APPS, "s/production.py": "from .base import *\n"},
            ("s/base.py", "s/production.py"),
        ),
        (
            {
                "manage.py": named("s.dev"),
                "s/base.py": APPS,
                "s/dev.py": "from .base import *\n",
                "s/prod.py": "from .base import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n",
                "s/local.py": APPS,
            },
            ("s/base.py", "s/prod.py"),
        ),
        (
            {
                "manage.py": named("s.local"),
                "s/base.py": APPS,
                "s/local.py": "from .base import *\n",
                "s/cloud.py": "from s.base import *\n",
            },
            ("s/base.py", "s/cloud.py"),
        ),
        (
            {
                "manage.py": named("s"),
                "s/__init__.py": "",
                "s/base.py": APPS,
                "s/development/__init__.py": "from s.base import *\n",
                "s/production/__init__.py": "from s.base import *\n",
            },
            ("s/__init__.py", "s/base.py", "s/production/__init__.py"),
        ),
        (
            {
                "app.json": '{"env": {"DJANGO_SETTINGS_MODULE": {"value": "s.cloud"}}}',
                "s/cloud.py": APPS,
                "s/dev.py": APPS,
            },
            ("s/cloud.py",),
        ),
        ({"Procfile": "web: x --settings=s.live\n", "s/live.py": APPS}, ("s/live.py",)),
        ({"web/settings.py": APPS, "other/settings.py": "X = 1\n"}, ("web/settings.py",)),
        (
            {
                "manage.py": named("s"),
                "s/__init__.py": "files = ['core.py', 'heroku.py', 'dev.py']\ninclude(*files)\n",
                "s/core.py": APPS,
                "s/heroku.py": "X = 1\n",
                "s/dev.py": "X = 2\n",
            },
            ("s/core.py", "s/heroku.py", "s/__init__.py"),
        ),
        ({"manage.py": named("web.settings"), "web/settings.py": "from web.settings import *\n"}, ("web/settings.py",)),
        ({"manage.py": "print()\n"}, ()),
    ],
)
def test_settings_are_found(files: dict[str, str], found: tuple[str, ...]) -> None:
    assert Project(files).settings_files == found


def test_settings_for_developers_are_known_by_their_names() -> None:
    files = ["s/dev.py", "s/local.py", "s/settings_test.py", "s/base.py", "s/production.py", "devices/settings.py"]
    assert [is_development(file) for file in files] == [True, True, True, False, False, False]
