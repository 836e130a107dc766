"""Rules H2 and H3: nights just inside and just outside, and off until a prescription asks."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import judge
from alerts.rules.heart.h2_resting_rise import RESTING_RISE
from alerts.rules.heart.h3_resting_high import RESTING_HIGH
from model.alert import Finding, Rule
from model.calendar import midnight
from model.derived.days import Day
from model.intensity import ZoneTimes
from tests.alerts.rules.ratings import PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_FIRST = date(2026, 10, 26)


def _day(number: int, bpm: float | None) -> Day:
    return Day(
        local_date=_FIRST + timedelta(days=number),
        sessions=0,
        session_ms=0,
        zones=ZoneTimes(),
        wear_min=0,
        answered=False,
        night_hr=bpm,
    )


def _findings(rule: Rule, *rates: float | None, on: float = 1) -> tuple[Finding, ...]:
    days = tuple(_day(number, bpm) for number, bpm in enumerate(rates))
    asks = replace(PAIN_PRESCRIPTION, rules={rule.id: {"on": on}})
    now_ms = midnight(_FIRST + timedelta(days=len(rates)), "UTC")
    return judge(pain_input(days=days, prescriptions=(asks,), now_ms=now_ms), (rule,))


_LEVEL = [54.0] * 7


@pytest.mark.parametrize(
    ("last", "keys"),
    [
        ([64, 64, 64], ["2026-11-04"]),
        ([64, 64, 63.9], []),
        ([64, 64], []),
        ([64, None, 64, None, 64], ["2026-11-06"]),  # valid nights in a row, whatever lies between
        ([64, 64, 64, 64], ["2026-11-04"]),  # findings once
    ],
)
def test_a_rise(last: list[float | None], keys: list[str]) -> None:
    assert values_of(_findings(RESTING_RISE, *_LEVEL, *last), "key") == keys


def test_a_rise_is_more_than_the_usual_swing() -> None:
    # median 54, median deviation 4: three robust deviations are 17.79
    swinging = [50.0, 58, 50, 58, 54, 50, 58]
    assert _findings(RESTING_RISE, *swinging, 71.7, 71.7, 71.7) == ()
    assert values_of(_findings(RESTING_RISE, *swinging, 71.8, 71.8, 71.8), "key") == ["2026-11-04"]


def test_too_few_nights_are_no_level() -> None:
    assert _findings(RESTING_RISE, *_LEVEL[1:], 80, 80, 80) == ()


def test_high_on_two_nights() -> None:
    assert values_of(_findings(RESTING_HIGH, 100, 100), "key", "fresh") == [("2026-10-27", True)]
    assert _findings(RESTING_HIGH, 100, 99.9, 100) == ()
    (finding,) = _findings(RESTING_HIGH, 121, 101)
    assert finding.sentence == (
        "Resting heart rate 121 and 101 a minute on the nights up to 2026-10-27, above 120 "
        "(rule H3: 100 or more on 2 nights)."
    )


def test_both_are_off_until_a_prescription_asks() -> None:
    assert _findings(RESTING_HIGH, 130, 130, on=0) == ()
    assert _findings(RESTING_RISE, *_LEVEL, 80, 80, 80, on=0) == ()
    assert _findings(RESTING_RISE, *_LEVEL, 80, 80, 80) != ()
