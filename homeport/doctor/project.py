"""A project as the rules see it: its texts, its parsed modules, its production settings and the commands it runs."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import libcst as cst

from homeport.doctor.commands import Command, read_commands
from homeport.doctor.deployed import NOT_DECLARED, Deployed
from homeport.doctor.facts import Assignment, Read, dotted, leading_list
from homeport.doctor.finding import Edit, Finding, Patch, Severity
from homeport.doctor.module import Module, parse_module
from homeport.doctor.pins import Version, find_version, is_requirement_file
from homeport.doctor.settings import find_loaded, find_settings, is_development, missing_modules
from homeport.doctor.walk import Unreadable

# Only files that hold one of these are parsed, beside the settings: parsing 10,000 files would take minutes.
SIGNS = (
    *("DYNO", "HEROKU", "SOURCE_VERSION", "WEB_CONCURRENCY", "ssl_cert_reqs", "CERT_NONE"),
    *("django_heroku", "django_on_heroku", "dj_database_url", "ProtocolTypeRouter"),
)
DYNAMIC = {
    "locals.update",
    "globals.update",
    "vars.update",
    "exec",
    "django_heroku.settings",
    "django_on_heroku.settings",
}
PLATFORM = {  # what homeport_django.settings.platform_settings sets
    *("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SECURE_PROXY_SSL_HEADER", "STATIC_ROOT", "STORAGES", "LOGGING"),
    *("DATABASES", "CACHES", "SECRET_KEY"),
}


@dataclass(frozen=True)
class Setting:
    """An assignment together with the module it is in."""

    module: Module
    assignment: Assignment

    @property
    def is_whole(self) -> bool:
        """Whether it replaces whatever was set before."""
        found = self.assignment
        if found.operator != "=" or found.path or found.conditions:
            return False
        return not re.search(rf"\b{found.name}\b", self.module.code(found.value))  # `X = [1] + X` adds to it


@dataclass(frozen=True)
class Project:
    """Everything the rules may look at. Nothing here reads a file."""

    texts: Mapping[str, str]
    unreadable: tuple[Unreadable, ...] = ()
    deployed: Deployed = NOT_DECLARED
    _modules: dict[str, Module | Unreadable] = field(default_factory=dict, repr=False, compare=False)

    def module(self, file: str) -> Module | None:
        """The parsed file; None for what Python 3 does not understand, which `broken` then tells."""
        if file not in self._modules:
            self._modules[file] = _parse(file, self.texts[file])
        found = self._modules[file]
        return found if isinstance(found, Module) else None

    @cached_property
    def settings_files(self) -> tuple[str, ...]:
        return find_settings(self.texts, self.module)

    @cached_property
    def settings_modules(self) -> tuple[Module, ...]:
        return tuple(filter(None, (self.module(file) for file in self.settings_files)))

    @cached_property
    def signed_modules(self) -> tuple[Module, ...]:
        """Settings, and all other modules that mention Heroku or TLS of Redis; not those for developers."""
        signed = [f for f, text in self.texts.items() if f.endswith(".py") and any(sign in text for sign in SIGNS)]
        files = [*self.settings_files, *(file for file in signed if not is_development(file))]
        return tuple(filter(None, (self.module(file) for file in dict.fromkeys(files))))

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        return read_commands(self.texts)

    @cached_property
    def broken(self) -> tuple[Unreadable, ...]:
        """Files that were to be parsed and could not."""
        _ = self.settings_modules, self.signed_modules  # parses them
        return tuple(found for found in self._modules.values() if isinstance(found, Unreadable))

    @cached_property
    def packages(self) -> str:
        """The text of all requirement files, in lower case with hyphens; to ask whether a package is named."""
        texts = (text for file, text in self.texts.items() if is_requirement_file(file))
        return "\n".join(texts).lower().replace("_", "-")

    def requires(self, package: str) -> bool:
        return bool(re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", self.packages))

    def is_at_least(self, package: str, version: Version) -> bool:
        """Whether the files pin the package to the version or a later one; False where they do not tell."""
        found = find_version(self.texts, package)
        return found is not None and found >= version

    @cached_property
    def app_json(self) -> Mapping[str, object]:
        try:
            found = json.loads(self.texts.get("app.json", "{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def is_on_platform_settings(self) -> bool:
        return any(
            call.name.endswith("platform_settings") for module in self.settings_modules for call in module.facts.calls
        )

    @cached_property
    def is_dynamic(self) -> bool:
        """Whether settings come from where they cannot be read: `locals().update(…)`, an import from elsewhere."""
        calls = {_call_name(call.node) for module in self.settings_modules for call in module.facts.calls}
        return bool(calls & DYNAMIC) or missing_modules(self.settings_files, self.texts, self.module)

    def assigned(self, name: str) -> list[Setting]:
        """Assignments to a setting in production, in the order in which Django sees them."""
        return [
            Setting(module, assignment)
            for module in self.settings_modules
            for assignment in module.facts.assignments
            if assignment.name == name and not assignment.is_development
        ]

    def effective(self, name: str) -> list[Setting]:
        """What the web process is left with: the last assignment that has no condition, and what changes it."""
        loaded = find_loaded(self.texts, self.module)
        found = [setting for setting in self.assigned(name) if setting.module.file in loaded] or self.assigned(name)
        starts = [index for index, setting in enumerate(found) if setting.is_whole]
        return found[starts[-1] :] if starts else found

    def knows(self, name: str) -> Literal["set", "missing", "unknown"]:
        """Whether production sets it; `unknown` where settings are computed."""
        if self.assigned(name) or (name in PLATFORM and self.is_on_platform_settings):
            return "set"
        return "unknown" if self.is_dynamic and not self.is_on_platform_settings else "missing"

    def mentions(self, name: str, text: str) -> bool:
        """Whether an assignment to the setting holds the text: a middleware in MIDDLEWARE."""
        return any(text in setting.module.code(setting.assignment.value) for setting in self.assigned(name))

    @cached_property
    def middleware(self) -> Setting | None:
        """The list of middleware, where it is written out; inside of `list(filter(None, […]))` or `[…] + […]` too."""
        for setting in self.assigned("MIDDLEWARE"):
            value = leading_list(setting.assignment.value)
            if setting.assignment.operator == "=" and value is not None:
                return Setting(setting.module, replace(setting.assignment, value=value))
        return None

    @cached_property
    def home(self) -> Setting | None:
        """The unconditional assignment after which a missing setting is written."""
        for name in ("MIDDLEWARE", "INSTALLED_APPS", "ROOT_URLCONF"):
            for setting in self.assigned(name):
                if setting.assignment.operator == "=" and not setting.assignment.conditions:
                    return setting
        return None

    def add_setting(self, lines: str) -> Patch | None:
        """A patch that writes lines into the settings; with `import os` if they need it. None if nowhere fits."""
        if self.home is None:
            return None
        module = self.home.module
        imports = module.import_edits("os") if "os." in lines else ()
        return Patch((*imports, module.insert_after_line(self.home.assignment.statement, lines)))

    def reads(self) -> Iterator[tuple[Module, Read]]:
        """Variables that code reads and homeport.yml does not set."""
        found = ((module, read) for module in self.signed_modules for read in module.facts.reads)
        return ((module, read) for module, read in found if read.variable not in self.deployed.environment)


@dataclass(frozen=True)
class Rule:
    """Makes the findings of one rule: its name and reason are written once."""

    name: str
    why: str

    def at(
        self,
        module: Module,
        node: cst.CSTNode,
        title: str,
        todo: str,
        *,
        severity: Severity = "warning",
        patch: Patch | None = None,
    ) -> Finding:
        line, column = module.place(node)
        return Finding(self.name, module.file, line, column, severity, title, self.why, todo, patch)

    def on(
        self, command: Command, title: str, todo: str, *, severity: Severity = "warning", edits: tuple[Edit, ...] = ()
    ) -> Finding:
        patch = Patch(edits) if edits else None
        where = (command.file, command.line, command.column)
        return Finding(self.name, *where, severity, title, self.why, todo, patch)

    def whole(
        self, file: str, title: str, todo: str, *, severity: Severity = "warning", patch: Patch | None = None
    ) -> Finding:
        return Finding(self.name, file, 0, 0, severity, title, self.why, todo, patch)


def _call_name(node: cst.Call) -> str:
    """`locals.update` for `locals().update(…)`, else the dotted name."""
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Call):
        return f"{dotted(node.func.value.func)}.{node.func.attr.value}"
    return dotted(node.func)


def _parse(file: str, text: str) -> Module | Unreadable:
    try:
        return parse_module(file, text)
    except cst.ParserSyntaxError as error:
        return Unreadable(file, "is not Python 3", _line_of_mistake(text) or error.raw_line)
    except (RecursionError, ValueError) as error:
        return Unreadable(file, f"cannot be parsed: {type(error).__name__}")


def _line_of_mistake(text: str) -> int | None:
    """Where Python itself sees it, which is nearer to it than where libcst stops."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return error.lineno
    except (ValueError, RecursionError, MemoryError):
        pass
    return None
