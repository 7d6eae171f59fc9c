"""A folder with a Django project → findings, in the order of files and lines. Nothing of the project runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from homeport.doctor.deployed import NOT_DECLARED, NOWHERE, Deployed
from homeport.doctor.finding import SEVERITIES, Finding
from homeport.doctor.patches import compose_patches, is_python
from homeport.doctor.project import Project
from homeport.doctor.rules import (
    allowed_hosts,
    build_config,
    buildpack_wrappers,
    celery_beat,
    collectstatic,
    could_not_tell,
    csrf_trusted_origins,
    database_url,
    django_heroku,
    forwarded_scheme,
    gunicorn_access_log,
    gunicorn_forwarded_ips,
    gunicorn_keep_alive,
    gunicorn_workers,
    hard_coded_port,
    health_check,
    heroku_variables,
    homeport_django,
    local_files,
    log_files,
    nested_procfile,
    newrelic,
    process_cache,
    proxy_ssl_header,
    redis_ssl,
    remap_sigterm,
    sqlite_file,
    ssl_redirect,
    web_concurrency,
    web_migrations,
    websockets,
)
from homeport.doctor.walk import Sources, Unreadable, read_sources

PROCFILE = "Procfile"

# The rules by name. One more: its file in rules/, a line here, its test, its section in the how-to page.
RULES: Mapping[str, Callable[[Project], Iterable[Finding]]] = {
    "allowed-hosts": allowed_hosts.find,
    "health-check": health_check.find,
    "proxy-ssl-header": proxy_ssl_header.find,
    "forwarded-scheme": forwarded_scheme.find,
    "homeport-django": homeport_django.find,
    "ssl-redirect": ssl_redirect.find,
    "csrf-trusted-origins": csrf_trusted_origins.find,
    "gunicorn-workers": gunicorn_workers.find,
    "gunicorn-keep-alive": gunicorn_keep_alive.find,
    "gunicorn-forwarded-ips": gunicorn_forwarded_ips.find,
    "gunicorn-access-log": gunicorn_access_log.find,
    "web-concurrency": web_concurrency.find,
    "hard-coded-port": hard_coded_port.find,
    "buildpack-wrappers": buildpack_wrappers.find,
    "nested-procfile": nested_procfile.find,
    "web-migrations": web_migrations.find,
    "websockets": websockets.find,
    "celery-beat": celery_beat.find,
    "remap-sigterm": remap_sigterm.find,
    "newrelic": newrelic.find,
    "heroku-variables": heroku_variables.find,
    "django-heroku": django_heroku.find,
    "database-url": database_url.find,
    "sqlite-file": sqlite_file.find,
    "redis-ssl": redis_ssl.find,
    "process-cache": process_cache.find,
    "local-files": local_files.find,
    "log-files": log_files.find,
    "collectstatic": collectstatic.find,
    "build-config": build_config.find,
    "could-not-tell": could_not_tell.find,
}


def examine(folder: Path, deployed: Mapping[str, Deployed] = NOWHERE) -> tuple[Finding, ...]:
    """Findings of the project in `folder`. Raises HomeportError if it is no folder."""
    return examine_sources(read_sources(folder), deployed)


def examine_sources(sources: Sources, deployed: Mapping[str, Deployed] = NOWHERE) -> tuple[Finding, ...]:
    """Findings of texts that were read before, so that their patches fit what is written over.

    `deployed` is by environment: what one of them satisfies and another does not is found, and said to be of that one.
    """
    alike: dict[str, list[str]] = {}  # environments in which the service is the same are looked at once
    for name, there in deployed.items():
        alike.setdefault(repr(there), []).append(name)
    found: dict[Finding, list[str]] = {}
    for names in alike.values():
        for finding in examine_texts(sources.texts, sources.unreadable, deployed[names[0]]):
            found.setdefault(finding, []).extend(names)
    told = (
        finding if len(names) == len(deployed) else replace(finding, title=f"{finding.title} (in {', '.join(names)})")
        for finding, names in found.items()
    )
    return tuple(sorted(told, key=_order))


def examine_texts(
    texts: Mapping[str, str], unreadable: tuple[Unreadable, ...] = (), deployed: Deployed = NOT_DECLARED
) -> tuple[Finding, ...]:
    """Findings of files given as texts by path, without those that what is deployed satisfies; pure."""
    project = Project(texts, unreadable, deployed)
    found = [finding for find in RULES.values() for finding in find(project)]
    if deployed.commands:
        found = _without_replaced(found, project)
    return tuple(sorted({_only_sound(finding, texts): None for finding in found}, key=_order))


def _without_replaced(found: list[Finding], project: Project) -> list[Finding]:
    """Findings, but those of a Procfile's line whose process has another command, of which the rule says nothing."""
    commands = project.deployed.commands
    other = Project({**project.texts, PROCFILE: project.deployed.procfile}, project.unreadable, project.deployed)
    before, after = _processes(project), _processes(other)
    left = {
        (finding.rule, after.get(finding.line))
        for find in RULES.values()
        for finding in find(other)
        if finding.file == PROCFILE
    }
    return [
        finding
        for finding in found
        if finding.file != PROCFILE
        or before.get(finding.line) not in commands
        or (finding.rule, before[finding.line]) in left
    ]


def _processes(project: Project) -> dict[int, str]:
    """Processes of the Procfile by line."""
    return {command.line: command.process for command in project.commands if command.file == PROCFILE}


def _only_sound(finding: Finding, texts: Mapping[str, str]) -> Finding:
    """The finding; without its patch if that would leave something that is not Python."""
    if finding.patch is None:
        return finding
    after, _ = compose_patches(texts, [finding])
    is_sound = all(is_python(text) for file, text in after.items() if file.endswith(".py"))
    return finding if is_sound else replace(finding, patch=None)


def _order(finding: Finding) -> tuple[int, str, int, int, str]:
    severity = SEVERITIES.index(finding.severity)
    return severity, finding.file, finding.line, finding.column, finding.rule
