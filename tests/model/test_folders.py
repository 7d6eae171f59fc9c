"""What a service's folder adds to it, and what homeport.yml replaces."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.model.load import load_platform

Mistakes = Callable[[str | bytes], list[str]]
FUNCTION = "name: a\nfunctions: {resize: {path: resize, schedule: rate(1 hour), handler: %s}}\n"


def load(folder: Path, processes: str) -> dict[str, str | None]:
    (folder / "shop").mkdir()
    (folder / "shop" / "Procfile").write_text("web: gunicorn shop\nextra_worker: celery worker\n")
    file = folder / "homeport.yml"
    file.write_text(f"name: shop\nservices:\n  shop:\n    path: shop\n    processes:\n{processes}")
    return {name: process.command for name, process in load_platform(file).services["shop"].processes.items()}


def test_a_process_with_a_command_stands_for_the_procfiles_line_of_a_name_that_is_not_allowed(tmp_path: Path) -> None:
    assert load(tmp_path, "      extra-worker: {command: celery worker -c 2}\n") == {
        "extra-worker": "celery worker -c 2",
        "web": "gunicorn shop",
    }


def test_without_a_command_the_name_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="process 'extra_worker' is not a name"):
        load(tmp_path, "      extra-worker: {cpu: 512, memory_mb: 1024}\n")


@pytest.mark.parametrize("handler", ["main.handler", "pkg.handler", "pkg.part.handler", "pkg/part.handler", "own.f"])
def test_a_handler_is_in_a_file_or_package_as_lambda_imports_it(mistakes: Mistakes, folder: Path, handler: str) -> None:
    for file in ("pkg/__init__.py", "pkg/part.py", "src/own/__init__.py"):
        (folder / "resize" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "resize" / file).touch()
    assert mistakes(FUNCTION % handler) == []


@pytest.mark.parametrize("handler", ["nothing.handler", "main.part.handler", "pkg/../main.handler"])
def test_a_handler_without_a_file_is_found(mistakes: Mistakes, handler: str) -> None:
    said = mistakes(FUNCTION % handler)
    assert len(said) == 1 and f"functions.resize.handler: '{handler}' needs" in said[0]


def test_a_misspelt_handler_is_told_what_there_is(mistakes: Mistakes) -> None:
    assert mistakes(FUNCTION % "mian.handler") == [
        "homeport.yml:2: functions.resize.handler: 'mian.handler' needs mian.py or mian/__init__.py in 'resize', "
        "and there is none (did you mean 'main'?)"
    ]


def test_a_sites_pages_are_in_its_folder_unless_it_has_not_been_built_yet(mistakes: Mistakes, folder: Path) -> None:
    text = "name: a\nsites: {www: {path: www, not_found: 404.html}}\n"
    (folder / "www/.gitkeep").touch()
    assert mistakes(text) == []
    (folder / "www/app.js").touch()
    assert mistakes(text) == [
        "homeport.yml:2: sites.www.not_found: '404.html' is not a file in 'www'; build the site, or name another",
        "homeport.yml:2: sites.www.index: 'index.html' is not a file in 'www'; build the site, or name another",
    ]
    (folder / "www/index.html").touch()
    assert mistakes("name: a\nsites: {www: {path: www}}\n") == []


def test_a_folder_whose_name_no_file_can_have_is_not_there(mistakes: Mistakes) -> None:
    said = mistakes(f"name: a\nservices: {{shop: {{path: {'x' * 300}}}}}\nsites: {{www: {{path: {'y' * 300}}}}}\n")
    assert len(said) == 2 and all("is not a folder" in line for line in said)


def test_a_procfile_that_is_a_pipe_is_refused_and_not_waited_for(mistakes: Mistakes, folder: Path) -> None:
    os.mkfifo(folder / "www/Procfile")
    said = mistakes("name: a\nservices: {shop: {path: www}}\n")
    assert said[0] == "homeport.yml:2: services.shop.path: www/Procfile: is not a regular file"


def test_a_line_of_the_procfile_with_the_name_of_a_schedule_is_no_process(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/Procfile").write_text("web: gunicorn shop\ntidy: ./manage.py clearsessions\n")
    file = tmp_path / "homeport.yml"
    due = "{schedule: cron(0 3 * * ? *)}"
    file.write_text(
        f"name: shop\nservices:\n  shop:\n    path: shop\n    schedules:\n      tidy: {due}\n"
        "      sync: {schedule: rate(1 hour), command: ./sync}\n"
        "environments:\n  stage: {account: 210000000001, services: {shop: {schedules: {sync: {enabled: false}}}}}\n"
    )
    platform = load_platform(file)
    shop = platform.services["shop"]
    assert set(shop.processes) == {"web"}
    assert {name: schedule.command for name, schedule in shop.schedules.items()} == {
        "tidy": "./manage.py clearsessions",
        "sync": "./sync",
    }
    there = platform.in_environment("stage").services["shop"].schedules
    assert {name: schedule.enabled for name, schedule in there.items()} == {"tidy": True, "sync": False}


def test_a_schedule_without_a_command_is_found(mistakes: Mistakes) -> None:
    text = "name: a\nservices:\n  shop:\n    path: shop\n    schedules: {tidy: {schedule: rate(1 hour)}}\n"
    assert mistakes(text) == [
        "homeport.yml:5: services.shop.schedules.tidy: has no command, and the Procfile has no line for it"
    ]
