"""Listeners stay where they are when services come and go."""

from homeport.terraform.listeners import FIRST_PORT, LAST_PORT, assign_listeners

MANY = [f"service-{number}" for number in range(1000)]


def test_every_service_has_a_port_of_its_own_within_the_range() -> None:
    listeners = assign_listeners(MANY)
    ports = {listener.port for listener in listeners.values()}
    assert len(ports) == 1000
    assert min(ports) >= FIRST_PORT and max(ports) <= LAST_PORT


def test_a_load_balancer_has_at_most_fifty_listeners() -> None:
    listeners = assign_listeners(MANY)
    balancers = [listener.load_balancer for listener in listeners.values()]
    assert {balancers.count(number) for number in set(balancers)} == {50}
    assert assign_listeners(MANY[:50])["service-49"].load_balancer == "1"
    assert assign_listeners(MANY[:51])["service-50"].load_balancer == "2"


def test_taking_a_service_away_leaves_the_ports_of_the_others() -> None:
    names = ["catalog", "library", "orders"]
    before = assign_listeners(names)
    after = assign_listeners(["library", "orders"])
    assert {name: after[name].port for name in after} == {name: before[name].port for name in after}


def test_the_order_of_the_file_does_not_matter_for_ports() -> None:
    one, other = assign_listeners(MANY), assign_listeners(reversed(MANY))
    assert {name: listener.port for name, listener in one.items()} == {n: ls.port for n, ls in other.items()}
