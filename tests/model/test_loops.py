"""Messages that come back to where they began."""

import pytest

from homeport.model.platform import Platform
from homeport.model.rules import find_problems, find_warnings


def platform(services: dict[str, str], functions: dict[str, str]) -> Platform:
    """Parts as `listens > publishes`, in single letters that are topics."""
    kinds = {"services": services, "functions": functions}
    return Platform.model_validate(
        {
            "name": "a",
            "topics": {letter: {} for letter in "tuvw"},
            **{
                kind: {
                    name: {"path": "x", "on": list(way.split(" > ")[0]), "uses": list(way.split(" > ")[1])}
                    for name, way in parts.items()
                }
                for kind, parts in kinds.items()
            },
        }
    )


@pytest.mark.parametrize(
    ("services", "functions", "expected"),
    [
        ({"s": "u > t"}, {"f": "t > u"}, "f → s → f: each message may make the next; make sure that s ends it"),
        ({"r": "t > u", "s": "u > t"}, {}, "r → s → r: each message may make the next; make sure that r ends it"),
        ({"s": "t > t"}, {"f": "t > v"}, ""),
        ({"s": "tu > t"}, {"f": "t > u"}, "f → s → f"),
        ({"s": "u > v"}, {"f": "t > u", "g": "v > w"}, ""),
    ],
)
def test_a_loop_through_a_service_is_a_warning_and_its_job_queue_is_none(
    services: dict[str, str], functions: dict[str, str], expected: str
) -> None:
    made = platform(services, functions)
    assert [problem for problem in find_problems(made) if "message" in problem.text] == []
    said = [" → ".join(sorted(warning.text.split(":")[0].split(" → ")[:-1])) for warning in find_warnings(made)]
    assert len(said) == bool(expected)
    if expected:
        names = expected.partition(":")[0].split(" → ")[:-1]
        assert said == [" → ".join(sorted(names))]
        assert find_warnings(made)[0].path == ("services", min(set(names) & set(services)), "on")


def test_a_loop_of_functions_alone_is_a_mistake_and_no_warning() -> None:
    made = platform({"s": "w > v"}, {"f": "t > u", "g": "u > t"})
    assert any("without end" in problem.text for problem in find_problems(made))
    assert find_warnings(made) == []
