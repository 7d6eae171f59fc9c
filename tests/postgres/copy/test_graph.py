from hypothesis import given
from hypothesis import strategies as st

from homeport.postgres.copy.graph import Graph, Task


def run(graph: Graph) -> list[str]:
    order: list[str] = []
    while task := graph.take():
        order.append(task.name)
        graph.finish(task)
    return order


def test_low_ranks_go_first_and_among_them_the_costly() -> None:
    graph = Graph([Task("cheap", cost=1, rank=0), Task("dear", cost=9, rank=0), Task("later", cost=99, rank=1)])
    assert run(graph) == ["dear", "cheap", "later"]


def test_a_cheap_task_that_much_waits_for_goes_before_a_dear_one() -> None:
    graph = Graph([Task("gate", cost=1), Task("long", after=("gate",), cost=50), Task("dear", cost=9)])
    assert run(graph) == ["gate", "long", "dear"]


def test_a_task_that_waits_is_not_taken_before_what_it_waits_for_is_finished() -> None:
    first = Task("first")
    graph = Graph([first, Task("second", after=("first",), rank=0)])
    assert graph.take() == first
    assert graph.take() is None
    graph.finish(first)
    assert run(graph) == ["second"]


def test_what_is_done_is_not_done_again_and_nobody_waits_for_it() -> None:
    assert run(Graph([Task("a"), Task("b", after=("a",))], done=["a"])) == ["b"]


def test_a_task_that_is_given_back_is_taken_again() -> None:
    graph = Graph([Task("a")])
    task = graph.take()
    assert task
    graph.give_back(task)
    assert graph.take() == task
    assert len(graph) == 1


@given(st.lists(st.sets(st.integers(0, 30)), max_size=30))
def test_every_task_runs_once_after_all_that_it_waits_for(waits: list[set[int]]) -> None:
    tasks = [Task(str(i), after=tuple(str(n) for n in names if n < i)) for i, names in enumerate(waits)]
    order = run(Graph(tasks))
    assert sorted(order) == sorted(task.name for task in tasks)
    for task in tasks:
        assert all(order.index(name) < order.index(task.name) for name in task.after)
