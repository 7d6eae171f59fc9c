"""homeport simulate as it is typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from homeport.cli.simulate import simulate
from homeport.cost.prices.book import load_book
from homeport.errors import HomeportError

PRICES = ("--vcpu-hour-usd", "0.04", "--gb-hour-usd", "0.004")
PLATFORM = """\
name: shop
services:
  web-shop:
    path: .
    routes: [ANY /books]
    processes:
      web: {command: gunicorn shop.wsgi, cpu: 512, memory_mb: 1024, scale: {min: 2, max: 6, cpu_percent: 50}}
functions:
  quote: {path: quote, memory_mb: 512, concurrency: 5, routes: [POST /quotes]}
environments:
  prod:
    account: "210000000001"
    services:
      web-shop: {processes: {web: {scale: {min: 3}}}}
"""
USAGE = """\
environments:
  prod:
    services:
      web-shop: {requests: 5000000, duration_ms: 120}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quote").mkdir()
    (tmp_path / "quote/main.py").touch()
    (tmp_path / "Procfile").write_text("web: gunicorn shop.wsgi\n")
    lines = [f"2026-11-02T{hour:02}:00:00Z,{20_000 + 1000 * hour},90,400" for hour in range(24)]
    (tmp_path / "traffic.csv").write_text("\n".join(["time,requests,p50_ms,p95_ms", *lines]))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    file = folder / "homeport.yml"
    return CliRunner().invoke(simulate, arguments, obj=file, catch_exceptions=False)


def error(folder: Path, *arguments: str) -> HomeportError:
    with pytest.raises(HomeportError) as caught:
        run(folder, *arguments)
    return caught.value


def test_traffic_alone_is_enough(folder: Path) -> None:
    result = run(folder, "--traffic", str(folder / "traffic.csv"), *PRICES)
    assert result.exit_code == 0
    assert "traffic.csv: " in result.stdout and "hold p95 ≤ 500 ms" in result.stdout
    assert "assumed:" in result.stdout and "50% of it is computing" in result.stdout


def test_it_fails_where_no_settings_hold(folder: Path) -> None:
    result = run(folder, "--traffic", str(folder / "traffic.csv"), "--p95-ms", "20", *PRICES)
    assert result.exit_code == 1
    assert "no settings hold p95 ≤ 20 ms" in result.stdout and "cheapest" not in result.stdout


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("p50_ms: 80, p95_ms: 240, duration_ms: 999", "p50 and p95 of homeport.usage.yml; p50 80 ms, p95 240 ms"),
        (
            "p50_ms: 80, duration_ms: 999",
            "a median of 80 ms (homeport.usage.yml), spread assumed; p50 80 ms, p95 320 ms",
        ),
        ("duration_ms: 120", "an average of 120 ms (homeport.usage.yml), spread assumed; p50 84 ms, p95 337 ms"),
    ],
)
def test_a_median_is_not_taken_for_an_average(folder: Path, said: str, told: str) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    (folder / "homeport.usage.yml").write_text(USAGE.replace("duration_ms: 120", said))
    result = run(folder, "--service", "web-shop", "--p95-ms", "2000", *PRICES)
    assert told in result.stdout.replace("\n", " ")


def test_json_is_all_that_is_on_stdout(folder: Path) -> None:
    result = run(
        folder, "--traffic", str(folder / "traffic.csv"), "--json", "--dynos", "3", "--dyno-usd", "50", *PRICES
    )
    document = json.loads(result.stdout)
    assert document["options"][0]["name"] == "Heroku today"
    assert document["options"][0]["month_usd"] == 150


def test_the_page_is_written(folder: Path) -> None:
    run(folder, "--traffic", str(folder / "traffic.csv"), "--html", str(folder / "page.html"), *PRICES)
    assert (folder / "page.html").read_text().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_an_error(folder: Path) -> None:
    found = error(folder, "--traffic", str(folder / "traffic.csv"), "--html", str(folder / "no/page.html"), *PRICES)
    assert found.message.endswith("no/page.html: No such file or directory")


def test_the_platform_says_what_is_declared_in_the_environment(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    arguments = ("--traffic", str(folder / "traffic.csv"), "--service", "web-shop", "--json", *PRICES)
    declared = next(o for o in json.loads(run(folder, *arguments).stdout)["options"] if o["name"] == "homeport.yml")
    assert declared["settings"] | {"workers": 0} == {
        "cpu": 512,
        "memory_mb": 1024,
        "workers": 0,
        "min": 3,
        "max": 6,
        "target": 50,
        "by_requests": False,
    }


def test_workers_are_those_of_the_command_line_or_the_environment_or_of_the_size(folder: Path) -> None:
    def workers(platform: str, *more: str) -> int:
        (folder / "homeport.yml").write_text(platform)
        arguments = ("--traffic", str(folder / "traffic.csv"), "--service", "web-shop", "--json", *more, *PRICES)
        options = json.loads(run(folder, *arguments).stdout)["options"]
        return int(next(option for option in options if option["name"] == "homeport.yml")["settings"]["workers"])

    concurrent = PLATFORM.replace("    routes: [ANY", "    environment: {WEB_CONCURRENCY: 4}\n    routes: [ANY")
    assert (workers(PLATFORM), workers(concurrent), workers(concurrent, "--workers", "7")) == (2, 4, 7)


def test_a_function_is_replayed_as_a_function(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    arguments = ("--traffic", str(folder / "traffic.csv"), "--service", "quote", "--json", *PRICES)
    function = json.loads(run(folder, *arguments).stdout)["options"][-1]
    assert function["name"] == "function" and function["throttled"] > 0  # five at a time are few


def test_without_a_file_the_usage_is_spread_over_a_week(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    (folder / "homeport.usage.yml").write_text(USAGE)
    result = run(folder, "--service", "web-shop", *PRICES)
    assert "5,000,000 requests a month (homeport.usage.yml), 7.0 days" in result.stdout
    assert "the shape of the day and week is assumed" in result.stdout
    assert "an average of 120 ms (homeport.usage.yml), spread assumed" in result.stdout


def test_a_mistake_in_the_usage_has_its_line(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    (folder / "homeport.usage.yml").write_text(USAGE.replace("5000000", "-3"))
    assert (
        "homeport.usage.yml:4: environments.prod.services.web-shop.requests"
        in error(folder, *PRICES, "--service", "web-shop").message
    )


def test_several_services_need_a_name(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    found = error(folder, *PRICES)
    assert "has 2 services and functions" in found.message and "web-shop, quote" in found.hint


def test_an_unknown_service_is_named(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    assert "service shop: is not in homeport.yml" in error(folder, "--service", "shop", *PRICES).message


def test_no_traffic_at_all_says_what_to_give(folder: Path) -> None:
    found = error(folder, *PRICES)
    assert "no file is given" in found.message and "--traffic FILE" in found.hint


@pytest.mark.parametrize("option", ["--p95-ms", "--cpu-share", "--dyno-cores", "--dyno-usd", "--vcpu-hour-usd"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
def test_numbers_that_are_none_are_wrong_usage(folder: Path, option: str, value: str) -> None:
    result = run(folder, "--traffic", str(folder / "traffic.csv"), *PRICES, option, value)
    assert result.exit_code == 2 and option in result.stderr


def test_traffic_without_a_request_is_no_traffic(folder: Path) -> None:
    (folder / "none.csv").write_text("time,requests\n2026-11-02T10:00Z,0\n2026-11-02T11:00Z,0\n")
    found = error(folder, "--traffic", str(folder / "none.csv"), "--service-time", "80", "300", *PRICES)
    assert found.message == "CSV none.csv: has no requests"


def test_no_prices_say_where_they_are(folder: Path) -> None:
    found = error(folder, "--traffic", str(folder / "traffic.csv"))
    assert "prices:" in found.message and "--vcpu-hour-usd" in found.hint


def test_with_a_platform_prices_are_those_of_its_region_in_the_book(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM)
    book = {(price.id, price.region): price for price in load_book().prices.values()}
    result = run(folder, "--service", "web-shop", "--traffic", str(folder / "traffic.csv"))
    price = book["fargate.x86.vcpu", "eu-west-1"]
    assert f"${price.usd:g} a vCPU hour" in result.stdout and "Fargate in eu-west-1" in result.stdout
    function = json.loads(run(folder, "--service", "quote", "--traffic", str(folder / "traffic.csv"), "--json").stdout)
    assert "unknown" not in json.dumps(function)


def test_a_region_without_prices_is_named(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM.replace("name: shop", "name: shop\nregion: sa-east-1"))
    found = error(folder, "--service", "web-shop", "--traffic", str(folder / "traffic.csv"))
    assert "sa-east-1" in found.message


def test_no_service_time_says_how_to_give_it(folder: Path) -> None:
    (folder / "bare.csv").write_text("time,requests\n2026-11-02T10:00Z,5\n2026-11-02T11:00Z,5\n")
    found = error(folder, "--traffic", str(folder / "bare.csv"), *PRICES)
    assert "CSV bare.csv does not say how long requests take" in found.message
    given = run(folder, "--traffic", str(folder / "bare.csv"), "--service-time", "80", "300", *PRICES)
    assert "service time: given; p50 80 ms, p95 300 ms" in given.stdout


def test_no_tasks_at_least_cannot_scale_out(folder: Path) -> None:
    (folder / "homeport.yml").write_text(PLATFORM.replace("min: 3", "min: 0"))
    found = error(folder, "--traffic", str(folder / "traffic.csv"), "--service", "web-shop", *PRICES)
    assert "services.web-shop.processes.web.scale.min: 0 tasks have no metric" in found.message
