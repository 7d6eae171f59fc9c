"""Databases and caches that only locks or settings tell of."""

from pathlib import Path

from homeport.heroku.convert import convert
from homeport.heroku.files.read import read_path
from homeport.heroku.records import AddOn


def checkout(folder: Path, **files: str) -> Path:
    for name, text in {"Procfile": "web: gunicorn shop.wsgi\n", **files}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_locks_tell_of_a_database_and_a_cache(tmp_path: Path) -> None:
    found = read_path(
        checkout(tmp_path, **{"requirements.txt": "django==5.1\npsycopg2-binary==2.9.9\nredis==5.0\n"}), "shop"
    )
    converted = convert(found)
    assert "shop-db: {}" in converted.platform_text and "shop-cache: {}" in converted.platform_text
    assert "# not declared; inferred from shop/requirements.txt:2" in converted.platform_text
    assert {"shop/requirements.txt:2", "shop/requirements.txt:3"} <= {doubt.place for doubt in converted.report.doubts}


def test_settings_tell_of_a_database(tmp_path: Path) -> None:
    settings = '# DATABASE_URL\nDATABASES = env("DATABASE_URL")\n'
    found = read_path(checkout(tmp_path, shop__settings__base__py=""), "shop")
    assert not list(found.of(AddOn))
    found = read_path(checkout(tmp_path, **{"shop/settings/base.py": settings}), "shop")
    assert [addon.options["inferred"] for addon in found.of(AddOn)] == ["shop/shop/settings/base.py:2"]


def test_what_is_declared_is_not_inferred(tmp_path: Path) -> None:
    declared = '{"name": "shop", "addons": ["heroku-postgresql:standard-0"]}'
    found = read_path(checkout(tmp_path, **{"app.json": declared, "requirements.txt": "psycopg==3.2\n"}), "shop")
    assert [addon.plan for addon in found.of(AddOn)] == ["standard-0"]
