"""requirements.txt as pip reads it."""

import pytest

from homeport.heroku.files.findings import Place
from homeport.heroku.files.requirements import parse_requirements
from homeport.heroku.records import Inventory, Requirements

PLACE = Place("shop/requirements.txt", "shop")


def read(text: str, **files: str) -> Inventory:
    texts = {name.replace("__", "/") + ".txt": content for name, content in files.items()}

    def open_(path: str) -> tuple[str, Place] | None:
        return (texts[path], Place(f"shop/{path}", "shop")) if path in texts else None

    return parse_requirements(text, PLACE, open_)


def packages(found: Inventory) -> dict[str, str]:
    return dict(next(found.of(Requirements)).packages)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Django==5.0.1", {"django": "5.0.1"}),
        ("psycopg2_binary>=2.9", {"psycopg2-binary": ""}),
        ("celery[redis] == 5.3 ; python_version > '3.8'", {"celery": "5.3"}),
        ("django~=5.0  # the framework", {"django": ""}),
        ("django==5.0 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def", {"django": "5.0"}),
        ("shop @ https://example.com/shop.zip", {"shop": ""}),
        ("-e git+https://example.com/shop.git@main#egg=Shop", {"shop": ""}),
        ("https://example.com/shop-1.2-py3-none-any.whl", {"shop": "1.2"}),
        ("", {}),
    ],
)
def test_what_pip_reads_is_read_without_a_doubt(line: str, expected: dict[str, str]) -> None:
    assert packages(read(line)) == expected
    assert not read(line).doubts


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--index-url https://user:hunter2@pypi.example.com/simple", "--index-url changes where"),
        ("-c constraints.txt", "constraints"),
        ("-r ../other.txt", "outside of the folder"),
        ("-r /etc/passwd", "outside of the folder"),
        ("-r missing.txt", "which cannot be read"),
        ("./lib", "names a path or URL"),
        ("?? what", "no requirement"),
        ("please install django", "no requirement"),
        ("django==4\ndjango==5", "required twice"),
    ],
)
def test_what_is_odd_is_doubted_with_its_line_and_without_credentials(line: str, said: str) -> None:
    found = read(line)
    assert any(said in doubt.text and doubt.place.startswith("shop/requirements.txt:") for doubt in found.doubts)
    assert "hunter2" not in repr(found)


def test_includes_are_followed_relative_to_the_including_file_and_only_once() -> None:
    found = read(
        "-r requirements/base.txt",
        requirements__base="django==5\n--requirement=more.txt\n-r base.txt",
        requirements__more="-r base.txt\nredis",
    )
    assert packages(found) == {"django": "5", "redis": ""}
    assert not found.doubts


def test_doubts_of_an_included_file_name_it() -> None:
    assert [doubt.place for doubt in read("-r a.txt", a="\n??").doubts] == ["shop/a.txt:2"]


def test_includes_end_at_some_point() -> None:
    files = {f"f{n}": f"-r f{n + 1}.txt" for n in range(100)}
    assert "more than 30 files" in read("-r f0.txt", **files).doubts[-1].text
