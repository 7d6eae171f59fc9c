"""What must hold between the parts of a platform: each rule with a file that breaks it."""

from collections.abc import Callable

import pytest

Mistakes = Callable[[str | bytes], list[str]]
SHOP = "name: a\nservices:\n  shop:\n    path: shop\n"
RESIZE = "name: a\nfunctions:\n  resize:\n    path: resize\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SHOP + "    uses: [users]\n", "'users' needs `users:` to be declared"),
        (SHOP + "    uses: [x, x]\ncaches: {x: {}}\n", "uses[1]: 'x' is there twice"),
        (SHOP + "    uses: [shop]\n", "'shop' is one of the services; expected a database"),
        (SHOP + "    on: [x]\ncaches: {x: {}}\n", "'x' is one of the caches; expected a topic"),
        (SHOP + "databases: {shop: {}}\n", "databases.shop: services already has this name"),
        (SHOP + "databases: {users: {}}\n", "databases.users: 'users' is a word of Homeport's own"),
        (SHOP + "    routes: [GET books]\n", "'GET books' is not `METHOD /path`; the path starts with a slash"),
        (SHOP + "    routes: [GRAB /books]\n", "METHOD is one of ANY, GET"),
        (SHOP + "    routes: ['GET /{a+}/b']\n", "{a+} takes all that follows"),
        (SHOP + "    routes: ['GET /{a}/{a}']\n", "the parameter 'a' is there twice"),
        (SHOP + "    routes: ['GET /b{a}']\n", "neither plain text nor one parameter"),
        (SHOP + "    routes: [GET /a//b]\n", "neither plain text nor one parameter"),
        (SHOP + "    routes: ['GET /a?b=c']\n", "neither plain text nor one parameter"),
        (SHOP + "    routes: [GET /a, GET /a]\n", "routes[1]: 'GET /a' cannot be told from 'GET /a' of shop"),
        (SHOP + "    routes: ['GET /{a}', 'GET /{b}']\n", "'GET /{b}' cannot be told from 'GET /{a}' of shop"),
        (SHOP + "    routes: [{route: GET /a, auth: true}]\n", "`auth` needs `users:` to be declared"),
        (SHOP + "    routes: [{route: GET /a, scopes: [x]}]\n", "`scopes` needs `auth: true`"),
        (
            SHOP + "    routes: [{route: GET /a, auth: true, scopes: [reed]}]\nusers: {scopes: [read]}\n",
            "'reed' is not one of `users.scopes` (did you mean 'read'?)",
        ),
        (SHOP + "    processes: {web: {cpu: 300}}\n", "web.cpu: 300 is not a Fargate size; use 256, 512"),
        (SHOP + "    processes: {web: {cpu: 16384, memory_mb: 131072}}\n", "use 32768 to 122880 in steps of 8192"),
        (SHOP + "    processes: {web: {scale: {min: 3, max: 2}}}\n", "scale.min: 3 is more than max, 2"),
        (SHOP + "    processes: {release: {command: x}}\n", "the release phase is not a process"),
        (SHOP + "    health: healthz\n", "'healthz' is not a path such as /healthz"),
        (SHOP + "    health: {interval_seconds: 5}\n", "5 is not less than interval_seconds, 5"),
        (SHOP + "    environment: {AWS_REGION: x}\n", "environment.AWS_REGION: is reserved"),
        (SHOP + "    environment: {PORT: 1}\n", "environment.PORT: is set by Homeport"),
        (SHOP + "    environment: {a-b: 1}\n", "environment.a-b: is not the name of a variable"),
        (
            SHOP + "    uses: [main]\n    environment: {MAIN_URL: x}\ndatabases: {main: {}}\n",
            "MAIN_URL: is set by Homeport for main",
        ),
        (
            SHOP + "    uses: [redis, other]\ncaches: {other: {}, redis: {}}\n",
            "",
        ),
        (
            SHOP + "    uses: [other, redis]\ncaches: {other: {}, redis: {}}\n",
            "other and redis would both set REDIS_URL; rename one",
        ),
        (SHOP + "    python: 3.8\n", "services.shop.python: '3.8' is not one of 3.9"),
        (SHOP + "    path: /abs\n", "is written twice"),
        ("name: a\npython: 3.12.1\n", "python: '3.12.1' is not one of"),
        ("name: a\nregion: Ireland\n", "region: 'Ireland' is not an AWS region"),
        ("name: a\nregion: eu-wst-1\n", "region: 'eu-wst-1' is not an AWS region (did you mean 'eu-west-1'?)"),
        (
            "name: a\nenvironments: {p: {account: 210000000001, region: xx-nowhere-9}}\n",
            "environments.p.region: 'xx-nowhere-9' is not an AWS region",
        ),
        (
            "name: a\ndatabases: {d: {size: db.foo.bar}}\n",
            "databases.d.size: 'db.foo.bar' is not an RDS instance class",
        ),
        ("name: a\ncaches: {c: {size: cache.t4g.huge}}\n", "'cache.t4g.huge' is not an ElastiCache node type"),
        ("name: a\ndatabases: {d: {size: db.x2iedn.16xlarge}}\ncaches: {c: {size: cache.r7g.xlarge}}\n", ""),
        ("name: a\nsites: {w: {path: /www}}\n", "'/www' is absolute or empty"),
        (RESIZE, "functions.resize: nothing invokes it; expected `routes`, `on` or `schedule`"),
        (RESIZE + "    schedule: hourly\n", "'hourly' is not a schedule"),
        (RESIZE + "    schedule: rate(1 hour)\n    handler: main\n", "'main' is not `module.function`"),
        (RESIZE + "    schedule: rate(1 hour)\n    environment: {TZ: x}\n", "environment.TZ: is reserved"),
        ("python: 3.9\n" + RESIZE + "    schedule: rate(1 hour)\n", "'3.9' (the platform's python) is not one of 3.10"),
        (RESIZE + "    on: [t]\n    uses: [t]\ntopics: {t: {}}\n", "resize → resize: each message makes the next"),
        ("name: a\nusers: {clients: []}\n", "users.clients: is empty"),
        ("name: a\nusers: {clients: [a, a]}\n", "users.clients[1]: 'a' is there twice"),
        ("name: a\nmail: {sender: me}\n", "mail.sender: 'me' is not an address"),
        ("name: a\nmail:\n", "mail.sender: is missing: Address that mail comes from"),
        ("name: a\ndatabases: {d: {size: big}}\n", "databases.d.size: 'big' is not an RDS instance class"),
        ("name: a\ndatabases: {d: {version: 9}}\n", "databases.d.version: '9' is not '14', '15', '16', '17' or '18'"),
        ("name: a\ndatabases: {d: {extensions: [pg trgm]}}\n", "'pg trgm' is not the name of a PostgreSQL extension"),
        ("name: a\ncaches: {c: {size: db.t4g.micro}}\n", "caches.c.size: 'db.t4g.micro' is not an ElastiCache node"),
        ("name: a\nenvironments: {p: {account: 12}}\n", "'12' is not an AWS account: 12 digits"),
        (
            "name: a\nenvironments: {p: {account: 210000000001}, q: {account: 210000000001}}\n",
            "environments.q.account: 210000000001 is already the account of p",
        ),
        ("name: a\nenvironments: {local: {account: 210000000001}}\n", "the account of local is on this machine"),
    ],
    ids=lambda value: value[-50:].replace("\n", " "),
)
def test_each_rule_says_what_is_wrong(mistakes: Mistakes, text: str, expected: str) -> None:
    said = mistakes(text)
    if expected:
        assert expected in "\n".join(said)
        assert len(said) == 1, said
    else:
        assert said == []


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("tidy: {schedule: hourly, command: x}", "schedules.tidy.schedule: 'hourly' is not a schedule"),
        ("tidy: {schedule: rate(1 hour), command: x, timezone: Berlin}", "schedules.tidy.timezone: 'Berlin' is not"),
        ("tidy: {schedule: rate(1 hour), command: x, memory_mb: 700}", "schedules.tidy.memory_mb: 700 is not a"),
        ("tidy: {command: x}", "schedules.tidy.schedule: is missing"),
        ("release: {schedule: rate(1 hour), command: x}", "schedules.release: the release phase has this name"),
        ("web-live: {schedule: rate(1 hour), command: x}", ""),
    ],
)
def test_schedules_of_a_service_are_checked(mistakes: Mistakes, schedule: str, expected: str) -> None:
    said = mistakes(SHOP + f"    schedules: {{{schedule}}}\n")
    assert len(said) == bool(expected) and all(expected in line for line in said), said


def test_a_schedule_and_a_process_cannot_have_one_name(mistakes: Mistakes) -> None:
    text = SHOP + "    processes: {tidy: {command: y}}\n    schedules: {tidy: {schedule: rate(1 hour), command: x}}\n"
    (said,) = mistakes(text)
    assert "services.shop.schedules.tidy: one of its processes has this name" in said


@pytest.mark.parametrize(
    "routes",
    [
        "['ANY /x/{proxy+}', 'GET /x/{id}']",
        "['GET /x', 'POST /x', 'ANY /x']",
        "['GET /x', 'GET /x/']",
        "[$default, 'ANY /{proxy+}']",
        "['GET /', 'GET /a.b~c/{id}/d']",
    ],
)
def test_routes_that_api_gateway_can_tell_apart_are_fine(mistakes: Mistakes, routes: str) -> None:
    assert mistakes(SHOP + f"    routes: {routes}\n") == []


def test_two_services_cannot_answer_the_same_route(mistakes: Mistakes) -> None:
    text = SHOP + "    routes: [GET /a]\n  other:\n    path: shop\n    routes: [GET /a]\n"
    assert mistakes(text) == ["homeport.yml:8: services.other.routes[0]: 'GET /a' cannot be told from 'GET /a' of shop"]


def test_routes_need_a_web_process_and_topics_one_that_reads(mistakes: Mistakes, tmp_path: object) -> None:
    text = (
        "name: a\nservices:\n  one: {path: www, processes: {worker: {command: x}}, routes: [GET /a]}\n"
        "  two: {path: www, processes: {web: {command: x}}, on: [t]}\ntopics: {t: {}}\n"
    )
    said = mistakes(text)
    assert "services.one.routes: only the process `web` answers routes, and one has no `web`" in said[0]
    assert "services.two.on: no process but `web`" in said[1]


def test_a_service_may_listen_to_its_own_topic_as_a_job_queue(mistakes: Mistakes) -> None:
    assert mistakes(SHOP + "    on: [jobs]\n    uses: [jobs]\ntopics: {jobs: {}}\n") == []


def test_functions_that_invoke_each_other_in_a_circle_are_found(mistakes: Mistakes) -> None:
    text = (
        "name: a\nfunctions:\n"
        "  f: {path: resize, on: [x], uses: [y]}\n  g: {path: resize, on: [y], uses: [x]}\n"
        "  h: {path: resize, on: [x], uses: [z]}\ntopics: {x: , y: , z: }\n"
    )
    said = mistakes(text)
    assert len(said) == 1 and "each message makes the next" in said[0] and "h" not in said[0].split(":")[3]


def test_names_that_become_too_long_in_one_environment_are_found(mistakes: Mistakes) -> None:
    said = mistakes(
        "name: a-very-long-platform\ncaches: {a-long-cache: {}}\nenvironments:\n"
        "  production-europe: {account: 210000000001}\n"
    )
    assert said == [
        "homeport.yml:1: name: the load balancer "
        "'a-very-long-platform-production-europe' has 38 characters; AWS allows 32 (in environment production-europe)",
        "homeport.yml:2: caches.a-long-cache: the ElastiCache group "
        "'a-very-long-platform-production-europe-a-long-cache' has 51 characters; AWS allows 40 "
        "(in environment production-europe)",
    ]
