"""Images made by the real uv: once for the same sources, whole or not at all."""

import errno
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from homeport.deploy.bundle import build_bundle
from homeport.errors import HomeportError

pytestmark = pytest.mark.integration
PYTHON = f"3.{sys.version_info.minor}"
UV_WORDS = "was not found"


@pytest.fixture
def code(tmp_path: Path, greeting: Path) -> Path:
    """A service that requires the local package `greeting`, and no index."""
    folder = tmp_path / "services" / "shop"
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text("--no-index\n../../packages/greeting\n")
    (folder / "app.py").write_text("import greeting\nprint(greeting.WORD)\n")
    return folder


def said(path: Path, *command: str) -> str:
    return subprocess.run(command, cwd=path / "app", check=True, capture_output=True, text=True).stdout


def leftovers(store: Path) -> list[str]:
    return [path.name for path in store.iterdir() if path.suffix != ".lock" and path.name != ".hashes"]


def test_a_bundle_runs_with_its_requirements_and_scripts_where_it_stands(code: Path, tmp_path: Path) -> None:
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    assert bundle.built and bundle.path.name == bundle.digest
    assert said(bundle.path, str(bundle.path / "venv/bin/python"), "app.py") == "hello\n"
    assert said(bundle.path, str(bundle.path / "venv/bin/greet")) == "hello\n"
    assert bundle.manifest.requirements == "requirements.txt" and bundle.manifest.warnings == []


def test_what_is_installed_is_compiled_once_and_not_at_each_start(code: Path, tmp_path: Path) -> None:
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    program = "import greeting, importlib.util as u; print(u.cache_from_source(greeting.__file__))"
    compiled = Path(said(bundle.path, str(bundle.path / "venv/bin/python"), "-B", "-c", program).strip())
    assert compiled.is_file()
    traced = "import greeting, inspect; print(inspect.getsourcefile(greeting))"
    assert Path(said(bundle.path, str(bundle.path / "venv/bin/python"), "-c", traced).strip()).is_file()


def test_unchanged_sources_are_found_in_less_than_a_second(code: Path, tmp_path: Path) -> None:
    first = build_bundle(code, PYTHON, tmp_path / "store")
    start = time.monotonic()
    second = build_bundle(code, PYTHON, tmp_path / "store")
    assert time.monotonic() - start < 1
    assert (second.digest, second.built) == (first.digest, False)


def test_a_changed_local_package_is_built_and_installed_anew(code: Path, greeting: Path, tmp_path: Path) -> None:
    first = build_bundle(code, PYTHON, tmp_path / "store")
    (greeting / "greeting.py").write_text("WORD = 'good evening'\ndef greet():\n    print(WORD)\n")
    second = build_bundle(code, PYTHON, tmp_path / "store")
    assert second.digest != first.digest
    assert said(second.path, str(second.path / "venv/bin/python"), "app.py") == "good evening\n"
    assert said(first.path, str(first.path / "venv/bin/python"), "app.py") == "hello\n"


def test_many_builders_at_once_make_one_bundle(code: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        bundles = list(pool.map(lambda _: build_bundle(code, PYTHON, tmp_path / "store"), range(6)))
    assert len({bundle.digest for bundle in bundles}) == 1
    assert sum(bundle.built for bundle in bundles) == 1
    assert leftovers(tmp_path / "store") == [bundles[0].digest]


def test_requirements_that_do_not_resolve_show_uvs_words_and_leave_nothing(code: Path, tmp_path: Path) -> None:
    (code / "requirements.txt").write_text("--no-index\nno-such-package==1.0\n")
    with pytest.raises(HomeportError) as error:
        build_bundle(code, PYTHON, tmp_path / "store")
    assert "no-such-package" in error.value.message and UV_WORDS in error.value.message
    assert leftovers(tmp_path / "store") == []


def test_passwords_of_an_index_are_not_shown(code: Path, tmp_path: Path) -> None:
    (code / "requirements.txt").write_text("--index-url http://user:hunter2@127.0.0.1:1/simple\nx==1.0\n")
    with pytest.raises(HomeportError) as error:
        build_bundle(code, PYTHON, tmp_path / "store")
    assert "127.0.0.1" in error.value.message and "hunter2" not in error.value.message


def test_what_a_killed_builder_left_is_cleared_away(code: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    digest = build_bundle(code, PYTHON, store).digest
    shutil.rmtree(store / digest)
    (store / f".{digest}.dead/app").mkdir(parents=True)
    build_bundle(code, PYTHON, store)
    assert leftovers(store) == [digest]


def test_a_project_with_a_lock_is_installed_from_the_lock(greeting: Path, tmp_path: Path) -> None:
    code = tmp_path / "services" / "locked"
    code.mkdir(parents=True)
    (code / "pyproject.toml").write_text(
        '[project]\nname = "locked"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["greeting"]\n'
        '[tool.uv.sources]\ngreeting = {path = "../../packages/greeting"}\n'
    )
    from uv import find_uv_bin

    subprocess.run([find_uv_bin(), "lock", "--quiet", "--offline"], cwd=code, check=True)
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    assert bundle.manifest.requirements == "uv.lock"
    assert said(bundle.path, str(bundle.path / "venv/bin/greet")) == "hello\n"
    (code / "pyproject.toml").write_text((code / "pyproject.toml").read_text().replace(">=3.11", ">=3.10"))
    with pytest.raises(HomeportError, match="uv.lock"):
        build_bundle(code, PYTHON, tmp_path / "store")


def test_a_project_without_a_lock_is_installed_with_what_it_depends_on(greeting: Path, tmp_path: Path) -> None:
    bundle = build_bundle(greeting, PYTHON, tmp_path / "store")
    assert bundle.manifest.requirements == "pyproject.toml"
    assert said(bundle.path, str(bundle.path / "venv/bin/greet")) == "hello\n"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Pipfile.lock", '{"default": {"greeting": {"path": "../../packages/greeting", "editable": true}}}'),
        (
            "poetry.lock",
            '[[package]]\nname = "greeting"\nversion = "1.0"\noptional = false\ngroups = ["main"]\n'
            '[package.source]\ntype = "directory"\nurl = "../../packages/greeting"\n'
            '[metadata]\nlock-version = "2.1"\n',
        ),
    ],
)
def test_locks_of_other_tools_are_installed_from(code: Path, tmp_path: Path, kind: str, text: str) -> None:
    (code / "requirements.txt").unlink()
    (code / kind).write_text(text)
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    assert bundle.manifest.requirements == kind
    assert said(bundle.path, str(bundle.path / "venv/bin/greet")) == "hello\n"


@pytest.mark.parametrize("line", ["./vendor/greeting", "-e ./vendor/greeting"])
def test_a_package_inside_the_folder_is_installed_and_not_linked(
    code: Path, greeting: Path, tmp_path: Path, line: str
) -> None:
    shutil.copytree(greeting, code / "vendor" / "greeting")
    (code / "requirements.txt").write_text(f"--no-index\n{line}\n")
    bundle = build_bundle(code, PYTHON, tmp_path / "store")
    program = "import greeting; print(greeting.__file__)"
    where = Path(said(bundle.path, str(bundle.path / "venv/bin/python"), "-c", program).strip())
    assert where.is_relative_to(bundle.path / "venv")
    (code / "vendor/greeting/greeting.py").write_text("WORD = 'good evening'\n")
    second = build_bundle(code, PYTHON, tmp_path / "store")
    assert said(second.path, str(second.path / "venv/bin/python"), "app.py") == "good evening\n"


def test_code_without_requirements_is_built_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    bundle = build_bundle(tmp_path / "code", PYTHON, tmp_path / "store")
    assert bundle.manifest.requirements == "" and (bundle.path / "app").is_dir()
    assert "installs nothing" in bundle.manifest.warnings[0] and "Pipfile.lock" in bundle.manifest.warnings[0]


def test_another_python_stands_in_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    bundle = build_bundle(tmp_path / "code", "3.99", tmp_path / "store")
    assert "python 3.99 is not installed here" in bundle.manifest.warnings[0]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="nowhere: is not a folder"):
        build_bundle(tmp_path / "nowhere", PYTHON, tmp_path / "store")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="needs to mount a small file system")
def test_a_full_disk_is_said_in_words_and_leaves_nothing(code: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(store)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not allow to mount")
    try:
        (code / "large.bin").write_bytes(os.urandom(2_000_000))
        with pytest.raises(HomeportError, match=os.strerror(errno.ENOSPC)):
            build_bundle(code, PYTHON, store)
        assert leftovers(store) == []
    finally:
        subprocess.run(["umount", str(store)], check=True)
