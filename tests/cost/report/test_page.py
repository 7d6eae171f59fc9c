"""The HTML page: whole in itself, harmless, and with every number that its charts show."""

import datetime
import re
from html.parser import HTMLParser

import pytest

from homeport.cost.compare import Comparison, compare
from homeport.cost.prices.book import PriceBook, load_book
from homeport.cost.report.chart import Bar, Row, dollars, render_bars
from homeport.cost.report.page import render_page
from homeport.model.usage import Usage
from tests.cost.platforms import load_team, make_platform

BOOK = load_book()
TODAY = datetime.date(2026, 11, 23)
VOID = {"meta", "br", "link", "img", "rect", "line", "path"}


class Reader(HTMLParser):
    """Notes tags and what they load, and that each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for key, value in attributes if key == "id" and value]
        self.loads += [value for key, value in attributes if key in ("src", "href", "action") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"


@pytest.fixture(scope="module")
def team() -> Comparison:
    return compare(*load_team(), BOOK)


@pytest.fixture(scope="module")
def page(team: Comparison) -> str:
    return render_page("paperline", team, BOOK, TODAY)


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert reader.loads == [] and "script" not in reader.tags
    assert "://" not in page and "url(" not in page
    assert len(set(reader.ids)) == len(reader.ids)


def test_charts_are_spoken_to_those_who_do_not_see_them(page: str) -> None:
    assert page.count('role="img"') == 4
    for chart in re.findall(r'aria-labelledby="(\w+)-title \w+-text"', page):
        assert f'<title id="{chart}-title">' in page and f'<desc id="{chart}-text">' in page


def test_it_suits_light_and_dark(page: str) -> None:
    assert "prefers-color-scheme: dark" in page


def test_the_answer_is_on_the_page(page: str, team: Comparison) -> None:
    assert dollars(team.bill.cents / 100) in page
    assert dollars(team.chosen.cents / 100) in page
    assert "Move, laid out as arm" in page and "that Homeport builds today" in page
    for name in ("shop", "accounts", "catalog", "billing", "notifications", "reports"):
        assert f">{name}</text>" in page
    assert "Invoice of 2026-10" in page


def test_every_line_of_both_bills_is_on_the_page(page: str, team: Comparison) -> None:
    body = page.partition("The AWS bill")[2]
    assert body.count("<tr>") == len(team.chosen.estimate.lines) + 1
    assert page.partition("The Heroku bill")[2].partition("The AWS bill")[0].count("<tr>") == len(team.bill.lines) + 1


def test_unknown_prices_are_on_the_page_by_name() -> None:
    there = make_platform(region="eu-west-2")
    page = render_page("shop", compare(there, Usage(), BOOK), BOOK, TODAY)
    assert "no price of nat.hour in eu-west-2" in page
    assert "No advice." in page


EUROPE = {"heroku": {"charges": [{"part": "s0", "environment": "prod", "item": "web: 4 x Performance-L"}]}}


def test_what_nobody_can_know_has_no_percentage_no_break_even_and_no_chart_that_draws_it() -> None:
    platform = make_platform(region="eu-west-2")  # of which the book knows nothing, so nothing is filled either
    page = render_page("shop", compare(platform, Usage.model_validate(EUROPE), BOOK), BOOK, TODAY)
    assert " %</b>" not in page and "Breaks even" not in page
    assert page.count('role="img"') == 1  # of kinds, which says so
    assert "(recommended)" not in page and 'class="marked"' not in page


def test_where_prices_are_filled_the_headline_and_the_charts_count_with_them_and_say_so() -> None:
    book = PriceBook(
        BOOK.date, {key: price for key, price in BOOK.prices.items() if key[1] != "eu-west-1" or key[0] == "alb.hour"}
    )
    comparison = compare(make_platform(region="eu-west-1"), Usage.model_validate(EUROPE), book)
    assert comparison.filled
    page = render_page("shop", comparison, book, TODAY)
    head = page.partition("</svg>")[0]
    assert dollars(comparison.filled.chosen.cents / 100) in head
    assert dollars(comparison.chosen.cents / 100) not in head
    assert "with the prices of us-east-1 for" in head
    saving = 100 * (1 - comparison.filled.chosen.cents / comparison.bill.cents)
    assert f"{saving:.0f} %</b>" in head and "At most" not in page


def test_every_line_has_unit_price_date_and_what_aws_calls_it(page: str, team: Comparison) -> None:
    body = page.partition("The AWS bill")[2]
    assert "$0.04048 a vCPU-hour" in body and "SKU not in the book" in body and "M2YSHUBETB3JX4M4" in body


def test_names_from_files_cannot_become_markup() -> None:
    evil = '<img src=x onerror="alert(1)">'
    usage = Usage.model_validate({"heroku": {"charges": [{"part": evil, "app": evil, "item": evil, "cents": 99900}]}})
    page = render_page(evil, compare(make_platform(), usage, BOOK), BOOK, TODAY)
    assert "<img" not in page


def test_bars_are_as_long_as_what_they_show() -> None:
    svg = render_bars("x", "t", [Row("a", (Bar("aws", 100),)), Row("b", (Bar("aws", 50),))])
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', svg)]
    assert widths[0] == pytest.approx(2 * widths[1])


def test_a_chart_of_nothing_is_still_a_chart() -> None:
    assert render_bars("x", "t", [Row("a", (Bar("aws", 0),))]).startswith("<svg")
    assert render_bars("x", "t", []).startswith("<svg")


@pytest.mark.parametrize(("amount", "text"), [(0, "$0.00"), (99.994, "$99.99"), (1234.5, "$1,234"), (-20, "-$20.00")])
def test_small_sums_have_cents(amount: float, text: str) -> None:
    assert dollars(amount) == text
