"""Folders of code → a commented homeport.yml to start from: what has a Procfile or manage.py becomes a service."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from homeport.errors import HomeportError
from homeport.model.procfile import load_procfile

SKIPPED = {"node_modules", "venv", "env", "build", "dist", "__pycache__", "site-packages", "live"}
DEPTH_MAX = 3
NAME_MAX = 24


@dataclass(frozen=True)
class Project:
    """A folder that looks like a service."""

    name: str
    path: str
    processes: tuple[str, ...]
    django: bool


def find_projects(root: Path) -> list[Project]:
    """Folders under `root` (itself included) with a Procfile or manage.py, not inside each other, by path."""
    found: list[Project] = []
    for here, folders, files in os.walk(root):
        folder = Path(here)
        depth = len(folder.relative_to(root).parts)
        folders[:] = (
            sorted(f for f in folders if f not in SKIPPED and not f.startswith(".")) if depth < DEPTH_MAX else []
        )
        if {"Procfile", "manage.py"} & set(files):
            found.append(_project(root, folder, "manage.py" in files, {project.name for project in found}))
            folders.clear()
    return found


def render_starter(name: str, projects: list[Project]) -> str:
    """Text of a homeport.yml; valid as it is if there are projects whose processes are known."""
    services = "".join(_service(project) for project in projects) or EXAMPLE_SERVICE
    return STARTER.format(name=platform_name(name), services=services, databases=_databases(projects))


def platform_name(text: str, default: str = "platform") -> str:
    """The nearest allowed name: `My_App` → `my-app`."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    name = "-".join(words)[:NAME_MAX].strip("-")
    name = re.sub(r"^[0-9-]+", "", name)
    return name or default


def _project(root: Path, folder: Path, django: bool, taken: set[str]) -> Project:
    name = platform_name(folder.resolve().name, "service")
    while name in taken:
        number = int((re.findall(r"\d+$", name) or ["1"])[0]) + 1
        name = f"{re.sub(r'-?[0-9]+$', '', name)[: NAME_MAX - 4]}-{number}"
    try:
        processes = tuple(process for process in load_procfile(folder) if process != "release")
    except HomeportError:
        processes = ()  # `check` shows what is wrong with it
    return Project(name, folder.relative_to(root).as_posix(), processes, django)


def _service(project: Project) -> str:
    lines = [f"  {project.name}:", f"    path: {_quoted(project.path)}"]
    if not project.processes:
        module = f"{project.name.replace('-', '_')}.wsgi" if project.django else "application"
        lines += [
            "    processes:                 # better: a Procfile in the folder",
            f'      web: {{command: "gunicorn {module} --bind 0.0.0.0:$PORT"}}',
        ]
    if "web" in project.processes or not project.processes:
        lines += [
            "    health: /healthz           # must answer 200 when the service can take requests",
            "    routes:",
            f'      - "ANY /{project.name}"',
            f'      - "ANY /{project.name}/{{proxy+}}"',
        ]
    if project.django:
        lines.append(f"    uses: [{_database(project)}]")
    return "\n".join(lines) + "\n"


def _databases(projects: list[Project]) -> str:
    names = [_database(project) for project in projects if project.django]
    if not names:
        return '# databases:\n#   main-db: {version: "16"}   # PostgreSQL; a service that `uses` it gets DATABASE_URL\n'
    return "databases:                     # PostgreSQL; a service that `uses` one gets DATABASE_URL\n" + "".join(
        f'  {name}: {{version: "16"}}\n' for name in names
    )


def _database(project: Project) -> str:
    return f"{project.name[: NAME_MAX - 3].rstrip('-')}-db"


def _quoted(path: str) -> str:
    return (
        path if re.fullmatch(r"[A-Za-z0-9._/-]+", path) else '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


EXAMPLE_SERVICE = """\
  # web-shop:
  #   path: web-shop               # folder with the code and its Procfile
  #   health: /healthz
  #   routes: ["ANY /{proxy+}"]
  {}
"""

STARTER = """\
# What this platform is made of. Every key: docs/reference/homeport-yml.md, or `homeport schema` for your editor.
# `homeport check` finds mistakes; `homeport up` runs all of it on this machine.
name: {name}
region: eu-west-1
python: "3.12"                  # of services and functions that do not say theirs

services:                       # long-running applications; processes come from each one's Procfile
{services}
{databases}
# caches:
#   main-cache: {{}}              # Valkey; gives REDIS_URL

# topics:                       # services and functions that `uses` one publish to it; those with it in `on` listen
#   order-placed: {{}}

# functions:                    # on-demand code on Lambda
#   receipt: {{path: functions/receipt, handler: main.handler, on: [order-placed]}}

# sites:
#   www: {{path: sites/www}}       # static files behind CloudFront

# users: {{clients: [web]}}       # a user pool; routes with `auth: true` need its token

environments:                   # each is an AWS account of its own; `local` is this machine and always there
  local: {{}}
  # stage: {{account: "123456789012"}}
  # prod:
  #   account: "210987654321"
  #   availability: high
"""
