"""Sequences only go forward, whichever way that is."""

import pytest

from homeport.postgres.cutover.finish import Counter, Value, is_behind

RISING, FALLING, ROUND = Counter("a", 1, False), Counter("b", -2, False), Counter("c", 1, True)


@pytest.mark.parametrize(
    ("counter", "given", "received", "behind"),
    [
        (RISING, (5, True), (5, True), False),
        (RISING, (6, True), (5, True), True),
        (RISING, (5, True), (9, True), False),
        (RISING, (5, True), (5, False), True),  # would give out 5 again
        (RISING, (1, False), (1, False), False),
        (RISING, (6, False), (5, True), False),  # both give out 6 next
        (FALLING, (-8, True), (-6, True), True),
        (FALLING, (-6, True), (-8, True), False),
        (FALLING, (-8, False), (-6, True), False),
        (ROUND, (1, True), (9, True), True),
        (ROUND, (9, True), (9, True), False),
    ],
)
def test_a_sequence_is_set_only_if_it_would_give_out_a_value_again(
    counter: Counter, given: Value, received: Value, behind: bool
) -> None:
    assert is_behind(counter, given, received) == behind
