"""The modules of a project → those of its production settings, found the way Django finds them.

DJANGO_SETTINGS_MODULE in manage.py, wsgi.py, Procfile or app.json names the entry; star imports and split_settings'
`include` lead on. Where the entry is a developer's (`settings.dev`), its sibling `production`, `prod` or `heroku` is
what is deployed. Files for developers and tests are never production.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from homeport.doctor.facts import string_of
from homeport.doctor.module import Module

NAMED = re.compile(
    r"DJANGO_SETTINGS_MODULE[\"']?\s*(?:\]\s*=|[,:=])\s*(?:default\s*=\s*|\{[^{}]*?\"value\"\s*:\s*)?[\"']?([A-Za-z_][\w.]*)"
)
OPTION = re.compile(r"--settings[= ]([A-Za-z_][\w.]+)")
SETTINGS = re.compile(r"^(INSTALLED_APPS|ROOT_URLCONF)\b", re.MULTILINE)
NEIGHBOUR = re.compile(r"^from [\w.]*\b(base|common|defaults|settings|core)\b[\w.]* import \*", re.MULTILINE)
DEVELOPMENT = {
    *("dev", "develop", "development", "local", "localdev", "test", "tests", "testing", "ci", "circleci", "github"),
    *("travis", "pipeline", "docker", "debug", "example", "sample", "local_settings", "test_settings", "local_example"),
    *("dev_settings", "settings_dev", "settings_test", "settings_local", "pytest", "conftest", "e2e"),
}
PRODUCTION = ("heroku", "production", "prod", "deployed", "live", "staging", "settings_prod", "settings_production")
ENTRIES = {
    "manage.py",
    "wsgi.py",
    "asgi.py",
    "celery.py",
    "app.json",
    "Procfile",
    "Dockerfile",
    "heroku.yml",
    "heroku_wsgi.py",
}

RANKS = ("Procfile", "heroku.yml", "app.json", "heroku_wsgi.py", "wsgi.py", "asgi.py")


def is_development(file: str) -> bool:
    """Whether a settings file is for a developer's machine, tests or CI, by its name."""
    path = PurePosixPath(file)
    stem = path.parent.name if path.name == "__init__.py" else path.stem
    return stem in DEVELOPMENT or stem.startswith(("test_", "dev_", "local_")) or stem.endswith(("_test", "_dev"))


def find_settings(texts: Mapping[str, str], module_of: Callable[[str], Module | None]) -> tuple[str, ...]:
    """Files of production settings, those imported first coming first; empty if there are none."""
    found: dict[str, None] = {}
    for entry in _entries(texts):
        _follow(entry, texts, module_of, found, ())
    return tuple(found)


def find_loaded(texts: Mapping[str, str], module_of: Callable[[str], Module | None]) -> tuple[str, ...]:
    """Those of the files that the web process loads: of the one module that its Procfile, or else its server names."""
    found: dict[str, None] = {}
    for entry in _entries(texts)[:1]:
        _follow(entry, texts, module_of, found, ())
    return tuple(found)


def find_module(name: str, texts: Mapping[str, str], near: str) -> str | None:
    """The file of a dotted module name: near the file that names it, else the shortest path that ends so."""
    tail = name.replace(".", "/")
    endings = (f"{tail}.py", f"{tail}/__init__.py")
    for ending in endings:
        close = str(PurePosixPath(near) / ending)
        if close in texts:
            return close
    ends = tuple(f"/{ending}" for ending in endings)
    matches = [file for file in texts if file in endings or file.endswith(ends)]
    return min(matches, key=lambda file: (file.count("/"), file), default=None)


def missing_modules(files: Iterable[str], texts: Mapping[str, str], module_of: Callable[[str], Module | None]) -> bool:
    """Whether production settings star-import a module that is not in the project: it may set anything."""
    for file in files:
        module = module_of(file)
        for name in module.facts.star_imports if module else ():
            target = _resolve(name, file, texts)
            if target is None and name.rpartition(".")[2] not in DEVELOPMENT:
                return True
    return False


def _entries(texts: Mapping[str, str]) -> list[str]:
    """Files of the settings modules that are deployed."""
    named: list[str] = []
    for file in sorted(texts, key=lambda file: (_rank(file), file.count("/"), file)):
        if PurePosixPath(file).name in ENTRIES:
            near = str(PurePosixPath(file).parent)
            for name in NAMED.findall(texts[file]) + OPTION.findall(texts[file]):
                named += filter(None, [find_module(name, texts, near)])
    deployed = [file for file in named if not is_development(file)]
    siblings = [sibling for file in named for sibling in _siblings(file, texts)]
    if deployed or siblings:
        packages = [file for file in deployed if _is_loader(texts[file])]
        return [*dict.fromkeys([*deployed, *(siblings if len(packages) == len(deployed) else [])])]
    return named or [file for file in texts if _looks_like_settings(file, texts[file])]


def _rank(file: str) -> int:
    """Which file's word counts first: what the platform sets, then the server's default, then manage.py's."""
    name = PurePosixPath(file).name
    return RANKS.index(name) if name in RANKS else len(RANKS)


def _is_loader(text: str) -> bool:
    """Whether a settings file only chooses others, as `settings/__init__.py` often does."""
    return not SETTINGS.search(text)


def _siblings(file: str, texts: Mapping[str, str]) -> list[str]:
    folder = PurePosixPath(file).parent
    names = [str(folder / ending) for name in PRODUCTION for ending in (f"{name}.py", f"{name}/__init__.py")]
    if known := [name for name in names if name in texts]:
        return known[:1]
    return [
        other
        for other, text in texts.items()
        if is_development(file) and PurePosixPath(other).parent == folder and _builds_on_another(other, text)
    ]


def _builds_on_another(file: str, text: str) -> bool:
    """Whether a settings file star-imports its neighbour: a name for production that nobody could foresee."""
    return not is_development(file) and bool(NEIGHBOUR.search(text))


def _looks_like_settings(file: str, text: str) -> bool:
    path = PurePosixPath(file)
    is_named = path.name == "settings.py" or path.parent.name == "settings"
    return is_named and not is_development(file) and bool(SETTINGS.search(text))


def _follow(
    file: str,
    texts: Mapping[str, str],
    module_of: Callable[[str], Module | None],
    found: dict[str, None],
    path: tuple[str, ...],
) -> None:
    module = module_of(file)
    if module is None or file in path or file in found:
        return
    here = (*path, file)
    for name in module.facts.star_imports:
        target = _resolve(name, file, texts)
        if target and not is_development(target):
            _follow(target, texts, module_of, found, here)
    for name in _included(module):
        target = str(PurePosixPath(file).parent / name)
        if target in texts and not is_development(target):
            _follow(target, texts, module_of, found, here)
    found.setdefault(file)


def _included(module: Module) -> list[str]:
    """Files that split_settings' `include(…)` may take: the literal names of Python files in its module."""
    if "include" not in {call.name for call in module.facts.calls}:
        return []
    names = [string_of(node) for node in module.facts.strings]
    return [name for name in names if name and re.fullmatch(r"[\w/]+\.py", name)]


def _resolve(name: str, file: str, texts: Mapping[str, str]) -> str | None:
    dots = len(name) - len(name.lstrip("."))
    if not dots:
        return find_module(name, texts, str(PurePosixPath(file).parent))
    folder = PurePosixPath(file).parent
    for _ in range(dots - 1):
        folder = folder.parent
    rest = name[dots:].replace(".", "/")
    candidates = [folder / f"{rest}.py", folder / rest / "__init__.py"] if rest else [folder / "__init__.py"]
    return next((str(path) for path in candidates if str(path) in texts), None)
