"""What the doctor could not read."""

from homeport.doctor.examine import examine_texts
from homeport.doctor.walk import Unreadable
from tests.doctor.cases import APPS, find, places, project

RULE = "could-not-tell"


def test_a_folder_without_django_is_said_to_be_one() -> None:
    (found,) = find(RULE, {"main.py": "print()\n"})
    assert (found.place, found.severity) == (".", "warning")


def test_computed_settings_are_said_to_be_so() -> None:
    assert places(RULE, project(f"{APPS}locals().update(load())\n")) == ["web/settings.py"]
    assert places(RULE, project(f"from shop_defaults.settings import *\n{APPS}")) == ["web/settings.py"]


def test_python_2_is_named_with_its_line() -> None:
    nothing, found = find(RULE, project("import os\nprint 'x'\nX = 1\n", "web: x\n"))
    assert (nothing.place, nothing.severity) == (".", "warning")
    assert (found.place, found.severity) == ("web/settings.py:2", "note")


def test_what_was_not_read_is_listed() -> None:
    found = examine_texts(project(APPS), (Unreadable("x.py", "is binary"),))
    assert [(f.place, f.title) for f in found if f.rule == RULE] == [("x.py", "was not read: is binary")]


def test_plain_settings_are_fine() -> None:
    assert places(RULE, project(APPS)) == []
