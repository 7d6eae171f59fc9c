"""What can be said of the example without running it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "magicbook"
REQUIREMENTS = sorted(EXAMPLE.glob("*/*/requirements.txt"))
SITE = EXAMPLE / "sites" / "www"


class Page(HTMLParser):
    """The elements of a page, as (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page((SITE / "index.html").read_text())


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: str(file.parent.relative_to(EXAMPLE)))
def test_requirements_are_exact(file: Path) -> None:
    for line in file.read_text().splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement:
            assert "==" in requirement or (file.parent / requirement / "pyproject.toml").is_file(), requirement
    wanted = (file.parent / "requirements.in").read_text() if (file.parent / "requirements.in").exists() else ""
    for name in re.findall(r"^[a-z][\w-]*", wanted, re.MULTILINE):
        assert re.search(rf"^{name}==", file.read_text(), re.MULTILINE), f"{name} is missing: compile {file} anew"


@pytest.mark.parametrize("name", ["catalog", "library"])
def test_a_service_listens_where_the_platform_says(name: str) -> None:
    lines = (EXAMPLE / "services" / name / "Procfile").read_text().splitlines()
    processes = dict(line.split(": ", 1) for line in lines)
    assert "--bind ${HOST:-0.0.0.0}:$PORT" in processes["web"]
    assert "migrate --noinput" in processes["release"]


def test_the_page_refers_only_to_files_that_exist(page: Page) -> None:
    for path in [*page.values("src"), *page.values("href")]:
        if path.startswith("/") and path != "/":
            assert (SITE / path[1:]).is_file(), path
    for script in SITE.glob("*.js"):
        for path in re.findall(r'from "\./([\w.]+)"|"/([\w-]+\.svg)"', script.read_text()):
            assert (SITE / "".join(path)).is_file(), (script.name, path)


def test_scripts_name_only_elements_that_exist(page: Page) -> None:
    names = set(page.values("id"))
    for script in SITE.glob("*.js"):
        for name in re.findall(r'(?:element|getElementById)\("([\w-]+)"\)', script.read_text()):
            assert name in names, (script.name, name)


def test_everything_on_the_page_can_be_named_by_a_screen_reader(page: Page) -> None:
    labelled, names = set(page.values("for")), set(page.values("id"))
    assert ("html", {"lang": "en"}) in page.elements
    for tag, attributes in page.elements:
        if tag == "input":
            assert attributes["id"] in labelled
        if tag == "img":
            assert "alt" in attributes
        if tag in ("dialog", "section"):
            assert attributes["aria-labelledby"] in names


def test_nothing_comes_from_elsewhere() -> None:
    """No script, font or style of other people: the policy of the page forbids them, and none is asked for."""
    for file in SITE.iterdir():
        for url in re.findall(r"""https?://[^\s"'`)]+""", file.read_text()):
            assert url.startswith(("http://www.w3.org/", "https://cognito-idp.${")), (file.name, url)


def test_the_package_and_the_example_need_nothing_of_homeport_itself() -> None:
    for file in [*EXAMPLE.rglob("*.py"), *(ROOT / "packages").rglob("*.py")]:
        assert not re.search(r"^\s*(from|import) homeport[.\s]", file.read_text(), re.MULTILINE), file
