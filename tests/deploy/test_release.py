"""What a release changes, decided without AWS."""

from typing import Any

from homeport.deploy.release import Change, Running, State, plan_changes, release_of, superfluous, with_number

ARGUMENTS = frozenset({"family", "containerDefinitions", "cpu", "volumes"})
SCALES = {"web": (2, 4), "worker": (1, 1)}


def definition(process: str, image: str = "shop:unreleased", **more: Any) -> dict[str, Any]:
    container = {"name": process, "image": image, "environment": [{"name": "PORT", "value": "8000"}]}
    return {"family": process, "revision": 3, "status": "ACTIVE", "containerDefinitions": [container | more]}


def state(running: dict[str, Running]) -> State:
    return State({process: definition(process) for process in ("web", "worker", "release")}, running, ARGUMENTS)


def released(image: str, count: int = 1) -> dict[str, Running]:
    return {
        process: Running(with_number(definition(process, image), "v4"), 2 if process == "web" else count)
        for process in ("web", "worker", "release")
    }


def test_the_first_release_gives_every_process_the_image_and_its_count() -> None:
    untouched = {process: Running(definition(process), 0) for process in ("web", "worker")}
    changes = plan_changes(state(untouched), "shop:1", SCALES)
    assert {process: change.count for process, change in changes.items()} == {"web": 2, "worker": 1, "release": None}
    for process, change in changes.items():
        assert change.definition == {
            "family": process,
            "containerDefinitions": [definition(process, "shop:1")["containerDefinitions"][0]],
        }


def test_nothing_has_changed_nothing_is_done() -> None:
    assert plan_changes(state(released("shop:1")), "shop:1", SCALES) == {}


def test_what_aws_adds_and_how_it_orders_is_no_change() -> None:
    running = released("shop:1")
    container = running["web"].definition["containerDefinitions"][0]
    container |= {"mountPoints": [], "volumesFrom": [], "environment": container["environment"][::-1]}
    running["web"].definition.update(volumes=[], registeredAt="today", compatibilities=["FARGATE"])
    assert plan_changes(state(running), "shop:1", SCALES) == {}


def test_a_new_image_is_a_release_of_all_processes_and_leaves_counts_alone() -> None:
    changes = plan_changes(state(released("shop:1")), "shop:2", SCALES)
    assert set(changes) == {"web", "worker", "release"}
    assert all(change.definition and change.count is None for change in changes.values())


def test_a_changed_template_of_one_process_is_a_release_of_all() -> None:
    running = released("shop:1")
    running["worker"].definition["cpu"] = "512"
    assert set(plan_changes(state(running), "shop:1", SCALES)) == {"web", "worker", "release"}


def test_a_release_that_reached_only_some_processes_is_done_again() -> None:
    running = released("shop:2") | {"worker": released("shop:1")["worker"]}
    assert all(change.definition for change in plan_changes(state(running), "shop:2", SCALES).values())


def test_only_a_count_outside_of_the_scale_is_set_and_makes_no_release() -> None:
    assert plan_changes(state(released("shop:1", count=7)), "shop:1", SCALES) == {"worker": Change(None, 1)}
    autoscaled = released("shop:1") | {"web": Running(released("shop:1")["web"].definition, 4)}
    assert plan_changes(state(autoscaled), "shop:1", SCALES) == {}


def test_other_containers_keep_their_images() -> None:
    template = definition("web")
    template["containerDefinitions"].append({"name": "proxy", "image": "envoy:1"})
    changes = plan_changes(State({"web": template}, {}, ARGUMENTS), "shop:1", SCALES)
    assert changes["web"].definition is not None
    assert [part["image"] for part in changes["web"].definition["containerDefinitions"]] == ["shop:1", "envoy:1"]


def test_the_number_is_told_to_the_process_and_read_back() -> None:
    numbered = with_number(with_number(definition("web"), "v1"), "v2")
    assert release_of(numbered) == "v2" and release_of(definition("web")) == ""
    assert len(numbered["containerDefinitions"][0]["environment"]) == 2


def test_old_revisions_are_those_after_the_newest_by_number_not_by_text() -> None:
    arns = [f"arn:task-definition/shop:{number}" for number in (9, 10, 2, 11)]
    assert superfluous(arns, 2) == ["arn:task-definition/shop:9", "arn:task-definition/shop:2"]
