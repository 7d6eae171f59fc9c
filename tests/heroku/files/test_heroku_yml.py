"""heroku.yml: images, commands, release, setup."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.heroku_yml import parse_heroku_yml
from homeport.heroku.records import AddOn, App, Attachment, ConfigVar, DockerImage, Inventory, Other, Process

PLACE = Place("shop/heroku.yml", "shop")
WHOLE = """\
setup:
  addons:
    - plan: heroku-postgresql:essential-0
      as: DATABASE
  config:
    DEBUG: off
build:
  docker:
    web: Dockerfile
    worker:
      dockerfile: worker/Dockerfile
      target: production
  config:
    NIGHTLY: 0
release:
  image: worker
  command:
    - ./manage.py migrate
run:
  web: gunicorn shop.wsgi
  worker:
    command: [celery worker]
    image: worker
  clock:
    image: worker
    command: |
      set -e
      celery beat
"""


def read(text: str) -> Inventory:
    return parse_heroku_yml(text, PLACE)


def said(found: Inventory) -> str:
    return "\n".join(f"{doubt.place}: {doubt.text}" for doubt in found.doubts)


def test_a_whole_file_becomes_records_without_a_doubt() -> None:
    found = read(WHOLE)
    assert not found.doubts
    assert [app.stack for app in found.of(App)] == ["container"]
    assert [(a.service, a.plan) for a in found.of(AddOn)] == [("heroku-postgresql", "essential-0")]
    assert [a.name for a in found.of(Attachment)] == ["DATABASE"]
    assert [(v.name, v.default) for v in found.of(ConfigVar)] == [("DEBUG", "off")]
    assert [(i.name, i.dockerfile, i.target, i.arguments) for i in found.of(DockerImage)] == [
        ("web", "Dockerfile", "", ("NIGHTLY",)),
        ("worker", "worker/Dockerfile", "production", ("NIGHTLY",)),
    ]
    assert [(p.type, p.command, p.image, p.quantity) for p in found.of(Process)] == [
        ("release", "./manage.py migrate", "worker", None),
        ("web", "gunicorn shop.wsgi", "web", None),
        ("worker", "celery worker", "worker", None),
        ("clock", "set -e\ncelery beat", "worker", None),
    ]
    assert next(found.of(Process)).origin == "shop/heroku.yml:15: release"


def test_without_run_each_image_runs_its_own_command() -> None:
    found = read("build:\n  docker:\n    web: Dockerfile\n")
    assert [(p.type, p.command, p.image) for p in found.of(Process)] == [("web", "", "web")]
    assert "shop/heroku.yml:3: web has no command in `run`" in said(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run:\n  web: a\nmore: 1\n", "shop/heroku.yml:3: more is no key"),
        ("run:\n  web: a\n  web: b\n", "written again"),
        ("run:\n  web:\n    command: [a, b]\n", "joined to one command"),
        ("run:\n\tweb: a\n", "indented with tabs"),
        ("run:\n  web: a\nrelease: [\n", "is not YAML; only the lines before"),
        ("build:\n  languages: [python]\nrun:\n  web: a\n", "old manifest beta"),
        ("setup:\n  addons: [scheduler]\nrun:\n  web: a\n", "taken as the plan"),
        ("run: {web: {image: web}}\n", "runs the CMD"),
        ("run: gunicorn\n", "where a mapping is expected"),
    ],
)
def test_what_is_odd_is_doubted_with_its_line(text: str, expected: str) -> None:
    assert expected in said(read(text))


def test_broken_yaml_is_read_up_to_where_it_breaks() -> None:
    found = read("run:\n  web: gunicorn\nrelease: [\n")
    assert [p.command for p in found.of(Process)] == ["gunicorn"]


def test_old_build_keys_are_told() -> None:
    assert [other.name for other in read("build:\n  languages: [python]\n").of(Other)] == ["languages"]


def test_aliases_that_multiply_and_nesting_without_end_are_refused() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    for text in (bomb, "[" * 5_000, "a: &a [*a]\n"):
        found = read(text)
        assert not found.records
        assert found.doubts


@pytest.mark.parametrize("text", ["", "- a\n", "words", "\x00", "%"])
def test_a_file_that_is_no_mapping_gives_a_doubt(text: str) -> None:
    found = read(text)
    assert not found.records
    assert found.doubts
