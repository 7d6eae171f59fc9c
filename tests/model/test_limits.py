"""Names in AWS that two parts of a platform would share."""

from collections.abc import Callable

import pytest

Mistakes = Callable[[str | bytes], list[str]]
FUNCTIONS = "name: a\nfunctions:\n  z-l: {path: resize, on: [t]}\n  l: {path: resize, on: [t-z]}\n"
SERVICES = """name: a
services:
  api: {path: www, processes: {admin-web: {command: x}}}
  api-admin: {path: www, processes: {web: {command: x}}}
environments: {stage: {account: 210000000001}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            FUNCTIONS + "topics: {t: {}, t-z: {}}\n",
            "4: functions.l.on[0]: its queue would have the same name as that of functions.z-l.on[0]",
        ),
        (
            SERVICES,
            "4: services.api-admin.processes.web: its ECS service and task family would have the same name as "
            "that of services.api.processes.admin-web",
        ),
        (
            "name: a\nbuckets: {www-site: {}}\nsites: {www: {path: www}}\n",
            "3: sites.www: its bucket would have the same name as that of buckets.www-site",
        ),
        (
            "name: a\nfunctions: {dead: {path: resize, on: [t, t-dead]}}\ntopics: {t: {}, t-dead: {}}\n",
            "2: functions.dead.on[1]: its queue would have the same name as that of functions.dead.on[0]",
        ),
        (
            "name: a\ndatabases: {m: {}}\nservices: {m-database: {path: shop}}\n",
            "2: databases.m: its security group would have the same name as that of services.m-database",
        ),
        (
            "name: a\nservices: {link: {path: shop}}\n",
            "2: services.link: its security group would have the same name as one of Homeport's own",
        ),
        (
            "name: a\nservices:\n  b: {path: www, processes: {c-release: {command: x}}}\n"
            "  b-c: {path: www, release: y, processes: {web: {command: x}}}\n",
            "4: services.b-c.release: its task family would have the same name as that of services.b.processes."
            "c-release",
        ),
        (
            "name: a\nservices:\n  b: {path: www, processes: {w: {command: x}, c-live: {command: x}},\n"
            "      schedules: {c: {schedule: rate(1 hour), command: x}}}\n",
            "4: services.b.schedules.c: its task family would have the same name as that of services.b.processes."
            "c-live",
        ),
    ],
)
def test_a_name_that_two_parts_would_have_is_told_once(mistakes: Mistakes, text: str, expected: str) -> None:
    assert mistakes(text) == [f"homeport.yml:{expected}; rename one of the two"]


def test_two_kinds_of_things_with_one_name_are_told_once_too(mistakes: Mistakes) -> None:
    text = "name: a\nservices: {x: {path: shop}}\nfunctions: {x: {path: resize, schedule: rate(1 hour)}}\n"
    assert mistakes(text) == ["homeport.yml:3: functions.x: services already has this name; every name is used once"]


@pytest.mark.parametrize(
    ("name", "what", "beginning", "other"),
    [
        ("sthree", "bucket", "sthree-", "the-sthree"),
        ("sthree-shop", "bucket", "sthree-", "shop"),
        ("amzn-s3-demo", "bucket", "amzn-s3-demo-", "the-amzn-s3-demo"),
        ("internal", "load balancer", "internal-", "the-internal"),
        ("internal-tools", "load balancer", "internal-", "tools"),
        ("sg", "security group", "sg-", "the-sg"),
        ("sg-1st", "security group", "sg-", "the-sg-1st"),
    ],
)
def test_a_beginning_that_aws_keeps_is_refused_with_another_name(
    mistakes: Mistakes, name: str, what: str, beginning: str, other: str
) -> None:
    text = f"name: {name}\nenvironments: {{stage: {{account: 210000000001}}}}\n"
    assert mistakes(text) == [
        f"homeport.yml:1: name: {name!r} would begin the names of {what}s with {beginning!r}, which AWS keeps for "
        f"itself; call it {other!r}, or something else"
    ]
    assert mistakes(f"name: {other}\n") == []


def test_an_environment_can_complete_a_beginning_that_aws_keeps(mistakes: Mistakes) -> None:
    (told,) = mistakes("name: amzn-s3\nenvironments: {demo: {account: 210000000001}}\n")
    assert "names of buckets with 'amzn-s3-demo-'" in told


@pytest.mark.parametrize("name", ["sgs", "internals", "sthrees", "amzn-s3", "my-sg"])
def test_a_name_that_only_looks_like_one_is_taken(mistakes: Mistakes, name: str) -> None:
    assert mistakes(f"name: {name}\n") == []
