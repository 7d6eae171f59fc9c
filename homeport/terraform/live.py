"""Platform → the live tree: one readable Terraform root per stack, `live/<environment>/<stack>/main.tf`.

`render_live_tree` is pure; `write_live_tree` puts its files and Homeport's modules beside homeport.yml, and takes away
what it wrote before and what is no longer there.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from homeport.model.domains import domains_of
from homeport.model.platform import Platform
from homeport.system.files import remove_empty_folders, replace_file
from homeport.terraform.apps import knows_cognito, render_apps
from homeport.terraform.calls import label
from homeport.terraform.foundation import ISSUED, render_foundation
from homeport.terraform.foundation_outputs import distributions
from homeport.terraform.hcl import Block, render_document
from homeport.terraform.roots import (
    LOCAL,
    STACKS,
    WRITTEN_BY,
    Place,
    find_place,
    opening,
    read_foundation,
    render_local_override,
    render_terragrunt,
)

MODULES = Path(__file__).parent / "modules"
RECORD = ".homeport.json"  # what Homeport wrote, so that it can take it away again
OVERRIDE = "local_override.tf.json"


def render_live_tree(platform: Platform, environment: str, *, cognito_endpoint: str | None = None) -> dict[str, str]:
    """`{path below live/: text}` of one environment's stacks.

    `cognito_endpoint` is where browsers reach the user pool of `local`, which is not at AWS.
    """
    place = find_place(platform, environment)
    files = _stack(place, "foundation", [*opening(place, "foundation"), *render_foundation(place)])
    files |= _stack(place, "apps", [*opening(place, "apps"), *read_foundation(place), *render_apps(place)])
    if environment == LOCAL:
        files |= _overrides(place, cognito_endpoint)
    return files


def read_modules() -> dict[str, bytes]:
    """`{path below live/: content}` of the modules that ship with Homeport; their tests stay behind."""
    files = sorted(path for path in MODULES.rglob("*") if path.is_file())
    relative = {path.relative_to(MODULES): path for path in files}
    return {
        f"modules/{name.as_posix()}": path.read_bytes()
        for name, path in relative.items()
        if "tests" not in name.parts and not name.name.startswith(".")
    }


def write_live_tree(folder: Path, environment: str, files: Mapping[str, str]) -> None:
    """Write `files` and the modules below `folder`.

    What an earlier call wrote for this environment and is not there any more is removed; nothing else is touched.
    """
    wanted = read_modules() | {path: text.encode() for path, text in files.items()}
    record = folder / RECORD
    written = _read_record(record)
    mine = {path for path in written if path.startswith(("modules/", f"{environment}/"))}
    for path, content in wanted.items():
        replace_file(folder / path, content)
    for path in mine - set(wanted):
        (folder / path).unlink(missing_ok=True)
        remove_empty_folders(folder / path, folder)
    remaining = sorted((written - mine) | set(wanted))
    replace_file(record, (json.dumps(remaining, indent=0) + "\n").encode())


def digest_of(files: Mapping[str, str]) -> str:
    """What changes when the live tree or a module does: the same digest needs no plan."""
    parts = {path: text.encode() for path, text in files.items()} | read_modules()
    lines = (f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(parts.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _stack(place: Place, stack: str, blocks: list[Block]) -> dict[str, str]:
    header = f"The stack {stack} of {place.platform.name} in {place.name}. {WRITTEN_BY}"
    dependencies = STACKS[: STACKS.index(stack)]
    return {
        f"{place.name}/{stack}/main.tf": render_document(blocks, header),
        f"{place.name}/{stack}/terragrunt.hcl": render_terragrunt(dependencies),
    }


def _overrides(place: Place, cognito_endpoint: str | None) -> dict[str, str]:
    plain_http = {label("cdn", name): {"scheme": "http"} for name in distributions(place)}
    # Certificates are issued at once here.
    issued = (
        {ISSUED: {"default": dict.fromkeys(domains_of(place.platform), True)}} if domains_of(place.platform) else {}
    )
    users = {"cognito_endpoint": cognito_endpoint} if cognito_endpoint and knows_cognito(place) else {}
    return {
        f"{place.name}/foundation/{OVERRIDE}": render_local_override(
            place, "foundation", {"module": plain_http, "variable": issued}
        ),
        f"{place.name}/apps/{OVERRIDE}": render_local_override(place, "apps", {"locals": users}),
    }


def _read_record(file: Path) -> set[str]:
    """Paths that an earlier call wrote. A broken record removes nothing."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return set()
    inside = (path for path in found if isinstance(path, str)) if isinstance(found, list) else ()
    return {path for path in inside if not path.startswith("/") and ".." not in path.split("/")}
