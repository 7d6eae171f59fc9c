"""A project as the rules see it."""

from homeport.doctor.project import Project
from tests.doctor.cases import APPS, project


def test_only_settings_and_files_with_a_sign_are_parsed() -> None:
    found = Project(project(APPS, shop__a_py="X = 'DYNO'\n", shop__b_py="print 'x'\n"))
    assert [module.file for module in found.signed_modules] == ["web/settings.py", "shop/a.py"]
    assert found.broken == ()


def test_a_setting_is_set_missing_or_unknown() -> None:
    assert Project(project("A = 1\n")).knows("A") == "set"
    assert Project(project("A = 1\n")).knows("B") == "missing"
    assert Project(project("exec(open('x').read())\n")).knows("B") == "unknown"
    assert Project(project("globals().update(platform_settings(X))\n")).knows("DATABASES") == "set"


def test_requirements_are_asked_by_whole_names() -> None:
    found = Project(project() | {"requirements.txt": "New_Relic\ndjango-redis==5\n"})
    assert found.requires("new-relic") and found.requires("django-redis")
    assert not found.requires("redis") and not found.requires("django")


def test_an_app_json_that_is_none_is_empty() -> None:
    assert [Project({"app.json": text}).app_json for text in ("{,}", "[]", '{"env": {}}')] == [{}, {}, {"env": {}}]


def test_a_missing_setting_is_written_where_it_always_applies() -> None:
    assert Project(project("if X:\n    MIDDLEWARE = []\n")).add_setting("A = 1") is None
    patch = Project(project("ROOT_URLCONF = 'x'\n")).add_setting("A = 1")
    assert patch is not None and [edit.text for edit in patch.edits] == ["A = 1\n"]
