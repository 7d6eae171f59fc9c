"""CSRF_TRUSTED_ORIGINS that names Heroku's hosts."""

from tests.doctor.cases import find, fix_settings, places, project

RULE = "csrf-trusted-origins"


def test_herokus_origin_becomes_the_origins_of_the_sites() -> None:
    before = "import os\nCSRF_TRUSTED_ORIGINS = ['https://*.herokuapp.com', 'https://shop.example']  # forms\n"
    assert places(RULE, project(before)) == ["web/settings.py:2"]
    assert fix_settings(RULE, before) == (
        'import os\nCSRF_TRUSTED_ORIGINS = [*filter(None, os.environ.get("SITE_ORIGINS", "").split(",")), '
        "'https://shop.example']  # forms\n"
    )


def test_a_second_heroku_origin_goes_with_its_comma() -> None:
    before = 'import os\nCSRF_TRUSTED_ORIGINS = (\n    "https://a.herokuapp.com",\n    "https://b.herokuapp.com",\n)\n'
    assert fix_settings(RULE, before).endswith(
        '(\n    *filter(None, os.environ.get("SITE_ORIGINS", "").split(",")),\n)\n'
    )


def test_origins_that_are_computed_are_left_to_a_person() -> None:
    (found,) = find(RULE, project('CSRF_TRUSTED_ORIGINS = "https://a.herokuapp.com".split()\n'))
    assert found.patch is None


def test_own_origins_are_fine() -> None:
    assert places(RULE, project('CSRF_TRUSTED_ORIGINS = ["https://shop.example"]\n')) == []
