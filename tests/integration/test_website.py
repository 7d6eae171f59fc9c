"""The website in a real browser: sign in, see covers, order a book, see it on the shelf, find the receipt."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.integration.conftest import Running

pytestmark = pytest.mark.integration
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
]
WAIT_SECONDS = 30
SHOWN = "(images) => images.length >= 6 && images.every(i => i.src.includes('/covers/') && i.naturalWidth === 600)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def troubles() -> list[str]:
    """What the page complained of."""
    return []


@pytest.fixture
def page(browser: Browser, running: Running, troubles: list[str]) -> Iterator[Page]:
    """The front page, with its books."""
    page = browser.new_page()
    page.set_default_timeout(WAIT_SECONDS * 1000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    page.goto(running.site_url)
    expect(catalog(page)).to_have_attribute("aria-busy", "false", timeout=WAIT_SECONDS * 1000)
    yield page
    page.close()


def catalog(page: Page) -> Locator:
    return page.locator("#catalog")


def shelf(page: Page) -> Locator:
    return page.get_by_role("region", name="Your shelf")


def sign_in(page: Page, email: str, password: str) -> None:
    dialog = page.get_by_role("dialog", name="Sign in")
    if not dialog.is_visible():
        page.get_by_role("button", name="Sign in", exact=True).click()
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_label("Password").fill(password)
    dialog.get_by_role("button", name="Sign in").click()


def eventually(look: Callable[[], Any], what: str) -> Any:
    """The first true answer of `look`; fails saying what was waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    pytest.fail(f"{what}: not within {WAIT_SECONDS} s")


def test_everyone_sees_the_books_with_the_covers_that_were_drawn(page: Page, troubles: list[str]) -> None:
    expect(catalog(page).get_by_role("listitem").first).to_be_visible()

    def all_covers_are_drawn() -> bool:
        page.reload()
        page.wait_for_load_state("networkidle")
        return bool(catalog(page).locator("img").evaluate_all(SHOWN))

    eventually(all_covers_are_drawn, "covers")
    expect(page.locator("#quote")).to_contain_text("together: €")
    troubles[:] = [trouble for trouble in troubles if "/covers/" not in trouble]  # those that were asked for too early
    expect(page.get_by_role("region", name="Your shelf")).to_be_hidden()


def test_a_wrong_password_is_explained_and_can_be_corrected(page: Page, running: Running) -> None:
    email, password = running.demo
    sign_in(page, email, "not-the-password")
    expect(page.get_by_role("alert").filter(has_text="do not fit together")).to_be_visible()
    sign_in(page, email, password)
    expect(page.get_by_text(email)).to_be_visible()
    expect(shelf(page)).to_be_visible()


def test_an_ordered_book_stands_on_the_shelf_and_the_receipt_arrives(
    page: Page, running: Running, troubles: list[str]
) -> None:
    email, password = running.demo
    receipts = len(mails_to(running, email))
    offer = catalog(page).get_by_role("listitem").filter(has=page.get_by_role("button", name="Sign in to order"))
    offer.last.get_by_role("button", name="Sign in to order").click()  # asks who is there, and orders nothing yet
    sign_in(page, email, password)
    expect(shelf(page)).to_be_visible()

    card = catalog(page).get_by_role("listitem").filter(has=page.get_by_role("button", name="Order")).last
    title = card.get_by_role("heading").inner_text()
    card.get_by_role("button", name=f"Order {title}").click()
    expect(shelf(page).get_by_role("button", name=f"Read {title}")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text(f"{title} is on your shelf")
    expect(catalog(page).get_by_role("listitem").filter(has_text=title)).to_contain_text("On your shelf")

    page.reload()
    shelf(page).get_by_role("button", name=f"Read {title}").click()
    book = page.get_by_role("dialog", name=title)
    expect(book.get_by_role("listitem").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(book).to_be_hidden()

    arrived = eventually(lambda: mails_to(running, email)[receipts:], "the receipt")
    assert any(title in mail["subject"] and "€" in mail["text"] for mail in arrived)
    assert troubles == []


def test_signing_out_empties_the_page_of_what_is_private(page: Page, running: Running) -> None:
    sign_in(page, *running.demo)
    page.get_by_role("button", name="Sign out").click()
    expect(shelf(page)).to_be_hidden()
    expect(page.get_by_text(running.demo[0])).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_a_session_that_has_ended_asks_to_sign_in_again(page: Page, running: Running) -> None:
    sign_in(page, *running.demo)
    expect(shelf(page)).to_be_visible()
    page.evaluate(
        "() => { const kept = JSON.parse(sessionStorage['magicbook.session']);"
        " sessionStorage['magicbook.session'] = JSON.stringify({...kept, token: kept.token + 'x'}); }"
    )
    page.reload()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(catalog(page).get_by_role("listitem").first).to_be_visible()


def test_an_api_that_cannot_be_reached_is_said_so_and_can_be_tried_again(page: Page, running: Running) -> None:
    page.route(f"{running.api_url}/**", lambda route: route.abort())
    page.reload()
    trouble = page.get_by_role("alert").filter(has_text="cannot be reached")
    expect(trouble).to_be_visible()
    page.unroute(f"{running.api_url}/**")
    trouble.get_by_role("button", name="Try again").click()
    expect(catalog(page).get_by_role("listitem").first).to_be_visible()
    expect(trouble).to_be_hidden()


def test_the_whole_story_needs_no_mouse(page: Page, running: Running) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the books")).to_be_focused()
    page.get_by_role("button", name="Sign in", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.type(running.demo[0])
    page.keyboard.press("Tab")
    page.keyboard.type(running.demo[1])
    page.keyboard.press("Enter")
    expect(shelf(page)).to_be_visible()


def mails_to(running: Running, email: str) -> list[dict[str, Any]]:
    done = running.homeport("mail", "--json")
    assert done.returncode == 0, done.stderr
    return [mail for mail in json.loads(done.stdout or "[]") if email in mail["to"]]
