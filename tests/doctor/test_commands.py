"""Commands of processes, as words with their places."""

import pytest

from homeport.doctor.commands import Command, read_commands
from homeport.doctor.patches import edit_text


def command(text: str) -> Command:
    return Command("Procfile", "web", text, 0, 1, 1)


def test_processes_are_read_from_procfiles_of_any_shape() -> None:
    text = "# web: no\r\nweb: a b\r\n\r\n  worker : c\r\nnonsense\r\nempty:\r\n"
    found = read_commands({"Procfile": text})
    assert [(c.process, c.text, c.line, text[c.start :][:1]) for c in found] == [
        ("web", "a b", 2, "a"),
        ("worker", "c", 4, "c"),
    ]


def test_nested_procfiles_and_heroku_yml_are_read() -> None:
    files = {
        "Procfile": "web: honcho -f More start\n",
        "More": "asgi: daphne x\n",
        "heroku.yml": "build:\n  docker:\n    web: Dockerfile\nrun:\n  web: gunicorn x\n",
    }
    found = {(c.file, c.process): c.is_web for c in read_commands(files)}
    assert found == {("Procfile", "web"): True, ("More", "asgi"): True, ("heroku.yml", "web"): True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("g --bind 'x y' z", "x y"),
        ("g --bind=x", "x"),
        ("g -b x", "x"),
        ("g -bx", "x"),
        ("g --bindings x", None),
        ("g --bind", None),
    ],
)
def test_options_are_found_in_their_forms(text: str, value: str | None) -> None:
    found = command(text).option("--bind", "-b")
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("text", "word", "after"),
    [("a b c", "b", "a c"), ("a b", "b", "a"), ("a b", "a", "b"), ("a && b x && c", "b", "a && x && c")],
)
def test_a_word_goes_with_its_blanks(text: str, word: str, after: str) -> None:
    one = command(text)
    (found,) = [other for other in one.words if other.text == word]
    assert edit_text(text, [one.remove(found.start, found.end)]) == after


def test_words_are_added_to_the_right_part() -> None:
    one = command("a; b x | c")
    assert edit_text(one.text, [one.append_to(one.words[2], "y")]) == "a; b x y | c"
