"""Apps → services and environments: apps of one pipeline or code base are one service in several of them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from homeport.heroku.convert.draft import ENVIRONMENTS, STAGES, Member
from homeport.heroku.convert.given import Given
from homeport.heroku.convert.records import Records
from homeport.heroku.convert.slugs import WHOLE, Names, slug
from homeport.heroku.records import (
    App,
    Buildpack,
    Coupling,
    DockerImage,
    Process,
    PythonVersion,
    Repository,
    Requirements,
)

SUFFIX = re.compile(r"^(.+?)[-_](production|prod|staging|stage|stg|development|dev)$")
BY_SUFFIX = {"p": "prod", "s": "stage", "d": "dev"}
OTHER_LANGUAGE = re.compile(
    r"(?:^|[/-])(nodejs|ruby|php|java|gradle|scala|clojure|go|golang|dotnet|elixir|rust|static)(?![a-z])"
)
OTHER_COMMANDS = {
    "nodejs": ("npm", "node", "yarn", "pnpm", "npx"),
    "ruby": ("bundle", "rails", "rake", "puma", "ruby", "bin/rails"),
    "java": ("java",),
    "php": ("php", "heroku-php-apache2", "heroku-php-nginx", "vendor/bin/heroku-php-apache2"),
    "elixir": ("mix",),
}
PASSING = {
    "review": ("is a review app", "`homeport up` rehearses a branch on one's own machine"),
    "test": ("is an app of Heroku CI", "run the tests in the pipeline of your repository's host"),
}


@dataclass(frozen=True)
class Unit:
    """What becomes one service: its wished name, and its apps with their environment and what was guessed."""

    title: str
    wish: str
    apps: tuple[tuple[str, str, str], ...]  # app, environment, guess
    checkouts: tuple[str, ...] = ()


def find_members(records: Records, names: Names, given: Given) -> tuple[dict[str, Member], dict[str, str]]:
    """Where each app goes, and for each service what it was on Heroku; one that has a name keeps it."""
    excluded = {app: member for app in records.apps if (member := _excluded(records, app))}
    live = [app for app in records.apps if app not in excluded and app not in records.checkouts]
    units = _with_checkouts(records, list(_units(records, live)), set(excluded))
    members, titles = dict(excluded), {}
    known = {unit: given.service(_keys(records, unit)) for unit in units}
    for unit in sorted(units, key=lambda unit: (not known[unit], unit.wish, unit.title)):
        if not _has_command(records, unit):
            members |= {member.app: member for member in _without_service(records, unit)}
            continue
        name = names.claim("services", _short(unit.wish, names.platform), unit.wish, known=known[unit])
        titles[name] = unit.title
        for app, environment, guess in unit.apps:
            members[app] = Member(app, name, environment, guess, is_checkout=app in records.checkouts)
        members |= {app: Member(app, name, is_checkout=True) for app in unit.checkouts}
    return members, titles


def given_services(records: Records, members: Mapping[str, Member], titles: Mapping[str, str]) -> dict[str, str]:
    """Names by everything that the next import may know a service by."""
    found = {title: name for name, title in titles.items()}
    return found | {
        key: member.service for member in members.values() if member.service for key in _app_keys(records, member.app)
    }


def _keys(records: Records, unit: Unit) -> Iterator[str]:
    for app, _, _ in unit.apps:
        yield from _app_keys(records, app)
    yield unit.title
    yield from unit.checkouts


def _app_keys(records: Records, app: str) -> Iterator[str]:
    yield from (record.id for record in records.of(App, app) if record.id)
    yield app


def _short(wish: str, platform: str) -> str:
    """Without the platform's name, which begins every name in AWS anyway: `magicbook-catalog` → `catalog`."""
    return slug(wish, longest=WHOLE).removeprefix(f"{platform}-")


def _excluded(records: Records, app: str) -> Member | None:
    """The member for an app that Homeport has no place for."""
    for coupling in records.of(Coupling, app):
        if coupling.stage in PASSING:
            why, advice = PASSING[coupling.stage]
            return Member(app, why=why, advice=advice, is_checkout=app in records.checkouts)
    if language := _other_language(records, app):
        advice = "keep it where it is, or build it as a container of its own"
        if language == "static":
            advice = "declare its folder under `sites:`; S3 and CloudFront serve it"
        return Member(app, why=f"is not Python, but {language}", advice=advice, stays=True)
    return None


def _other_language(records: Records, app: str) -> str:
    buildpacks = [buildpack.name.lower() for buildpack in records.of(Buildpack, app)]
    has_files = bool(records.of(PythonVersion, app) or records.of(Requirements, app))
    if has_files or any("python" in name for name in buildpacks):
        return ""
    found = [match[1] for name in buildpacks if (match := OTHER_LANGUAGE.search(name))]
    return found[0] if found else "" if buildpacks else _language_of_commands(records, app)


def _language_of_commands(records: Records, app: str) -> str:
    """What every process of an app starts with, where nothing else says its language."""
    started = {process.command.split()[0] for process in records.of(Process, app) if process.command.split()}
    return next((name for name, words in OTHER_COMMANDS.items() if started and started <= set(words)), "")


def _units(records: Records, apps: list[str]) -> Iterator[Unit]:
    """Live apps by pipeline; then by what their names say; else each for itself."""
    stages: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for app in apps:
        for coupling in records.of(Coupling, app)[:1]:
            stages[coupling.pipeline].append((app, STAGES.get(coupling.stage, "prod")))
    coupled: set[str] = set()
    for pipeline, members in sorted(stages.items()):
        chosen, others = _one_for_each(pipeline, members)
        coupled |= {app for app, _ in members}
        yield Unit(f"pipeline {pipeline}", pipeline, tuple((app, where, "") for where, app in chosen.items()))
        for app, where in others:
            guess = f"pipeline {pipeline} has another app in {where}, so that this one is a service of its own"
            yield Unit(f"app {app}", app, ((app, where, guess),))
    yield from _uncoupled(records, [app for app in apps if app not in coupled])


def _one_for_each(pipeline: str, members: list[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The app of each environment whose name is nearest to the pipeline's, and the others."""
    chosen: dict[str, str] = {}
    others = []
    for app, where in sorted(members, key=lambda item: (not item[0].startswith(pipeline), len(item[0]), item[0])):
        if where in chosen:
            others.append((app, where))
        else:
            chosen[where] = app
    return {where: chosen[where] for where in ENVIRONMENTS if where in chosen}, others


def _uncoupled(records: Records, apps: list[str]) -> Iterator[Unit]:
    stems: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for app in apps:
        stem, where = _by_name(app)
        repository = next((record.url for record in records.of(Repository, app)), "")
        stems[stem, repository].append((app, where))
    for (stem, _), members in sorted(stems.items()):
        chosen, others = _one_for_each(stem, members)
        if len(chosen) == 1 and "prod" in chosen and not SUFFIX.match(chosen["prod"]):
            yield Unit(f"app {chosen['prod']}", chosen["prod"], ((chosen["prod"], "prod", ""),))
        else:
            yield Unit(f"apps named {stem}", stem, tuple(_guessed(chosen)))
        for app, where in others:
            yield Unit(f"app {app}", app, ((app, where, f"another app of this name is in {where}"),))


def _by_name(app: str) -> tuple[str, str]:
    match = SUFFIX.match(app)
    return (match[1], BY_SUFFIX[match[2][0]]) if match else (app, "prod")


def _guessed(chosen: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for where, app in chosen.items():
        guess = f"is taken for {where} because of its name; it is in no pipeline" if SUFFIX.match(app) else ""
        yield app, where, guess


def _with_checkouts(records: Records, units: list[Unit], excluded: set[str]) -> list[Unit]:
    """Units with the checkouts that hold their code; a checkout that fits none is a unit of its own."""
    fitting: dict[str, list[int]] = defaultdict(list)
    for index, unit in enumerate(units):
        for word in _words(records, unit):
            fitting[word].append(index)
    for checkout in sorted(records.checkouts - excluded):
        indexes = set(fitting.get(slug(checkout), []))
        if len(indexes) == 1:
            index = indexes.pop()
            units[index] = replace(units[index], checkouts=(*units[index].checkouts, checkout))
        else:
            units.append(Unit(f"folder {checkout}", checkout, ((checkout, "prod", ""),)))
    return units


def _words(records: Records, unit: Unit) -> set[str]:
    """Names that a checkout of this unit may have: pipeline, apps, repository."""
    apps = [app for app, _, _ in unit.apps]
    pipelines = [unit.wish] if unit.title.startswith("pipeline ") else []
    urls = [repository.url for app in apps for repository in records.of(Repository, app)]
    urls += [repository.url for repository in records.of(Repository, "") if _is_of_pipeline(repository, unit)]
    folders = [record.folder for app in apps for record in records.of(App, app) if record.folder]
    words = [unit.wish, *apps, *pipelines, *(_last(url) for url in [*urls, *folders])]
    return {slug(word) for word in words}


def _is_of_pipeline(repository: Repository, unit: Unit) -> bool:
    return unit.title.startswith("pipeline ") and f"pipelines/{unit.wish}/" in f"{repository.origin}/"


def _last(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").rpartition("/")[2]


def _has_command(records: Records, unit: Unit) -> bool:
    return any(
        process.command.strip() and process.type != "release"
        for app in _apps(unit)
        for process in records.of(Process, app)
    )


def _apps(unit: Unit) -> Iterator[str]:
    yield from (app for app, _, _ in unit.apps)
    yield from unit.checkouts


def _without_service(records: Records, unit: Unit) -> Iterator[Member]:
    """An app without processes may still hold a database: it keeps its environment."""
    why = "has no process with a command"
    advice = "see what could not be read; its code can be imported too (`homeport import PATH`)"
    if unit.title.startswith("folder "):
        is_image = any(records.of(DockerImage, app) for app in _apps(unit))
        runs = "the command that its Dockerfile runs" if is_image else "what it runs, such as `web: gunicorn shop.wsgi`"
        advice = f"write a Procfile with {runs}, and import again"
    for app, environment, _ in unit.apps:
        yield Member(app, environment=environment, why=why, advice=advice)
    for app in unit.checkouts:
        yield Member(app, why=why, advice=advice, is_checkout=True)
