"""Files → platforms, or every mistake at its line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from homeport.errors import HomeportError
from homeport.model.load import load_platform

Mistakes = Callable[[str | bytes], list[str]]
EXAMPLE = Path(__file__).parents[2] / "examples/magicbook/homeport.yml"


def test_the_smallest_platform_is_a_name(mistakes: Mistakes) -> None:
    assert mistakes("name: shop\n") == []


def test_all_mistakes_are_found_at_once_with_line_path_value_and_expectation(mistakes: Mistakes) -> None:
    assert mistakes(
        """name: My_Shop
regoin: eu-west-1
services:
  shop:
    path: shop
    processes:
      web: {cpu: 256, memory_mb: 700}
    on: [orders]
    uses: [mian-db]
databases:
  main-db: {storage_gb: five}
environments:
  stage: {}
"""
    ) == [
        "homeport.yml:1: name: 'My_Shop' is not a name: lower-case letters, digits and single hyphens, a letter first",
        "homeport.yml:2: regoin: unknown key (did you mean 'region'?)",
        "homeport.yml:7: services.shop.processes.web.memory_mb: 700 is not a Fargate size for 0.25 vCPU; "
        "use 512, 1024 or 2048",
        "homeport.yml:8: services.shop.on[0]: 'orders' is not a topic; none is declared",
        "homeport.yml:9: services.shop.uses[0]: 'mian-db' is not a database, cache, topic, bucket, `users` or `mail` "
        "(did you mean 'main-db'?)",
        "homeport.yml:11: databases.main-db.storage_gb: 'five' is not a whole number",
        "homeport.yml:13: environments.stage.account: is missing: the 12 digits of the AWS account of this environment",
    ]


def test_a_broken_part_is_not_also_called_unknown(mistakes: Mistakes) -> None:
    text = "name: a\nservices: {shop: {path: shop, uses: [main-db]}}\ndatabases: {main-db: {size: [1]}}\n"
    assert mistakes(text) == ["homeport.yml:3: databases.main-db.size: a list is not text"]


def test_a_wrong_item_of_a_list_hides_no_other_mistake_and_moves_none(mistakes: Mistakes) -> None:
    text = """name: a
services:
  shop:
    path: shop
    uses: [Bad_One, orders, main-db, 2]
    routes:
      - {rout: GET /a}
      - {route: GET /b, auth: true, scopes: [reed]}
users: {scopes: [read]}
topics: {orders: }
"""
    name = "a name: lower-case letters, digits and single hyphens, a letter first"
    assert mistakes(text) == [
        f"homeport.yml:5: services.shop.uses[0]: 'Bad_One' is not {name}",
        f"homeport.yml:5: services.shop.uses[3]: '2' is not {name}",
        "homeport.yml:5: services.shop.uses[2]: 'main-db' is not a database, cache, topic, bucket, `users` or `mail`; "
        "there are orders or users",
        "homeport.yml:7: services.shop.routes[0].route: is missing: `METHOD /path`, as API Gateway writes it: `ANY`, "
        "`{id}` and `{proxy+}` are allowed.",
        "homeport.yml:7: services.shop.routes[0].rout: unknown key (did you mean 'route'?)",
        "homeport.yml:8: services.shop.routes[1]: 'reed' is not one of `users.scopes` (did you mean 'read'?)",
    ]


def test_what_is_wrong_is_not_also_missing(mistakes: Mistakes) -> None:
    assert mistakes("name: a\nservices: {shop: {path: [1]}}\n") == [
        "homeport.yml:2: services.shop.path: a list is not text"
    ]


def test_scalars_mean_what_the_key_wants(folder: Path) -> None:
    file = folder / "homeport.yml"
    file.write_text(
        "name: no\npython: 3.10\nservices:\n  shop:\n    path: shop\n    on: [yes]\n"
        "    environment: {DEBUG: off, WORKERS: 08, EMPTY: ''}\n"
        "topics:\n  yes:\ndatabases: {on: {version: 15}}\nenvironments: {prod: {account: 012345678901}}\n"
    )
    platform = load_platform(file)
    assert (platform.name, platform.python) == ("no", "3.10")
    assert platform.services["shop"].on == ("yes",)
    assert platform.services["shop"].environment == {"DEBUG": "off", "WORKERS": "08", "EMPTY": ""}
    assert platform.databases["on"].version == "15"
    assert platform.environments["prod"].account == "012345678901"


def test_short_forms_stand_for_their_first_key(folder: Path) -> None:
    file = folder / "homeport.yml"
    file.write_text("name: a\nservices: {shop: {path: shop, health: /ok, routes: [GET /books]}}\nusers:\ntopics:\n")
    platform = load_platform(file)
    assert platform.services["shop"].health.path == "/ok"
    assert [route.route for route in platform.services["shop"].routes] == ["GET /books"]
    assert platform.users is not None and platform.users.clients == ("web",)


def test_commands_come_from_the_procfile_and_can_be_overridden(folder: Path) -> None:
    file = folder / "homeport.yml"
    file.write_text("name: a\nservices: {shop: {path: shop, processes: {web: {cpu: 512, memory_mb: 1024}}}}\n")
    service = load_platform(file).services["shop"]
    assert {name: process.command for name, process in service.processes.items()} == {
        "web": "gunicorn shop.wsgi",
        "worker": "./consume",
    }
    assert service.processes["web"].cpu == 512
    assert service.release == "./migrate"


def test_merge_keys_and_anchors_work_and_what_is_written_wins(folder: Path) -> None:
    file = folder / "homeport.yml"
    file.write_text(
        "name: a\ndatabases:\n  one: &big {size: db.t4g.large, storage_gb: 50}\n  two: {<<: *big, storage_gb: 60}\n"
    )
    two = load_platform(file).databases["two"]
    assert (two.size, two.storage_gb) == ("db.t4g.large", 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", ":1: a list stands where a mapping is expected"),
        ("just words", ":1: 'just words' stands where a mapping is expected"),
        ("name: a\nname: b\n", ":2: name: is written twice; first in line 1"),
        ("name: [\n", ":2: is not YAML"),
        ("name: a\n\tregion: b\n", ":2: is not YAML"),
        ("name: a\n--- \nname: b\n", "is not YAML"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "is not YAML"),
        (b"name: caf\xe9\n", ":1: is not UTF-8 text: byte 0xe9"),
        (b"name: a\nregion: \xff\n", ":2: is not UTF-8 text"),
        ("name: *nothing\n", ":1: is not YAML: found undefined alias"),
        ("name: &a [*a]\n", "aliases make the file too large"),
        ("name: !!python/object:os.system a\n", "tags are not supported"),
        ("? [a, b]\n: c\n", "a key must be text"),
        ("name: " + "[" * 100_000, "nested more than"),
        ("{" * 60 + "}" * 60, "nested more than"),
        ("name: " + "x" * 6_000_000, "is larger than 5 MB"),
        ("services: {'a\\nb': {}}\nname: a", "services"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_broken_files_are_refused_in_words(mistakes: Mistakes, text: str | bytes, expected: str) -> None:
    said = mistakes(text)
    assert expected in "\n".join(said)
    assert all(line.startswith("homeport.yml") for line in said)


def test_billions_of_laughs_end_quickly(mistakes: Mistakes) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases make the file too large" in mistakes("\n".join(lines))[0]


def test_a_missing_file_a_folder_and_an_unreadable_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="does not exist") as missing:
        load_platform(tmp_path / "homeport.yml")
    assert "homeport init" in missing.value.hint
    with pytest.raises(HomeportError, match="is a folder"):
        load_platform(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "homeport.yml")
    with pytest.raises(HomeportError, match="is not a regular file"):
        load_platform(tmp_path / "homeport.yml")


def test_a_pipe_that_is_open_already_is_read() -> None:
    read, write = os.pipe()
    os.write(write, b"name: shop\n")
    os.close(write)
    assert load_platform(Path(f"/dev/fd/{read}")).name == "shop"
    os.close(read)


def test_missing_folders_and_procfile_mistakes_are_named(mistakes: Mistakes, folder: Path) -> None:
    (folder / "resize/Procfile").write_text("web gunicorn\nCelery_Beat: x\n")
    text = (
        "name: a\nservices:\n  one: {path: nowhere}\n  two: {path: resize}\n  three: {path: www}\n"
        "  four: {path: shop, processes: {extra: {}}}\nsites: {docs: {path: sites}}\n"
    )
    assert mistakes(text) == [
        "homeport.yml:3: services.one.path: 'nowhere' is not a folder (relative to homeport.yml)",
        "homeport.yml:4: services.two.path: resize/Procfile:1: 'web gunicorn' is not `process: command`",
        "homeport.yml:5: services.three: has no process: write a Procfile in its folder, "
        "or `processes` with a `command`",
        "homeport.yml:6: services.four.processes.extra: has no command, and the Procfile has no line for it",
        "homeport.yml:7: sites.docs.path: 'sites' is not a folder (relative to homeport.yml)",
    ]
    (folder / "resize/Procfile").write_text("Celery_Beat: x\n")
    assert "resize/Procfile:1: process 'Celery_Beat' is not a name" in "\n".join(mistakes(text))


def test_a_value_of_environment_is_never_shown(mistakes: Mistakes) -> None:
    said = "\n".join(mistakes("name: a\nservices: {shop: {path: shop, environment: {KEY: [hunter2]}}}\n"))
    assert "environment.KEY" in said and "hunter2" not in said


def test_a_setting_that_is_not_text_is_told_by_its_kind(mistakes: Mistakes) -> None:
    text = "name: a\nservices: {shop: {path: shop, environment: {A: null, B: [1], C: {d: e}}}}\n"
    assert [line.partition("environment.")[2] for line in mistakes(text)] == [
        "A: nothing is not text",
        "B: a list is not text",
        "C: a mapping is not text",
    ]


def test_very_many_mistakes_are_counted(mistakes: Mistakes) -> None:
    said = mistakes("name: a\n" + "".join(f"key{n}: 1\n" for n in range(500)))
    assert len(said) == 101 and said[-1] == "homeport.yml: and 400 more"


def test_the_reference_platform_is_valid() -> None:
    assert set(load_platform(EXAMPLE).services) == {"catalog", "library"}
