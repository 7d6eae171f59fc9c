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


@given(name, name)
def test_no_service_can_take_the_log_group_of_the_gateway(environment: str, service: str) -> None:
    for each in (service, "api", "gateway", "access"):
        assert names.log_group(environment, each) != names.gateway_log_group(environment)


def test_a_log_group_leads_back_to_who_writes_it() -> None:
    def source(group: str) -> str:
        return names.log_source("shop", "local", group)

    assert source(names.gateway_log_group("local")) == "gateway"
    assert [source(names.log_group("local", each)) for each in ("api", "gateway")] == ["api", "gateway"]
    assert source("/aws/lambda/shop-local-quote") == "quote"
