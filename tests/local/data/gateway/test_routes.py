"""Which route answers: AWS's own examples, then what must hold for any path."""

from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.gateway.api.routes import compile_routes, other_readings, split_path
from homeport.local.data.http.message import BadMessage

# The example of the developer guide's page on routes.
GUIDE = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"]


@pytest.mark.parametrize(
    ("keys", "method", "path", "route", "parameters"),
    [
        (GUIDE, "GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        (GUIDE, "GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        (GUIDE, "GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        (GUIDE, "POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        (GUIDE, "POST", "/pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
        (["GET /a", "ANY /a"], "GET", "/a", "GET /a", {}),
        (["GET /a", "ANY /a"], "HEAD", "/a", "ANY /a", {}),
        (["GET /a"], "HEAD", "/a", None, {}),
        (["GET /a", "$default"], "HEAD", "/a", "$default", {}),
        (["GET /{x}/b", "GET /a/{y}"], "GET", "/a/b", "GET /a/{y}", {"y": "b"}),
        (["GET /a/{p+}", "GET /a/b/{p+}"], "GET", "/a/b/c", "GET /a/b/{p+}", {"p": "c"}),
        (["ANY /a/{id}", "GET /{p+}"], "GET", "/a/1", "ANY /a/{id}", {"id": "1"}),
        (["GET /books"], "GET", "/books/", None, {}),
        (["GET /books/{p+}"], "GET", "/books/", "GET /books/{p+}", {"p": ""}),
        (["GET /books/{p+}"], "GET", "/books", None, {}),
        (["GET /books/{id}"], "GET", "/books/", None, {}),
        (["ANY /{p+}"], "GET", "/", "ANY /{p+}", {"p": ""}),
        (["GET /"], "GET", "/", "GET /", {}),
        (["GET /Books"], "GET", "/books", None, {}),
        (["GET /books/{id}"], "GET", "/books/a%2Fb", "GET /books/{id}", {"id": "a/b"}),
        (["GET /a b"], "GET", "/a%20b", "GET /a b", {}),
        (["GET /{id}"], "GET", "/%C3%A9", "GET /{id}", {"id": "é"}),
        (["GET /a/{p+}"], "GET", "/a//b", "GET /a/{p+}", {"p": "/b"}),
        (["GET /public/exact"], "GET", "/public%2Fexact", None, {}),
        (["GET /public/exact", "ANY /{p+}"], "GET", "/public%2Fexact", "ANY /{p+}", {"p": "public/exact"}),
        ([], "GET", "/", None, {}),
    ],
)
def test_the_most_specific_route_answers(
    keys: list[str], method: str, path: str, route: str | None, parameters: dict[str, str]
) -> None:
    found = compile_routes(keys).find(method, split_path(path))
    assert found == (None if route is None else (route, parameters))


@pytest.mark.parametrize(
    "path",
    [
        "/../x",
        "/a/..",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/./a",
        "/a%2f..%2fb",
        "/a%00",
        "/a%zz",
        "/a%2",
        "/a\\..\\b",
        "/%5c",
    ],
)
def test_paths_that_a_service_could_read_differently_are_refused(path: str) -> None:
    with pytest.raises(BadMessage):
        split_path(path)


@pytest.mark.parametrize(
    ("path", "reading"),
    [
        ("/private%2F1", ("private", "1")),
        ("/private%2f1", ("private", "1")),
        ("/private%252F1", ("private", "1")),
        ("/private%255c1", ("private", "1")),
        ("//private/1", ("private", "1")),
        ("/%2Fprivate/1", ("private", "1")),
        ("/private//1", ("private", "1")),
        ("/private;x=y/1", ("private", "1")),
        ("/private%3Bx/1", ("private", "1")),
        ("/private%253Bx/1", ("private", "1")),
        ("/;/private/1", ("private", "1")),
        ("/%70rivate%2F1", ("private", "1")),
        ("/%2570rivate/1", ("private", "1")),
    ],
)
def test_what_a_service_may_read_is_known(path: str, reading: tuple[str, ...]) -> None:
    segments = split_path(path)
    assert segments != reading
    assert reading in other_readings(segments)


@pytest.mark.parametrize("path", ["/", "/a/b", "/a/b/", "/%C3%A9/100%25", "/a%20b", "/a+b", "/a%3Fb=c"])
def test_a_plain_path_has_no_other_reading(path: str) -> None:
    assert other_readings(split_path(path)) == ()


@pytest.mark.parametrize("path", ["/a/%252e%252e/b", "/..;/a", "/a/.;x/b", "/a%255c..%255cb", "/%25252525252Fa"])
def test_hidden_dots_and_layers_of_escapes_are_refused(path: str) -> None:
    with pytest.raises(BadMessage):
        other_readings(split_path(path))


segment = st.text(st.characters(codec="utf-8", exclude_characters="\\\x00"), min_size=1, max_size=8).filter(
    lambda text: not any(part in (".", "..") for part in text.split("/"))
)


@given(st.lists(segment, min_size=1, max_size=5))
def test_escaped_segments_come_back_as_they_were(segments: list[str]) -> None:
    path = "/" + "/".join(quote(part, safe="") for part in segments)
    assert split_path(path) == tuple(segments)


@given(st.lists(segment, min_size=1, max_size=4), st.integers(0, 3))
def test_a_route_made_from_a_path_matches_that_path(segments: list[str], variable: int) -> None:
    index = variable % len(segments)
    template = [part.replace("{", "(").replace("}", ")") for part in segments]
    path = "/" + "/".join(quote(part, safe="") for part in template)
    if any("/" in part for part in template):
        return  # a route's own fixed segments hold no slash
    value, template[index] = template[index], "{it}"
    key = "GET /" + "/".join(template)
    assert compile_routes([key]).find("GET", split_path(path)) == (key, {"it": value})


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        segments = split_path("/" + text)
    except BadMessage:
        return
    assert not {".", ".."}.intersection(segments)
    with suppress(BadMessage):
        assert segments not in other_readings(segments)
    compile_routes(["$default"]).find("GET", segments)
