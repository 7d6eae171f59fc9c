"""SECURE_PROXY_SSL_HEADER: how Django learns that the client came by https."""

from tests.doctor.cases import APPS, find, fix_settings, places, project

RULE = "proxy-ssl-header"
RIGHT = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'


def test_a_missing_header_is_written_below_the_middleware() -> None:
    before = f"{APPS}MIDDLEWARE = []  # none\nX = 1\n"
    assert places(RULE, project(before)) == ["web/settings.py:2"]
    assert fix_settings(RULE, before) == f"{APPS}MIDDLEWARE = []  # none\n{RIGHT}X = 1\n"


def test_another_header_is_replaced() -> None:
    before = "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTOCOL', 'https')\n"
    assert fix_settings(RULE, before) == RIGHT


def test_a_header_of_a_cdn_is_only_noted() -> None:
    (found,) = find(RULE, project("SECURE_PROXY_SSL_HEADER = ('HTTP_FASTLY_SSL', '1')\n"))
    assert found.severity == "note" and found.patch is None


def test_the_right_header_is_fine() -> None:
    assert places(RULE, project(APPS + RIGHT)) == []


def test_computed_settings_are_said_to_be_unknown() -> None:
    (found,) = find(RULE, project(f"{APPS}locals().update(load())\n"))
    assert found.severity == "note" and found.title.startswith("could not tell")


def test_the_settings_of_the_platform_have_it() -> None:
    assert places(RULE, project(f"globals().update(platform_settings(BASE_DIR))\n{APPS}")) == []
