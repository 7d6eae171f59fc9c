"""Names in AWS."""

from hypothesis import given
from hypothesis import strategies as st

from homeport.model import names

name = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True).filter(lambda text: len(text) <= 24)


def test_resources_become_variables() -> None:
    assert names.variable("book-published", "TOPIC_ARN") == "BOOK_PUBLISHED_TOPIC_ARN"


@given(name, name, st.sets(name, min_size=2, max_size=4))
def test_target_groups_fit_and_stay_apart(platform: str, environment: str, services: set[str]) -> None:
    made = {names.target_group(platform, environment, service) for service in services}
    assert len(made) == len(services)
    assert all(len(group) <= 32 and not group.endswith("-") for group in made)
