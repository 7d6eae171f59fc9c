"""The whole example answers: every route, every token, every message, as it would on AWS."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Running

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def api(running: Running) -> Any:
    with httpx.Client(base_url=running.api_url, timeout=35, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token()}"}


def eventually(look: Callable[[], Any], what: str, timeout_seconds: float = 30) -> Any:
    """The first true answer of `look`; fails saying what was waited for."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    pytest.fail(f"{what}: not within {timeout_seconds} s")


def test_everyone_reads_books(api: httpx.Client) -> None:
    answer = api.get("/books")
    assert answer.status_code == 200
    assert len(answer.json()["books"]) >= 3


def test_the_api_answers_at_its_domain_and_services_take_no_other_host(api: httpx.Client, running: Running) -> None:
    assert api.get("/books", headers={"Host": "api.magicbook.example"}).status_code == 200
    assert api.get("/books", headers={"Host": "other.example"}).status_code == 400
    (domain,) = json.loads(running.homeport("domains", "local", "--json").stdout)["domains"]
    assert (domain["name"], domain["certificate"]) == ("api.magicbook.example", "ISSUED")


def test_a_function_answers_on_the_same_api(api: httpx.Client) -> None:
    answer = api.post("/quotes", json={"books": [{"price_cents": 1290, "copies": 3}]})
    assert answer.status_code == 200, answer.text
    assert api.post("/quotes", json={"books": ["x"]}).status_code == 400


def test_an_order_fills_the_shelf_and_brings_a_receipt(
    api: httpx.Client, running: Running, signed_in: dict[str, str]
) -> None:
    before = {book["slug"] for book in api.get("/shelf", headers=signed_in).json()["books"]}
    slug = next(book["slug"] for book in api.get("/books").json()["books"] if book["slug"] not in before)
    order = eventually(
        lambda: (answer := api.post("/orders", json={"book": slug}, headers=signed_in)).status_code == 201 and answer,
        "the worker knows the book",
    )
    assert order.json()["book"]["slug"] == slug
    assert slug in {book["slug"] for book in api.get("/shelf", headers=signed_in).json()["books"]}
    email = running.demo[0]
    eventually(
        lambda: [m for m in json.loads(running.homeport("mail", "--json").stdout or "[]") if email in m["to"]],
        "the receipt",
    )


def test_a_published_book_gets_a_cover(api: httpx.Client) -> None:
    def covered() -> bool:
        books = api.get("/books").json()["books"]
        return any(
            book.get("cover_url") and httpx.get(book["cover_url"], trust_env=False).status_code == 200 for book in books
        )

    eventually(covered, "a cover")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer not.a.token"}, 401),
        ({"Authorization": "Basic ZGVtbzpkZW1v"}, 401),
    ],
)
def test_the_shelf_needs_a_token(api: httpx.Client, header: dict[str, str], status: int) -> None:
    assert api.get("/shelf", headers=header).status_code == status


def test_an_unsigned_token_is_refused(api: httpx.Client, running: Running) -> None:
    head, claims, _ = running.token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    for forged in (f"{none}.{claims}.", f"{head}.{claims}.", f"{head}.{claims}.AAAA"):
        assert api.get("/shelf", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_readers_may_not_write_books_without_a_token(api: httpx.Client) -> None:
    assert api.post("/books", json={"title": "x"}).status_code in (401, 403)


def test_unknown_routes_are_not_found_at_the_gateway(api: httpx.Client) -> None:
    answer = api.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Not Found"}


def test_a_body_over_ten_megabytes_is_refused(api: httpx.Client) -> None:
    assert api.post("/quotes", content=b"x" * (11 * 1024 * 1024)).status_code == 413


def test_the_site_is_served_with_its_configuration(running: Running) -> None:
    page = httpx.get(running.site_url, trust_env=False)
    assert page.status_code == 200 and "<title>" in page.text
    configuration = httpx.get(f"{running.site_url}/homeport.json", trust_env=False).json()
    assert configuration["apiUrl"].rstrip("/") == running.api_url.rstrip("/")


def test_status_says_that_everything_is_live(running: Running) -> None:
    done = running.homeport("status")
    assert done.returncode == 0, done.stderr
    for name in ("catalog", "library", "quote", "www"):
        assert name in done.stdout


def test_fidelity_is_said_for_each_resource(running: Running) -> None:
    done = running.homeport("status", "--fidelity", "--json")
    levels = {row["level"] for row in json.loads(done.stdout)}
    assert {"live", "emulated", "declared only", "not enforced"} <= levels


def test_logs_of_a_service_are_shown(running: Running) -> None:
    done = running.homeport("logs", "catalog", "--json")
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["source"] for line in done.stdout.splitlines()} == {"catalog"}


def test_logs_of_the_gateway_tell_each_request(running: Running) -> None:
    httpx.get(f"{running.api_url}/books", timeout=35, trust_env=False)

    def told() -> bool:
        lines = [json.loads(line) for line in running.homeport("logs", "gateway", "--json").stdout.splitlines()]
        return any(json.loads(line["message"])["path"] == "/books" for line in lines if line["source"] == "gateway")

    eventually(told, "the gateway's log has the request")


def test_databases_of_the_platform_are_named_by_environment(running: Running) -> None:
    same = running.homeport("db", "compare", "local/catalog-db", "local/catalog-db", "--json")
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout)["rows"] > 0
    looked = running.homeport("db", "status", "local/catalog-db", "local/library-db")
    assert "next     homeport db check local/catalog-db local/library-db" in looked.stdout
    secrets = read_secrets(running)
    said = same.stdout + same.stderr + looked.stdout + looked.stderr
    assert not [name for name, value in secrets.items() if value in said]


def test_an_unknown_source_of_logs_is_a_clear_error(running: Running) -> None:
    done = running.homeport("logs", "cattalog")
    assert done.returncode == 1
    assert "cattalog has no logs" in done.stderr and "catalog" in done.stderr


def test_no_secret_is_in_a_state_file_a_log_or_the_process_list(running: Running) -> None:
    secrets = read_secrets(running)
    assert len(secrets) >= 4  # two databases, two signing keys
    haystacks = [file for file in running.home.joinpath("log").rglob("*") if file.is_file()]
    haystacks += list((running.file.parent / "live").rglob("*.tf*"))
    for file in haystacks:
        text = file.read_text(errors="replace")
        assert not [name for name, value in secrets.items() if value in text], file
    for command_line in proc_command_lines():
        assert not [name for name, value in secrets.items() if value in command_line]
    for stack in ("foundation", "apps"):
        state = running.aws("s3").get_object(Bucket=state_bucket(running), Key=f"{stack}/terraform.tfstate")
        text = state["Body"].read().decode()
        assert not [name for name, value in secrets.items() if value in text]


def read_secrets(running: Running) -> dict[str, str]:
    pages = running.aws("ssm").get_paginator("get_parameters_by_path")
    found = pages.paginate(Path="/homeport", Recursive=True, WithDecryption=True)
    return {p["Name"]: p["Value"] for page in found for p in page["Parameters"] if p["Type"] == "SecureString"}


def state_bucket(running: Running) -> str:
    names = [bucket["Name"] for bucket in running.aws("s3").list_buckets()["Buckets"]]
    return str(next(name for name in names if "terraform" in name))


def proc_command_lines() -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
