"""Who may import whom (design.md): cli → features → model, system → errors; no cycles; sizes of files and functions."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LONGEST

PACKAGE = Path(__file__).parent.parent / "homeport"
FILES = sorted(PACKAGE.rglob("*.py"))
FEATURES = {"terraform", "local", "deploy", "heroku", "doctor", "postgres", "cost", "gitlab", "monitor", "console"}
MAY_IMPORT = {
    "cli": FEATURES | {"model", "system", "errors", "cli"},
    "model": {"model", "errors"},
    "system": {"system", "errors"},
    "errors": set(),
    "__main__": {"cli"},
    **{feature: {feature, "model", "system", "errors"} for feature in FEATURES},
    "local": {"local", "system", "errors"},  # it knows AWS only
}
LINES_MAX, FUNCTION_LINES_MAX = 400, 50


def imports(file: Path) -> set[str]:
    """Dotted names inside the package that a file imports, at any depth of the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("homeport")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("homeport"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file}: relative import"
    return found


def layer(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_layers_only_look_down(file: Path) -> None:
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        assert not imports(file)
        return
    for name in imports(file):
        if name not in ("homeport", "homeport.__version__"):
            assert layer(name) in MAY_IMPORT[own], f"{own} may not import {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_files_and_functions_stay_readable(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= LINES_MAX
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name}: {lines} lines"


def test_there_are_no_import_cycles() -> None:
    module_of = {".".join(f.relative_to(PACKAGE.parent).with_suffix("").parts): f for f in FILES}
    module_of = {name.removesuffix(".__init__"): file for name, file in module_of.items()}
    graph = {name: {i for i in imports(file) if i in module_of and i != name} for name, file in module_of.items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' → '.join([*path, name])}"
        if name not in done:
            for other in graph[name] - {"homeport"}:
                if not name.startswith(f"{other}."):  # a module's own package is not a dependency
                    visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_the_help_page_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['homeport', '--help']\n"
        "from homeport.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'boto3', 'moto', 'psycopg', 'pydantic', 'aiohttp', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_modules_say_what_they_are() -> None:
    for file in FILES:
        if file.read_text().strip():
            assert ast.get_docstring(ast.parse(file.read_text())), f"{file} has no docstring"


def test_the_tests_that_are_shared_out_by_name_exist() -> None:
    assert [file for file in LONGEST if not (PACKAGE.parent / file).is_file()] == []
