"""Rule A5: a drift below the own beginning, just inside and just outside of both charts."""

from dataclasses import replace
from datetime import date

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a5_drift import DRIFT
from model.alert import RuleInput
from tests.alerts.rules.known_weeks import THRICE_A_WEEK, missed_input
from tests.rows import values_of

# four sessions of a whole week are due, so that a week may hold a quarter less
_BEGUN = replace(THRICE_A_WEEK, sessions_per_week=4, valid_from=date(2026, 11, 2))
_WEEKS = {4: "xxxx...", 3: "xxx....", 2: "xx.....", 1: "x......", 0: "......."}
_STEADY = [4, 4, 4, 4, 4]  # a week to learn, and the four of the baseline


def _input(*sessions: int, unknown: str = "") -> RuleInput:
    weeks = [_WEEKS[count] for count in sessions]
    if unknown:
        weeks[-1] = unknown
    return missed_input(" ".join(weeks), prescriptions=(_BEGUN,))


def _findings(on: RuleInput) -> list[str]:
    return values_of(judge(on, (DRIFT,)), "key")


@pytest.mark.parametrize(
    ("after", "keys"),
    [
        # the limit of the mean is 1 - 2.7 * 0.1 * sqrt(0.3 / 1.7) = 0.8866
        ([2], ["2026-12-07"]),  # 1 - 0.3 * 0.5 = 0.85
        ([3], []),  # 0.925
        ([3, 3], ["2026-12-14"]),  # 0.8725
        ([3, 4], []),  # 0.9475
        ([2, 2, 2], ["2026-12-07"]),  # one drift is findings once
    ],
)
def test_the_weighted_mean(after: list[int], keys: list[str]) -> None:
    assert _findings(_input(*_STEADY, *after)) == keys


@pytest.mark.parametrize(("most_lost", "held"), [(3.9, True), (4.1, False)])
def test_the_cumulative_sum(most_lost: float, *, held: bool) -> None:
    # each week of 3 of 4 adds 0.25 - 0.5 * 0.1 = 0.2, and so 0.4 after two
    rule = replace(DRIFT, thresholds={**DRIFT.thresholds, "width": 100, "most_lost": most_lost})
    assert bool(judge(_input(*_STEADY, 4, 3, 3), (rule,))) is held
    assert judge(_input(*_STEADY, 3, 4, 3), (rule,)) == ()  # a good week gives back what was lost


def test_no_drift_rests_on_missing_data() -> None:
    assert _findings(_input(*_STEADY, 0, unknown="x......")) == ["2026-12-07"]
    # three days could have held the three sessions that are missing
    assert _findings(_input(*_STEADY, 0, unknown="x...???")) == []
    assert _findings(_input(*_STEADY, 0, unknown="....???")) == []
    assert _findings(_input(*_STEADY, 0, unknown="...????")) == []


def test_a_beginning_that_is_not_known_is_compared_with_nothing() -> None:
    assert (
        _findings(
            missed_input(
                "xxxx... " * 2 + "??????? ??????? ??????? .......", prescriptions=(_BEGUN,)
            )
        )
        == []
    )
    assert _findings(_input(4, 4, 4, 0)) == []
