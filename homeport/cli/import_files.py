"""What `homeport import` writes: two files that people edit, the report, and values outside of the repository.

The last generated texts, and what was read, are kept in `.homeport/import/` beside homeport.yml: the next import merges
by them. They hold no secret, and belong into the repository. Each file is replaced whole or not at all, the kept texts
last: an import that was killed is simply done again.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from homeport.errors import HomeportError
from homeport.heroku.convert import Converted
from homeport.heroku.convert.config import Secrets
from homeport.heroku.convert.usage import render_usage
from homeport.heroku.memory import Memory, parse_memory, render_memory
from homeport.heroku.merge import Difference, Merged, merge
from homeport.heroku.report import Report, render_markdown
from homeport.model.load import check_text
from homeport.model.source import parse_source
from homeport.system.files import replace_file

FORGETFUL = Memory()
MEMORY_NAME = "heroku.json"
USAGE_NAME, REPORT_NAME = "homeport.usage.yml", "import-report.md"
KEPT = Path(".homeport") / "import"
Values = dict[str, dict[str, dict[str, dict[str, str]]]]  # config or other → environment → service → name → value


@dataclass(frozen=True)
class Prepared:
    """Everything that will be written, before anything is. The order of `texts` is that of writing."""

    folders: tuple[Path, ...]
    texts: Mapping[Path, str]
    secrets: Path
    values: Values | None
    merged: Mapping[Path, Merged]

    @property
    def applied(self) -> list[tuple[Path, Difference]]:
        return [(path, difference) for path, merged in self.merged.items() for difference in merged.applied]

    @property
    def kept(self) -> list[tuple[Path, Difference]]:
        return [(path, difference) for path, merged in self.merged.items() for difference in merged.kept]

    @property
    def held(self) -> list[tuple[Path, Difference]]:
        return [(path, difference) for path, merged in self.merged.items() for difference in merged.held]


def prepare(
    file: Path, converted: Converted, report: Report, secrets: Path, *, memory: Memory = FORGETFUL, prune: bool = True
) -> Prepared:
    """Merge what was converted into what is there, so that `homeport check` accepts it.

    Raises HomeportError if that cannot be read, or would not be valid.
    """
    folder = file.parent
    kept = folder / KEPT
    generated = {file: converted.platform_text, folder / USAGE_NAME: render_usage(converted.usage)}
    merged = {
        path: merge(_read(kept / path.name), _read(path), text, name=str(path), prune=prune or path != file)
        for path, text in generated.items()
    }
    _check_merged(file, merged[file].text)
    return Prepared(
        folders=tuple(folder / path for path in converted.folders),
        texts={
            **{path: result.text for path, result in merged.items()},
            folder / REPORT_NAME: render_markdown(report),
            **{kept / path.name: result.base for path, result in merged.items()},
            kept / MEMORY_NAME: render_memory(memory),
        },
        secrets=secrets,
        values=_values(converted) if converted.values.config or converted.values.other else None,
        merged=merged,
    )


def with_report(prepared: Prepared, file: Path, report: Report) -> Prepared:
    """The same with another report, which depends on what homeport.yml will be."""
    return replace(prepared, texts={**prepared.texts, file.parent / REPORT_NAME: render_markdown(report)})


def read_memory(file: Path) -> Memory:
    """What the last import of this platform left for the next one."""
    path = file.parent / KEPT / MEMORY_NAME
    return parse_memory(_read(path), str(path))


def read_settings(file: Path) -> tuple[str | None, str | None]:
    """Name and region that the platform has: they are in the names of everything in AWS, and stay."""
    text = _read(file)
    if text is None or not text.strip():
        return None, None
    document = parse_source(file, text).value
    values = document if isinstance(document, dict) else {}
    name, region = (values.get(key) for key in ("name", "region"))
    return (name if isinstance(name, str) else None), (region if isinstance(region, str) else None)


def _check_merged(file: Path, text: str) -> None:
    try:
        check_text(file, text)
    except HomeportError as error:
        message = f"{file}: nothing was written: with what Heroku has today it would not be valid:\n{error.message}"
        raise HomeportError(message, f"mend that in {file.name}, then import again") from None


def write(prepared: Prepared) -> list[Path]:
    """Write everything; the files that changed. Raises HomeportError that names what could not be written."""
    changed = []
    for folder in prepared.folders:
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
    if prepared.values is not None:
        with _told(prepared.secrets):
            _write_values(prepared.secrets, prepared.values)
    for path, text in prepared.texts.items():
        with _told(path):
            if replace_file(path, text.encode()):
                changed.append(path)
    return changed


def write_report(file: Path, prepared: Prepared) -> None:
    path = file.parent / REPORT_NAME
    with _told(path):
        replace_file(path, prepared.texts[path].encode())


def check_writable(file: Path) -> None:
    """Raise HomeportError before anything is read of Heroku, if nothing could be written afterwards."""
    folder = file.parent
    if not folder.is_dir():
        raise HomeportError(f"{folder}: is not a folder", f"mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise HomeportError(f"{folder}: may not be written to", "choose another folder with --file")


def merge_values(imported: Any, edited: Any, read: Any) -> Any:
    """Three-way, as files are merged: what a person entered, changed or took out stays so."""
    if not (isinstance(edited, dict) and isinstance(read, dict)):
        return read if edited is None or edited == imported else edited
    before = imported if isinstance(imported, dict) else {}
    result = dict(edited)
    for key, value in read.items():
        if key in edited:
            result[key] = merge_values(before.get(key), edited[key], value)
        elif key not in before:
            result[key] = value
    return result


def _values(converted: Converted) -> Values:
    return {"config": _nested(converted.values.config), "other": _nested(converted.values.other)}


def _nested(secrets: Secrets) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for (environment, service, name), value in sorted(secrets.items()):
        found.setdefault(environment, {}).setdefault(service, {})[name] = value
    return found


def _write_values(path: Path, values: Values) -> None:
    imported = path.with_name("imported.json")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    merged = merge_values(_read_values(imported), _read_values(path), values)
    _replace_private(path, merged)
    _replace_private(imported, _overlaid(_read_values(imported), values))


def _overlaid(before: Any, values: Any) -> Any:
    """What was read today, and before it what was not read today."""
    if not (isinstance(before, dict) and isinstance(values, dict)):
        return values
    return before | {key: _overlaid(before.get(key), value) for key, value in values.items()}


def _read_values(path: Path) -> Any:
    text = _read(path)
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        place = f"{path}:{error.lineno}" if isinstance(error, json.JSONDecodeError) else str(path)
        raise HomeportError(f"{place}: is not JSON", "mend it, or move it away and import again") from None


def _replace_private(path: Path, values: Any) -> None:
    """As `replace_file`, but nobody else may ever read it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # is 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            json.dump(values, stream, indent=2, sort_keys=True)
            stream.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HomeportError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HomeportError(f"{path}: is not UTF-8 text", "homeport check") from None


@contextlib.contextmanager
def _told(path: Path) -> Any:
    """Say which file it was that could not be written."""
    try:
        yield
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror or error}"
        raise HomeportError(message, "mend that and import again: no file is half written") from None
