"""What a service starts and stops next: a table of situations, no processes, no waiting."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.local.data.ecs.decide import Attempts, TaskView, after_failure, after_success, decide
from homeport.local.data.ecs.model import Deployment, Service

NEW = Deployment("ecs-svc/new", "td:2", "IN_PROGRESS", True)
OLD = Deployment("ecs-svc/old", "td:1", "COMPLETED", False)
SERVICE = Service(
    arn="arn",
    account="100000000001",
    region="eu-west-1",
    name="catalog-web",
    cluster="arn:aws:ecs:eu-west-1:100000000001:cluster/magicbook-local",
    desired=2,
    min_percent=100,
    max_percent=200,
    breaker=True,
    grace_seconds=0,
    deployments=(NEW, OLD),
    bindings=(),
)
FRESH = Attempts(NEW.id)


def old(name: str, *, ready: bool = True, started: float = 0) -> TaskView:
    return TaskView(name, OLD.id, started, ready)


def new(name: str, *, ready: bool = True, started: float = 10) -> TaskView:
    return TaskView(name, NEW.id, started, ready)


def stopped(service: Service, tasks: list[TaskView], attempts: Attempts = FRESH) -> set[str]:
    return {arn for arn, _ in decide(service, tasks, attempts, 100.0).stop}


def test_a_service_without_tasks_starts_what_is_desired() -> None:
    decision = decide(SERVICE, [], FRESH, 0)
    assert (decision.start, decision.stop, decision.of, decision.rollout) == (2, (), NEW, "IN_PROGRESS")


def test_a_service_that_desires_nothing_is_complete_at_once() -> None:
    decision = decide(replace(SERVICE, desired=0), [], FRESH, 0)
    assert (decision.start, decision.rollout) == (0, "COMPLETED")


def test_the_new_revision_starts_beside_the_old_one() -> None:
    decision = decide(SERVICE, [old("a"), old("b")], FRESH, 0)
    assert (decision.start, decision.stop) == (2, ())


def test_old_tasks_stay_until_new_ones_are_ready() -> None:
    assert stopped(SERVICE, [old("a"), old("b"), new("c", ready=False), new("d", ready=False)]) == set()
    assert stopped(SERVICE, [old("a"), old("b"), new("c"), new("d", ready=False)]) == {"a"}
    assert stopped(SERVICE, [old("a"), old("b"), new("c"), new("d")]) == {"a", "b"}


def test_with_half_as_minimum_old_tasks_make_room_at_once() -> None:
    tight = replace(SERVICE, min_percent=50, max_percent=100)
    decision = decide(tight, [old("a"), old("b")], FRESH, 0)
    assert {arn for arn, _ in decision.stop} == {"a"}
    assert decision.start == 1


def test_never_more_tasks_than_the_maximum_percent() -> None:
    assert decide(replace(SERVICE, max_percent=150), [old("a"), old("b")], FRESH, 0).start == 1


def test_complete_when_all_new_are_ready_and_the_old_are_going() -> None:
    going = replace(old("a"), stopping=True)
    assert decide(SERVICE, [new("c"), new("d"), going], FRESH, 0).rollout == "COMPLETED"
    assert decide(SERVICE, [new("c"), new("d"), old("a")], FRESH, 0).rollout == "IN_PROGRESS"


def test_scaling_in_takes_what_is_not_ready_then_the_youngest() -> None:
    one = replace(SERVICE, desired=1, deployments=(NEW,))
    assert stopped(one, [new("a", started=1), new("b", started=2, ready=False), new("c", started=3)]) == {"b", "c"}


def test_an_unhealthy_task_is_replaced() -> None:
    sick = replace(new("a", ready=False), complaint="Task failed ELB health checks")
    decision = decide(SERVICE, [sick, new("b")], FRESH, 0)
    assert decision.stop == (("a", "Task failed ELB health checks"),)
    assert decision.start == 1


def test_after_a_failure_the_next_try_waits() -> None:
    failed = after_failure(FRESH, 100.0)
    waiting = decide(SERVICE, [new("a")], failed, 100.1)
    assert (waiting.start, waiting.again_at) == (0, 100.5)
    assert decide(SERVICE, [new("a")], failed, 100.5).start == 1


def test_pauses_double_up_to_a_minute_and_end_with_success() -> None:
    attempts, pauses = FRESH, []
    for _ in range(9):
        attempts = after_failure(attempts, 0.0)
        pauses.append(attempts.not_before)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert after_success(attempts).in_a_row == 0
    assert after_success(attempts).total == 9


@pytest.mark.parametrize(("desired", "failures"), [(1, 3), (2, 3), (10, 5), (1000, 200)])
def test_the_circuit_breaker_trips_after_half_of_the_desired_count(desired: int, failures: int) -> None:
    service = replace(SERVICE, desired=desired)
    almost = Attempts(NEW.id, in_a_row=failures - 1)
    assert decide(service, [], almost, 0).rollout == "IN_PROGRESS"
    assert decide(service, [], replace(almost, in_a_row=failures), 0).rollout == "FAILED"


def test_a_failed_deployment_starts_nothing_more_and_the_last_good_one_goes_on() -> None:
    tripped = Attempts(NEW.id, in_a_row=3, not_before=1000.0)
    decision = decide(SERVICE, [old("a"), new("b", ready=False)], tripped, 0)
    assert (decision.rollout, decision.of, decision.start) == ("FAILED", OLD, 1)
    assert {arn for arn, _ in decision.stop} == {"b"}


def test_what_is_gone_back_to_waits_after_failures_of_its_own() -> None:
    tripped, back = Attempts(NEW.id, in_a_row=3), after_failure(Attempts(OLD.id), 100.0)
    waiting = decide(SERVICE, [], tripped, 100.1, back=back)
    assert (waiting.rollout, waiting.of, waiting.start, waiting.again_at) == ("FAILED", OLD, 0, 100.5)
    assert decide(SERVICE, [], tripped, 100.5, back=back).start == 2


def test_a_first_deployment_that_failed_leaves_nothing_to_start() -> None:
    only = replace(SERVICE, deployments=(replace(NEW, state="FAILED"),))
    decision = decide(only, [], FRESH, 0)
    assert (decision.rollout, decision.of, decision.start) == ("FAILED", None, 0)


def test_without_the_breaker_it_tries_for_ever() -> None:
    patient = replace(SERVICE, breaker=False)
    assert decide(patient, [], Attempts(NEW.id, in_a_row=500), 1e9).start == 2


def test_a_completed_deployment_is_not_tripped_by_later_failures() -> None:
    done = replace(SERVICE, deployments=(replace(NEW, state="COMPLETED"),))
    assert decide(done, [], Attempts(NEW.id, in_a_row=50), 1e9).rollout == "IN_PROGRESS"


tasks_of_all_kinds = st.lists(
    st.builds(
        TaskView,
        arn=st.uuids().map(str),
        deployment=st.sampled_from([OLD.id, NEW.id]),
        started=st.floats(0, 100),
        ready=st.booleans(),
        stopping=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda task: task.arn,
)
services_of_all_kinds = st.builds(
    lambda desired, low, high: replace(SERVICE, desired=desired, min_percent=low, max_percent=high),
    st.integers(0, 5),
    st.integers(0, 100),
    st.integers(100, 200),
)


@given(services_of_all_kinds, tasks_of_all_kinds)
def test_the_limits_hold_in_every_situation(service: Service, tasks: list[TaskView]) -> None:
    decision = decide(service, tasks, FRESH, 100.0)
    going = {arn for arn, _ in decision.stop}
    alive = [task for task in tasks if not task.stopping]
    ready, left = sum(t.ready for t in alive), [t for t in alive if t.arn not in going]
    assert going <= {task.arn for task in alive}
    assert len(left) + decision.start <= max(len(left), service.desired * service.max_percent // 100, service.desired)
    assert sum(t.ready for t in left) >= min(ready, -(-service.desired * service.min_percent // 100))
