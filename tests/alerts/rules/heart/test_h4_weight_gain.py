"""Rule H4: kilograms within days, just inside and just outside."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import judge
from alerts.rules.heart.h4_weight_gain import WEIGHT_GAIN
from model.alert import Finding
from model.alerting.rule_rows import Weighing
from model.calendar import HOUR_MS, midnight
from tests.alerts.rules.ratings import PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_FIRST = date(2026, 11, 9)
_ASKS = replace(PAIN_PRESCRIPTION, rules={"H4": {"on": 1}})


def _weighed(day: int, kg: float, hour: int = 7) -> Weighing:
    return Weighing(at_ms=midnight(_FIRST + timedelta(days=day), "UTC") + hour * HOUR_MS, kg=kg)


def _judged(*rows: Weighing, on: float = 1) -> tuple[Finding, ...]:
    asks = replace(_ASKS, rules={"H4": {"on": on}})
    last_ms = max((row.at_ms for row in rows), default=0)
    return judge(
        pain_input(weighings=rows, prescriptions=(asks,), now_ms=last_ms + HOUR_MS), (WEIGHT_GAIN,)
    )


@pytest.mark.parametrize(
    ("days", "keys"),
    [
        ({0: 80.0, 3: 81.8}, ["2026-11-12"]),
        ({0: 80.0, 3: 81.7}, []),
        ({0: 80.0, 4: 83.0}, []),  # four days
        ({0: 80.0, 1: 81.8}, ["2026-11-10"]),
        ({0: 80.0, 1: 82.0, 2: 82.5, 3: 82.6}, ["2026-11-10"]),  # told of once
        ({0: 80.0, 1: 82.0, 2: 80.0, 3: 82.0}, ["2026-11-10", "2026-11-12"]),
        ({0: 80.0, 1: 95.0}, []),  # another person on the scale
        ({0: 80.0}, []),
    ],
)
def test_a_rise_within_days(days: dict[int, float], keys: list[str]) -> None:
    rows = [_weighed(day, kg) for day, kg in days.items()]
    assert values_of(_judged(*rows), "key") == keys
    assert _judged(*rows, on=0) == ()


def test_the_first_weighing_of_a_date_counts() -> None:
    assert _judged(_weighed(0, 80), _weighed(1, 80.5), _weighed(1, 82.5, hour=20)) == ()


def test_the_sentence_names_both_weights() -> None:
    (finding,) = _judged(_weighed(0, 80.2), _weighed(2, 82.4))
    assert finding.sentence == (
        "Weight 82.4 kg on 2026-11-11, and 80.2 kg on 2026-11-09 (rule H4: 1.8 kg or more within "
        "3 days)."
    )
