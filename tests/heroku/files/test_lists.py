"""Aptfile, .buildpacks, hooks."""

from homeport.heroku.files.findings import Place
from homeport.heroku.files.lists import parse_aptfile, parse_buildpacks, parse_hook
from homeport.heroku.records import BuildHook, Buildpack, Other, SystemPackage


def test_each_line_of_an_aptfile_is_a_package() -> None:
    found = parse_aptfile("# maps\nlibgdal-dev\nlibproj-dev=9.1 # pinned\n\na b\n", Place("shop/Aptfile", "shop"))
    assert [(p.name, p.origin) for p in found.of(SystemPackage)] == [
        ("libgdal-dev", "shop/Aptfile:2"),
        ("libproj-dev=9.1", "shop/Aptfile:3"),
        ("a", "shop/Aptfile:5"),
        ("b", "shop/Aptfile:5 (2)"),
    ]
    assert [doubt.place for doubt in found.doubts] == ["shop/Aptfile:5"]


def test_packages_by_url_and_repositories_are_told_without_credentials() -> None:
    text = "https://a:hunter2@example.com/x.deb\n:repo:deb http://a:hunter2@example.com noble main\n!?\n"
    found = parse_aptfile(text, Place("shop/Aptfile", "shop"))
    assert [p.name for p in found.of(SystemPackage)] == ["https://example.com/x.deb"]
    assert [o.name for o in found.of(Other)] == ["deb http://example.com noble main"]
    assert [doubt.place for doubt in found.doubts] == ["shop/Aptfile:1", "shop/Aptfile:2", "shop/Aptfile:3"]
    assert "hunter2" not in repr(found)


def test_buildpacks_are_numbered() -> None:
    text = "https://github.com/heroku/heroku-buildpack-apt\n\nhttps://a:hunter2@example.com/b.git#v1\n"
    found = parse_buildpacks(text, Place("shop/.buildpacks", "shop"))
    assert [(b.ordinal, b.name) for b in found.of(Buildpack)] == [
        (1, "https://github.com/heroku/heroku-buildpack-apt"),
        (2, "https://example.com/b.git#v1"),
    ]


def test_a_hook_is_told_and_an_empty_one_doubted() -> None:
    place = Place("shop/bin/post_compile", "shop")
    assert [hook.name for hook in parse_hook("#!/bin/bash\nmake\n", place).of(BuildHook)] == ["bin/post_compile"]
    assert not parse_hook("#!/bin/bash\n", place).records
    assert parse_hook("#!/bin/bash\n", place).doubts
