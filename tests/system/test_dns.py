"""Where a name leads."""

from homeport.system.dns import Answer, find_answer


def test_a_name_of_this_machine_is_found_and_one_that_is_none_is_not() -> None:
    assert find_answer("localhost") is not None
    assert find_answer("a" * 300) is None
    assert find_answer("nothing.invalid") is None


def test_a_name_is_at_another_by_its_alias_or_by_a_shared_address() -> None:
    target = Answer("d-1.example", frozenset({"1.1.1.1", "1.1.1.2"}))
    assert Answer("d-1.example", frozenset()).is_at(None, "d-1.example")
    assert Answer("shop.example", frozenset({"1.1.1.2"})).is_at(target, "d-1.example")
    assert not Answer("x.herokudns.com", frozenset({"2.2.2.2"})).is_at(target, "d-1.example")
    assert not Answer("x.herokudns.com", frozenset()).is_at(None, "d-1.example")
