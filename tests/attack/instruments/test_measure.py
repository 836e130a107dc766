"""How the rows of the attacks are judged.

A row fails when its limit does not hold, and what never came counts as infinite.
"""

import math

import pytest

from tests.attack.instruments.measure import at_most, attack_table, equal, quantile, skipped


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = list(map(float, range(1, 101)))
    assert [quantile(values, share) for share in (0.01, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert quantile([2.0, 1.0], 0.5) == 1.0


def test_what_never_came_and_what_was_never_sent_are_no_good_times() -> None:
    assert quantile([], 0.99) == math.inf
    assert quantile([0.1] * 98 + [math.inf] * 2, 0.99) == math.inf
    assert quantile([0.1] * 99 + [math.inf], 0.99) == 0.1


@pytest.mark.parametrize(("value", "ok"), [(2.0, True), (2.001, False), (math.inf, False)])
def test_a_limit_holds_up_to_itself(value: float, ok: bool) -> None:  # noqa: FBT001 - a table
    assert at_most("a", "b", value, 2.0, "s").ok is ok


def test_a_count_must_be_met_exactly() -> None:
    assert [equal("a", "b", 2, 3).ok, equal("a", "b", 3, 3).ok, equal("a", "b", 4, 3).ok] == [
        False,
        True,
        False,
    ]


def test_the_table_shows_what_fails_and_what_was_not_measured() -> None:
    rows = [
        at_most("a", "time", math.inf, 2.0, "s"),
        equal("b", "count", 1, 1),
        skipped("c", "keys", "not there"),
    ]
    assert list(attack_table(rows)) == [
        "attack  measured  value                    limit      ok",
        "a       time      never                    <= 2.00 s  FAILS",
        "b       count     1                        = 1        ok",
        "c       keys      not measured: not there             -",
    ]
