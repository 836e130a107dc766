"""Rule P7: usual pain lower than at the start, just inside and just outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from alerts.registry import judge
from alerts.rules.pain.p7_less_pain import LESS_PAIN
from model.facts import Phase
from tests.alerts.rules.ratings import PAIN_PRESCRIPTION, pain_input, rated, usual
from tests.rows import values_of

_NEW = replace(PAIN_PRESCRIPTION, valid_from=date(2026, 10, 12))  # 42 days before


def _judged(at_start: Sequence[float], later: Sequence[float]) -> list[str]:
    pain = usual(*at_start, first_hours_ago=40 * 24)
    pain += [
        rated(f"l{number}", 60 - number, value, Phase.BEFORE) for number, value in enumerate(later)
    ]
    return values_of(judge(pain_input(*pain, prescriptions=(_NEW,)), (LESS_PAIN,)), "key")


@pytest.mark.parametrize(
    ("at_start", "later", "keys"),
    [
        ((6, 6, 6), (4, 4, 4), ["l2"]),
        ((6, 6, 6), (5, 5, 5), []),
        ((7, 7, 7), (5, 5, 5), []),  # two points, and less than 30 %
        ((3, 3, 3), (2, 2, 2), []),  # 33 %, and one point
        ((6, 6, 6), (4, 4, 4, 1, 1), ["l2"]),  # once
        ((6, 6), (1, 1, 1), []),
        ((6, 6, 6), (1, 1), []),
    ],
)
def test_two_points_and_a_third(
    at_start: Sequence[float], later: Sequence[float], keys: list[str]
) -> None:
    assert _judged(at_start, later) == keys
