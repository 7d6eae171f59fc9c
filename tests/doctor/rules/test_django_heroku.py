"""django_heroku.settings(locals())."""

from tests.doctor.cases import PINS, find, fix_settings, places, project

RULE = "django-heroku"


def test_what_it_sets_is_spelled_out() -> None:
    before = (
        "import os\nimport django_heroku\nBASE_DIR = '.'\nSECRET_KEY = 'x'\n"
        "# last line\ndjango_heroku.settings(locals())\n"
    )
    assert places(RULE, project(before)) == ["web/settings.py:6"]
    assert fix_settings(RULE, before, requirements__base_txt=PINS) == (
        "import dj_database_url\nimport os\nBASE_DIR = '.'\nSECRET_KEY = 'x'\n# last line\n"
        'if "DATABASE_URL" in os.environ:\n'
        '    DATABASES = {"default": dj_database_url.config(conn_max_age=600, conn_health_checks=True)}\n'
        'ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n'
        'STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")\nSTATIC_URL = "/static/"\n'
        'SECRET_KEY = os.environ.get("SECRET_KEY", SECRET_KEY)\n'
    )


def test_what_was_turned_off_stays_off() -> None:
    before = "import django_on_heroku\ndjango_on_heroku.settings(locals(), databases=False, staticfiles=False)\n"
    after = fix_settings(RULE, before)
    assert after == 'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n'


def test_a_call_inside_of_something_else_is_left_to_a_person() -> None:
    (found,) = find(RULE, project("import django_heroku\nX = django_heroku.settings(locals())\n"))
    assert found.patch is None


def test_a_project_without_it_is_fine() -> None:
    assert places(RULE, project("X = 1  # django_heroku is gone\n")) == []


def test_a_call_in_a_branch_keeps_its_indentation() -> None:
    before = "import os\nif not DEBUG:\n    import django_heroku\n    django_heroku.settings(locals())\n"
    after = fix_settings(RULE, before)  # no pins: nothing that only newer versions know
    assert after == (
        "import dj_database_url\nimport os\nif not DEBUG:\n"
        '    if "DATABASE_URL" in os.environ:\n'
        '        DATABASES = {"default": dj_database_url.config(conn_max_age=600)}\n'
        '    ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(",")\n'
    )


def test_an_import_that_may_fail_is_left_to_a_person() -> None:
    (found,) = find(
        RULE,
        project("try:\n    import django_heroku\nexcept ImportError:\n    pass\ndjango_heroku.settings(locals())\n"),
    )
    assert found.patch is None
