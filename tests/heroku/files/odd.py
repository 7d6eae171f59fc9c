"""Odd input for the parsers: texts made of the pieces that real files are made of, and real files mutated."""

import time
from collections.abc import Callable

from hypothesis import strategies as st

from homeport.heroku.records import Inventory

SECONDS_MAX = 2.0  # of processor time, for one input of some kB

PROCFILE = """\
# shop
web: NEW_RELIC_CONFIG_FILE=newrelic.ini bin/start-nginx gunicorn shop.wsgi --log-file - -b 0.0.0.0:$PORT
worker_2x: celery -A shop worker -B -l $LOG_LEVEL
release: python manage.py migrate && python manage.py clear_cache
multi: honcho -f ProcfileMulti start
Clock python manage.py clock {{ project }}
"""
APP_JSON = """\
{
  "name": "Shop", "stack": "heroku-24",
  "env": {"DEBUG": "False", "SECRET_KEY": {"generator": "secret"}, "A": {"value": 3, "required": "false"}},
  "formation": {"web": {"quantity": 2, "size": "standard-1x"}},
  "addons": ["heroku-postgresql:basic --version=15", {"plan": "cloudamqp", "as": "RABBITMQ", "options": {"a": "b"}}],
  "buildpacks": [{"url": "heroku/python"}, "heroku/nodejs"],
  "scripts": {"postdeploy": "./manage.py migrate", "dokku": {"predeploy": "x"}},
  "cron": [{"command": "x", "schedule": "0 3 * * *"}],
  "environments": {"review": {"env": {"A": "1"}, "addons": ["heroku-postgresql"]}}
}
"""
HEROKU_YML = """\
setup:
  addons:
    - plan: heroku-postgresql:essential-0
      as: DATABASE
  config: &config
    DEBUG: off
build:
  docker:
    web: Dockerfile
    worker: {dockerfile: worker/Dockerfile, target: production}
  config: *config
release:
  image: worker
  command: [./manage.py migrate]
run:
  web: gunicorn shop.wsgi
  worker:
    command: |
      set -e
      celery worker
    image: worker
"""
TERRAFORM = """\
variable "name" { default = "shop" }
locals { full = "${var.name}-web" }
resource "heroku_app" "web" {
  for_each    = toset(["a", "b"])
  name        = "${local.full}-${each.key}"
  config_vars = { DEBUG = "False", TOKEN = var.token }
  buildpacks  = ["heroku/python"]
  organization { name = "acme" }
}
resource "heroku_addon" "db" {
  count  = 2
  app_id = heroku_app.web["a"].id
  plan   = "heroku-postgresql:standard-0"
}
resource "heroku_slug" "web" {
  app_id        = heroku_app.web["a"].id
  process_types = { web = "gunicorn" }
}
resource "heroku_domain" "www" { hostname = "www.${heroku_app.web["a"].name}.com" }
"""
REQUIREMENTS = """\
-r base.txt
--index-url https://a:b@pypi.example.com
Django[argon2]==5.0 ; python_version > "3.8" \\
    --hash=sha256:abc
-e git+https://example.com/shop.git@main#egg=Shop
https://example.com/shop-1.2-py3-none-any.whl
"""
JOBS = """\
- command: ./manage.py sync
  schedule: every day at 3:00 AM UTC
  size: Standard-1X
- {command: ./manage.py clear, schedule: "*/10 * * * *"}
"""
PASTED = "Job\tSize\tFrequency\n$ ./manage.py sync\tBasic\tEvery 10 minutes\tNever\n$ b\nEco\nDaily at 3:00 AM UTC\n"
PS = '[{"name": "web.1", "type": "web", "size": "Basic", "command": "gunicorn"}, {"name": "scheduler.2"}]'
ADDONS = (
    '[{"name": "a", "plan": {"name": "b:c", "price": {"cents": 1}}, "app": {"name": "shop"}, "config_vars": ["X"]}]'
)
PG_INFO = "=== DATABASE_URL\nPG Version: 15.8\nConnections: 12/200\nData Size: 4.5 GB / 64 GB\nTables: 31\n"
UV_LOCK = 'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { virtual = "." }\n'
PIPFILE_LOCK = '{"_meta": {"requires": {"python_version": "3.11"}}, "default": {"a": {"version": "==1"}}}'
PIECES = [
    *"{}[]:,\"'\\/#&*!|>-?%@` \t\n\r\0=.$",
    *(
        "//",
        "/*",
        "*/",
        "${",
        "{{",
        "}}",
        "<<: ",
        "---",
        "...",
        "\ufeff",
        "\u2028",
        "é",
        "🚀",
        "\ud7ff",
        "\\ud800",
        "\\u0000",
    ),
    *(
        "web",
        "release",
        "env",
        "addons",
        "formation",
        "scripts",
        "cron",
        "environments",
        "expo",
        "run",
        "build",
        "docker",
    ),
    *("true", "null", "1e99", "-1", "0x1", "NaN", "command", "plan", "as", "url", "value", "quantity", "a" * 70),
    *(
        "honcho start",
        "postgres://a:b@c/d",
        "docker-compose up",
        "heroku-postgresql:mini --version 15",
        "bin/start-nginx",
    ),
]


def texts(example: str) -> st.SearchStrategy[str]:
    """Pieces in any order, any text, and the example with parts cut, doubled, moved and replaced."""
    pieces = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
    repeated = st.tuples(st.sampled_from(PIECES), st.integers(1, 5_000)).map(lambda pair: pair[0] * pair[1])
    cut = st.integers(0, len(example))
    edit = st.tuples(cut, st.integers(0, 40), st.one_of(pieces, st.sampled_from(PIECES), st.text(max_size=10)))
    mutated = st.lists(edit, min_size=1, max_size=6).map(lambda edits: mutate(example, edits))
    return st.one_of(mutated, mutated, pieces, repeated, st.text(max_size=200))


def mutate(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
    return text


def check_found(read: Callable[[], Inventory], path: str) -> Inventory:
    """It ends in time, without an exception; every doubt names its place, every origin is the only one."""
    start = time.process_time()
    found = read()
    assert time.process_time() - start < SECONDS_MAX
    assert all(doubt.place == path or doubt.place.startswith(f"{path}:") for doubt in found.doubts)
    assert all(doubt.text and len(doubt.text) < 400 and "\n" not in doubt.text for doubt in found.doubts)
    origins = [record.origin for record in found.records]
    assert all(origin.startswith(path) for origin in origins)
    assert len(set(origins)) == len(origins)
    repr(found).encode()  # what cannot be encoded cannot be written into a report
    return found
