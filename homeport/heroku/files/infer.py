"""Databases and caches that a checkout needs and declares nowhere: after its locks, and what its settings read."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from homeport.heroku.files.disk import read_text
from homeport.heroku.files.findings import Place
from homeport.heroku.records import AddOn, Doubt, Inventory, Requirements

FILES_MAX = 20  # of settings
# service → packages that speak its protocol, what settings read, and the word for it
SIGNS = {
    "heroku-postgresql": (("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg"), "DATABASE_URL"),
    "heroku-redis": (("redis", "django-redis", "channels-redis"), "REDIS_URL"),
}
DATA = {*SIGNS, "rediscloud", "redistogo", "openredis", "upstash-redis", "stackhero-redis"}


def infer_data(folder: Path, app: str, found: Inventory) -> Inventory:
    """Add-ons with the line that says so, each with a doubt; none of a kind that is declared."""
    declared = {
        "heroku-redis" if addon.service in DATA - {"heroku-postgresql"} else addon.service for addon in found.of(AddOn)
    }
    addons, doubts = [], []
    for service, (packages, variable) in SIGNS.items():
        place = "" if service in declared else next(_places(folder, app, found, packages, variable), "")
        if place:
            addons.append(
                AddOn(
                    origin=f"{place}: {service}",
                    app=app,
                    name=service,
                    service=service,
                    plan="",
                    options={"inferred": place},
                )
            )
            doubts.append(
                Doubt(place, f"needs {service}, which is not declared: one was inferred; check that it is used")
            )
    return Inventory(tuple(addons), doubts=tuple(doubts))


def _places(folder: Path, app: str, found: Inventory, packages: tuple[str, ...], variable: str) -> Iterator[str]:
    for requirements in found.of(Requirements):
        named = [package for package in packages if package in requirements.packages]
        file = requirements.origin.removeprefix(f"{app}/").partition(":")[0]
        if named:
            pattern = re.compile(rf"(?i)(?<![\w-])({'|'.join(map(re.escape, named))})(?![\w-])")
            yield next(_lines(folder, file, app, pattern), requirements.origin)
    wanted = re.compile(rf"['\"]{variable}['\"]")
    for path in islice(sorted({*folder.glob("*/settings*.py"), *folder.glob("*/settings/*.py")}), FILES_MAX):
        yield from islice(_lines(folder, path.relative_to(folder).as_posix(), app, wanted), 1)


def _lines(folder: Path, file: str, app: str, pattern: re.Pattern[str]) -> Iterator[str]:
    place = Place(f"{app}/{file}", app)
    text, _ = read_text(folder / file, place, 5_000_000)
    for number, line in enumerate((text or "").split("\n"), start=1):
        if pattern.search(line[:2000]) and not line.lstrip().startswith("#"):
            yield place.at(number)
