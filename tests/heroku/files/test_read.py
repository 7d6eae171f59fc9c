"""What a path is, and files that are not what they seem."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.heroku.files.read import read_path
from homeport.heroku.records import AddOn, App, Inventory, Job, Other, Process, PythonVersion, Requirements


def write(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def said(found: Inventory) -> str:
    return "\n".join(f"{doubt.place}: {doubt.text}" for doubt in found.doubts)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(
        tmp_path / "shop",
        Procfile="web: gunicorn shop.wsgi\n",
        app_dot_json='{"stack": "heroku-24", "addons": ["heroku-postgresql"]}',
        runtime_dot_txt="python-3.12.1",
        requirements_dot_txt="-r requirements/base.txt",
        requirements__base_dot_txt="django==5.0",
        Aptfile="gdal",
        bin__post_compile="make",
        scheduler_dot_yml="- {command: sync, schedule: hourly}",
    )


def test_a_checkout_is_read_whole_and_named_after_its_folder(shop: Path) -> None:
    found = read_path(shop)
    assert next(found.of(App)) == App(origin="shop", app="shop", stack="heroku-24", folder=str(shop))
    assert [process.origin for process in found.of(Process)] == ["shop/Procfile:1"]
    assert {record.app for record in found.records} == {"shop"}
    assert [dict(record.packages) for record in found.of(Requirements)] == [{"django": "5.0"}]
    assert [(job.command, job.schedule) for job in found.of(Job)] == [("sync", "hourly at :00")]
    kinds = [type(record).__name__ for record in found.records]
    assert sorted(kinds) == [
        *("AddOn", "App", "BuildHook", "Job", "Process", "PythonVersion", "Requirements", "SystemPackage")
    ]


def test_another_name_can_be_given(shop: Path) -> None:
    assert [process.origin for process in read_path(shop, "store").of(Process)] == ["store/Procfile:1"]


def test_the_folder_that_one_stands_in_has_its_own_name(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    assert [app.app for app in read_path(Path()).of(App)] == ["shop"]


def test_a_procfile_beside_heroku_yml_is_doubted_and_both_are_read(shop: Path) -> None:
    found = read_path(write(shop, heroku_dot_yml="run:\n  web: uwsgi\n"))
    assert [process.command for process in found.of(Process)] == ["gunicorn shop.wsgi", "uwsgi"]
    assert "shop/heroku.yml: and Procfile both exist" in said(found)


def test_of_several_dependency_files_herokus_choice_is_used_and_the_others_are_told(shop: Path) -> None:
    lock = '{"default": {"flask": {"version": "==3"}}, "_meta": {"requires": {"python_version": "3.12"}}}'
    found = read_path(write(shop, Pipfile_dot_lock=lock, uv_dot_lock='[[package]]\nname = "x"\nversion = "1"\n'))
    assert [record.format for record in found.of(Requirements)] == ["pipenv"]
    assert [other.name for other in found.of(Other)] == ["requirements.txt", "uv.lock"]
    assert [record.version for record in found.of(PythonVersion)] == ["3.12.1"]
    assert "Heroku wants one of them" in said(found)


def test_a_nested_procfile_is_read_but_none_outside(shop: Path) -> None:
    text = "web: honcho -f ProcfileMulti start\nb: honcho -f ../x start\nc: honcho -f gone start\n"
    found = read_path(write(shop, Procfile=text, ProcfileMulti="nginx: nginx\n"))
    assert [(other.name, other.origin) for other in found.of(Other)] == [("nginx", "shop/ProcfileMulti:1")]
    assert "outside of the folder" in said(found)
    assert "starts gone, which is not in the folder" in said(found)


def test_terraform_beside_a_procfile_is_read_too(shop: Path) -> None:
    found = read_path(write(shop, main_dot_tf='resource "heroku_app" "a" { name = "shop-web" }\n'))
    assert [app.app for app in found.of(App)] == ["shop", "shop-web"]


def test_a_django_project_without_procfile_is_an_app_whose_commands_are_unknown(tmp_path: Path) -> None:
    found = read_path(write(tmp_path / "shop", manage_dot_py="", requirements_dot_txt="django"))
    assert "no Procfile or heroku.yml says what it runs" in said(found)


def test_a_folder_that_is_no_app_says_what_was_looked_for_and_where_one_is(tmp_path: Path) -> None:
    write(tmp_path, package_dot_json="{}", app_dot_json='{"expo": {}}')
    with pytest.raises(HomeportError, match="looked for a Procfile, heroku.yml, Heroku's app.json") as error:
        read_path(tmp_path)
    assert str(tmp_path) in error.value.message
    write(tmp_path / "backend", Procfile="web: x")
    with pytest.raises(HomeportError) as error:
        read_path(tmp_path)
    assert error.value.hint == f"homeport import {tmp_path / 'backend'}"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("Procfile", "web: x", Process),
        ("Procfile.dev", "web: x", Process),
        ("app.json", '{"addons": ["a"]}', AddOn),
        ("heroku.yml", "run:\n  web: x", Process),
        ("jobs.yml", "- {command: x, schedule: hourly}", Job),
        ("scheduler.txt", "$ ./manage.py sync\nHourly at :10\n", Job),
        ("requirements.txt", "django", Requirements),
        ("uv.lock", '[[package]]\nname = "a"\nversion = "1"', Requirements),
        (".python-version", "3.12", PythonVersion),
        ("main.tf", 'resource "heroku_app" "a" { name = "a" }', App),
        ("ps-shop.json", '[{"name": "web.1", "type": "web"}]', Process),
        ("apps.json", '[{"name": "shop"}]', App),
    ],
)
def test_a_single_file_is_told_by_its_name(tmp_path: Path, name: str, content: str, kind: type) -> None:
    (tmp_path / name).write_text(content)
    found = read_path(tmp_path / name, "shop")
    assert [type(record) for record in found.records if type(record) is kind]
    assert all(record.app in ("shop", "a") for record in found.records)


def fifo(file: Path) -> None:
    os.mkfifo(file)


def loop(file: Path) -> None:
    file.symlink_to(file)


ODD: dict[str, Callable[[Path], object]] = {
    "is a folder": lambda file: file.mkdir(),
    "is not a regular file": fifo,
    "cannot be read": loop,
    "is binary": lambda file: file.write_bytes(b"web: \0\xff"),
    "is larger than 1,000 kB": lambda file: file.write_bytes(b"#" * 1_000_001),
}


@pytest.mark.parametrize("expected", ODD)
@pytest.mark.parametrize("name", ["app.json", "heroku.yml", "requirements.txt", "runtime.txt", "Aptfile", "main.tf"])
def test_a_file_that_is_not_one_is_doubted_and_the_rest_is_read(tmp_path: Path, name: str, expected: str) -> None:
    folder = write(tmp_path / "shop", Procfile="web: gunicorn\n", main_dot_tf='resource "heroku_app" "a" {}\n')
    (folder / name).unlink(missing_ok=True)
    ODD[expected](folder / name)
    write(folder, other_dot_tf='resource "heroku_app" "b" { name = "b" }\n')
    found = read_path(folder)
    assert [process.command for process in found.of(Process)] == ["gunicorn"]
    limits = {"main.tf": "is larger than 300 kB"}
    text = limits.get(name, expected) if "larger" in expected else expected
    assert f"shop/{name}: {text}" in said(found)


@pytest.mark.parametrize("expected", ODD)
def test_a_procfile_that_is_not_one_is_doubted_or_refused(tmp_path: Path, expected: str) -> None:
    file = write(tmp_path / "shop") / "Procfile"
    ODD[expected](file)
    assert f"shop/Procfile: {expected}" in said(read_path(file.parent))
    with pytest.raises(HomeportError, match="Procfile"):
        read_path(file)


@pytest.mark.parametrize("path", ["gone", "gone/Procfile", "a\0b", "x" * 5_000])
def test_a_path_that_leads_nowhere_is_an_error_that_names_it(tmp_path: Path, path: str) -> None:
    with pytest.raises(HomeportError) as error:
        read_path(tmp_path / path)
    assert path in error.value.message


def test_a_file_that_heroku_does_not_know_is_refused(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    with pytest.raises(HomeportError, match="is no file that Heroku reads"):
        read_path(tmp_path / "setup.py")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("web: gunicorn é\n".encode("cp1252"), "shop/Procfile:1: is not UTF-8"),
        ("web: gunicorn é\n".encode("utf-16"), "is in UTF-16"),
        ("\ufeffweb: gunicorn é\r\n".encode(), ""),
    ],
)
def test_other_encodings_are_read_and_doubted(tmp_path: Path, raw: bytes, expected: str) -> None:
    found = read_path(write(tmp_path / "shop", Procfile=raw))
    assert [process.command for process in found.of(Process)] == ["gunicorn é"]
    assert expected in said(found)


def test_an_include_that_a_link_leads_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("django==9\n")
    folder = write(tmp_path / "shop", Procfile="web: x", requirements_dot_txt="-r link.txt\n-r loop.txt\n")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    loop(folder / "loop.txt")
    found = read_path(folder)
    assert [dict(record.packages) for record in found.of(Requirements)] == [{}]
    assert "shop/requirements.txt:1: includes link.txt, which cannot be read" in said(found)
    assert "shop/requirements.txt:2: includes loop.txt, which cannot be read" in said(found)


def test_a_socket_of_nginx_in_an_ini_is_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: bin/start-nginx uwsgi uwsgi.ini\n")
    (tmp_path / "uwsgi.ini").write_text("[uwsgi]\nsocket = unix:/tmp/nginx.socket\n")
    doubts = [doubt for doubt in read_path(tmp_path, "shop").doubts if "http-socket" in doubt.text]
    assert [doubt.place for doubt in doubts] == ["shop/uwsgi.ini:2"]
