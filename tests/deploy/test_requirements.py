"""What a folder requires from elsewhere on the disk."""

from pathlib import Path

import pytest

from homeport.deploy.requirements import find_requirements, is_package, local_names, refresh_options
from homeport.errors import HomeportError


def make(root: Path, **files: str) -> Path:
    for name, text in ({"app/x": ""} | {name.replace("__", "/"): text for name, text in files.items()}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for file in root.rglob("*"):
        for short, name in (
            ("requirements", "requirements.txt"),
            ("pyproject", "pyproject.toml"),
            ("uvlock", "uv.lock"),
            ("poetrylock", "poetry.lock"),
            ("pipfilelock", "Pipfile.lock"),
        ):
            if file.name == short:
                file.rename(file.with_name(name))
    return root / "app"


def local(folder: Path) -> list[str]:
    return [str(path.relative_to(folder.parent.resolve())) for path in find_requirements(folder).local]


def test_the_lock_comes_first_then_requirements_then_the_project(tmp_path: Path) -> None:
    assert find_requirements(make(tmp_path)).kind == ""
    assert find_requirements(make(tmp_path, app__pyproject="[project]")).kind == "pyproject.toml"
    assert find_requirements(make(tmp_path, app__pipfilelock='{"default": {}}')).kind == "Pipfile.lock"
    assert find_requirements(make(tmp_path, app__poetrylock="metadata.lock-version = '2.1'")).kind == "poetry.lock"
    assert find_requirements(make(tmp_path, app__requirements="")).kind == "requirements.txt"
    assert find_requirements(make(tmp_path, app__uvlock="")).kind == "uv.lock"


@pytest.mark.parametrize(
    "line",
    [
        "../lib",
        "../lib  # ours",
        "../lib[extra] ; python_version > '3'",
        "-e ../lib",
        "--editable=../lib",
        "lib @ file:../lib",
    ],
)
def test_folders_outside_are_found_however_they_are_written(tmp_path: Path, line: str) -> None:
    folder = make(tmp_path, lib__pyproject="", app__requirements=f"django==5\n{line}\n")
    assert local(folder) == ["lib"]


def test_absolute_urls_files_and_wheels_are_found(tmp_path: Path) -> None:
    folder = make(tmp_path, lib__a="", wheels__x="", app__requirements=f"lib @ file://{tmp_path}/lib\n../wheels/x\n")
    assert local(folder) == ["lib", "wheels/x"]


def test_what_is_not_local_is_left_to_uv(tmp_path: Path) -> None:
    lines = "django==5\nx @ https://example.com/x.whl\ngit+ssh://git@example.com/x\n--hash=sha256:1\n-i https://e.com\n"
    assert local(make(tmp_path, app__requirements=lines)) == []


def test_includes_are_followed_in_circles_too(tmp_path: Path) -> None:
    folder = make(tmp_path, app__requirements="-r ../base.txt\n-c ../pins.txt\n", lib__a="")
    (tmp_path / "base.txt").write_text("-r app/requirements.txt\n../lib\n")
    (tmp_path / "pins.txt").write_text("")
    assert local(folder) == ["base.txt", "app/requirements.txt", "lib", "pins.txt"]


def test_local_packages_bring_their_own_local_packages(tmp_path: Path) -> None:
    one = "[project]\nname='one'\n[tool.uv.sources]\ntwo = {path = '../two'}\n"
    folder = make(tmp_path, one__pyproject=one, two__pyproject="[project]\nname='two'", app__requirements="../one\n")
    assert local(folder) == ["one", "two"]
    assert local_names(folder, find_requirements(folder)) == ["one", "two"]


def test_uv_is_told_to_build_local_folders_anew(tmp_path: Path) -> None:
    folder = make(tmp_path, lib__pyproject="[project]\nname='lib'", old__setup="", app__requirements="../lib\n../old\n")
    assert refresh_options(folder, find_requirements(folder)) == ["--refresh-package", "lib", "--refresh"]


def test_packages_inside_the_folder_are_known_too(tmp_path: Path) -> None:
    ours = "[project]\nname='ours'\n"
    folder = make(tmp_path, app__vendor__ours__pyproject=ours, app__requirements="./vendor/ours\n")
    assert refresh_options(folder, find_requirements(folder)) == ["--refresh-package", "ours"]


def test_a_pyproject_of_tools_asks_for_nothing(tmp_path: Path) -> None:
    assert find_requirements(make(tmp_path, app__pyproject="[tool.ruff]\n")).kind == ""


def test_a_poetry_project_is_no_package_if_it_says_so(tmp_path: Path) -> None:
    text = "[tool.poetry]\npackage-mode = false\n[build-system]\n"
    assert not is_package(make(tmp_path, app__pyproject=text))
    assert is_package(make(tmp_path, app__pyproject=text.replace("false", "true")))


@pytest.mark.parametrize(
    ("files", "expected", "hint"),
    [
        ({"app__Pipfile": "[packages]\n"}, "Pipfile: has no Pipfile.lock", "pipenv lock"),
        ({"app__Pipfile": "", "app__pyproject": "[tool.ruff]\n"}, "Pipfile: has no Pipfile.lock", "pipenv lock"),
        ({"app__pyproject": "[tool.poetry]\nname='x'\n"}, "pyproject.toml: is Poetry's, and no", "poetry lock"),
    ],
)
def test_files_without_their_lock_are_refused(tmp_path: Path, files: dict[str, str], expected: str, hint: str) -> None:
    with pytest.raises(HomeportError, match=expected) as error:
        find_requirements(make(tmp_path, **files))
    assert error.value.hint == hint


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app__requirements": "../nowhere\n"}, "requires .*nowhere, which does not exist"),
        ({"app__requirements": "-r more.txt\n"}, "more.txt: does not exist, but is included"),
        ({"app__pyproject": "[project\n"}, "pyproject.toml: cannot be read"),
    ],
)
def test_what_is_missing_or_broken_is_named(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    with pytest.raises(HomeportError, match=expected):
        find_requirements(make(tmp_path, **files))


def test_requirements_that_are_not_text_are_an_error(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "requirements.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(HomeportError, match="cannot be read"):
        find_requirements(folder)
