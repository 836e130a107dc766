"""Rule P6: pain in a week of a risen load, just inside and just outside."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import judge
from alerts.rules.pain.p6_pain_with_load import PAIN_WITH_LOAD
from model.calendar import MINUTE_MS
from model.derived.days import Week
from model.intensity import ZoneTimes
from tests.alerts.rules.ratings import pain_input, rated
from tests.rows import values_of
from tests.weeks import week_of

_LAST = date(2026, 11, 16)  # the week before that of the ratings' now


def _weeks(last_min: int, before_min: int = 100, known: int = 7) -> tuple[Week, ...]:
    weeks = []
    for back in range(5):
        minutes = last_min if back == 0 else before_min
        zones = ZoneTimes(moderate=minutes * MINUTE_MS)
        weeks.append(week_of(_LAST - timedelta(weeks=back), 3, zones, known))
    return tuple(weeks)


_PAIN = rated("r", 48, 9)  # rule P1, on the Saturday of the week


@pytest.mark.parametrize(
    ("weeks", "held"),
    [
        (_weeks(150), True),
        (_weeks(149), False),
        (_weeks(150, known=3), False),  # a dose that is not known makes no rise
        (_weeks(150, before_min=0), False),
        (_weeks(150)[:4], False),  # three weeks before
    ],
)
def test_a_risen_load_with_pain(weeks: tuple[Week, ...], *, held: bool) -> None:
    findings = judge(pain_input(_PAIN, weeks=weeks), (PAIN_WITH_LOAD,))
    assert values_of(findings, "key", "family") == ([("2026-11-16", "pain")] if held else [])


def test_without_pain_in_that_week_a_risen_load_is_none_of_its_business() -> None:
    assert judge(pain_input(weeks=_weeks(300)), (PAIN_WITH_LOAD,)) == ()
    this_week = replace(_PAIN, record="s", at_ms=_PAIN.at_ms + 40 * 60 * MINUTE_MS)
    assert judge(pain_input(this_week, weeks=_weeks(300)), (PAIN_WITH_LOAD,)) == ()


def test_the_sentence() -> None:
    (finding,) = judge(pain_input(_PAIN, weeks=_weeks(180)), (PAIN_WITH_LOAD,))
    assert finding.sentence == (
        "Dose 180 minutes in the week of 2026-11-16, 100 in the mean of the four weeks before, "
        "with pain by rule P1 (rule P6: 1.5 times or more, with pain)."
    )
