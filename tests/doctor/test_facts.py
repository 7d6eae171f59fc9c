"""What the rules ask of a Python file."""

import pytest

from homeport.doctor.facts import Condition
from homeport.doctor.module import Module, parse_module


def module(text: str) -> Module:
    return parse_module("settings.py", text)


def test_assignments_are_found_with_their_paths() -> None:
    found = module("A = 1\nA['x']['y'] += 2\nA.append(3)\nA: int = 4\ndef f():\n    A = 5\n").facts.assignments
    assert [(a.name, a.path, a.operator) for a in found] == [
        ("A", (), "="),
        ("A", ("x", "y"), "+="),
        ("A", (), "append"),
        ("A", (), "="),
    ]


@pytest.mark.parametrize(
    ("condition", "is_development"),
    [
        (Condition("DEBUG", True), True),
        (Condition("DEBUG", False), False),
        (Condition("not DEBUG", True), False),
        (Condition("'test' in sys.argv", True), True),
        (Condition("ENVIRONMENT == 'local'", True), True),
        (Condition("ENVIRONMENT != 'development'", True), False),
        (Condition("'DYNO' in os.environ", True), False),
        (Condition("IS_HEROKU", False), True),
        (Condition("'DYNO' not in os.environ", True), True),
        (Condition("REDIS_URL", False), False),
    ],
)
def test_branches_for_developers_are_known(condition: Condition, is_development: bool) -> None:
    assert condition.is_development is is_development


def test_reads_of_the_environment_are_found_in_their_many_forms() -> None:
    text = (
        "os.environ['A1']\nos.environ.get('A2')\nos.getenv('A3')\nenv('A4')\nenv.bool('A5', False)\n"
        "config('A6', default=1)\n'A7' in os.environ\nget_string('A8', '')\nos.environ['B1'] = 'x'\nother('B2')\n"
    )
    found = {read.variable: (read.is_required, read.is_test) for read in module(text).facts.reads}
    assert found == {
        "A1": (True, False),
        "A2": (False, False),
        "A3": (False, False),
        "A4": (True, False),
        "A5": (False, False),
        "A6": (False, False),
        "A7": (False, True),
        "A8": (False, False),
    }
