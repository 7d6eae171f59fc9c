import threading

import pytest

from homeport.errors import HomeportError
from homeport.postgres.copy.crew import Crew
from homeport.postgres.copy.graph import Graph, Task
from homeport.postgres.copy.worker import Place, Worker
from homeport.postgres.server import Server

NOWHERE = Server("127.0.0.1", 1, "u", "d", None, "disable", ())
TASKS = [Task("last", after=("middle",)), Task("middle", after=("first",)), Task("first")]  # no statement: no session


def make_worker() -> Worker:
    return Worker(Place(NOWHERE, NOWHERE, None, "test"), {}, lambda size: None, threading.Lock())


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_task_is_done_after_those_it_waits_for(jobs: int) -> None:
    done: list[str] = []
    Crew(Graph(TASKS), make_worker, lambda task, size: done.append(task.name)).run(jobs, lambda: None)
    assert done == ["first", "middle", "last"]


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_crew_whose_workers_cannot_be_made_fails_and_ends(jobs: int) -> None:
    def make() -> Worker:
        raise HomeportError("no memory for a worker", "free some")

    with pytest.raises(HomeportError, match="no memory for a worker"):
        Crew(Graph(TASKS), make, lambda task, size: None).run(jobs, lambda: None)


def test_a_task_is_alone_when_no_other_could_start() -> None:
    seen: list[tuple[str, bool]] = []

    class Watched(Worker):
        def run(self, task: Task, *, alone: bool = True) -> int:
            seen.append((task.name, alone))
            return super().run(task, alone=alone)

    def make() -> Worker:
        return Watched(Place(NOWHERE, NOWHERE, None, "test"), {}, lambda size: None, threading.Lock())

    tasks = [Task("one", cost=3), Task("two", cost=2), Task("three", cost=1), Task("last", after=("three",))]
    Crew(Graph(tasks), make, lambda task, size: None).run(1, lambda: None)
    assert seen == [("one", False), ("two", False), ("three", True), ("last", True)]


def test_what_fails_after_a_task_ends_all_the_others() -> None:
    done: list[str] = []

    def finished(task: Task, size: int) -> None:
        done.append(task.name)
        if task.name == "middle":
            raise HomeportError("the state file is gone", "start again")

    with pytest.raises(HomeportError, match="the state file is gone"):
        Crew(Graph(TASKS), make_worker, finished).run(4, lambda: None)
    assert done == ["first", "middle"]


def test_the_last_tick_comes_when_all_is_done() -> None:
    done: list[str] = []
    told: list[int] = []
    Crew(Graph(TASKS), make_worker, lambda task, size: done.append(task.name)).run(1, lambda: told.append(len(done)))
    assert told[-1] == len(TASKS)


def test_a_crew_without_tasks_ends_at_once() -> None:
    Crew(Graph([]), make_worker, lambda task, size: None).run(4, lambda: None)
