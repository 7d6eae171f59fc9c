"""Results of health checks → state, with a clock that the test holds."""

import pytest

from homeport.local.data.ecs.health import (
    Check,
    Health,
    after,
    container_check,
    matches,
    pause,
    target_group_check,
)

CHECK = Check(interval=15, timeout=5, successes=2, failures=3)


def run(results: list[tuple[float, str]], health: Health = Health()) -> Health:  # noqa: B008 - frozen
    for now, failure in results:
        health = after(health, CHECK, failure, now)
    return health


def test_healthy_after_as_many_successes_as_declared() -> None:
    assert run([(0, "")]).state == "initial"
    assert run([(0, ""), (0.2, "")]).state == "healthy"


def test_a_failure_between_successes_starts_the_count_anew() -> None:
    assert run([(0, ""), (0.2, "refused"), (0.4, "")]).state == "initial"


def test_frequent_checks_at_the_start_do_not_make_failures_count_faster() -> None:
    quick = [(number * 0.2, "refused") for number in range(100)]  # 20 seconds: one interval and a bit
    assert run(quick).state == "initial"
    assert run([(0, "refused"), (15, "refused"), (30, "refused")]).state == "unhealthy"


def test_an_unhealthy_target_recovers() -> None:
    sick = run([(0, "refused"), (15, "refused"), (30, "refused")])
    assert sick.why == "refused"
    assert run([(45, ""), (60, "")], sick).state == "healthy"


def test_often_at_first_then_as_declared() -> None:
    assert pause(Health(), CHECK, 1) == 0.2
    assert pause(Health(), CHECK, 60) == 1
    assert pause(Health("healthy"), CHECK, 1) == 15
    assert pause(Health(), Check(interval=0.1, timeout=1, successes=1, failures=1), 1) == 0.1


@pytest.mark.parametrize(
    ("matcher", "status", "passes"),
    [("200", 200, True), ("200", 301, False), ("200,204", 204, True), ("200-399", 302, True), ("rubbish", 200, False)],
)
def test_matchers(matcher: str, status: int, passes: bool) -> None:
    assert matches(matcher, status) is passes


def test_a_target_group_without_checks_has_none() -> None:
    assert target_group_check({"HealthCheckEnabled": False}) is None


def test_a_containers_own_check() -> None:
    assert container_check(None) is None
    assert container_check({"command": ["NONE"]}) is None
    shell = container_check({"command": ["CMD-SHELL", "curl -f localhost"], "retries": 2})
    assert shell and (shell.command, shell.failures) == (("/bin/sh", "-c", "curl -f localhost"), 2)
    plain = container_check({"command": ["CMD", "true", "yes"]})
    assert plain and plain.command == ("true", "yes")
