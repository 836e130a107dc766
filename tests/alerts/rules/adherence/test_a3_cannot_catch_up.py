"""Rule A3: the day from which a week is out of reach, just inside and just outside."""

from datetime import timedelta

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a3_cannot_catch_up import CANNOT_CATCH_UP
from model.alert import RuleInput
from model.alerting.rule_rows import Watermark
from model.calendar import midnight
from tests.alerts.rules.known_weeks import FIRST_MONDAY, MISSED_ZONE, missed_input
from tests.rows import values_of

_KEY = "a/2026-11-09"
_LOW, _ENOUGH = "x......", "xxx...."


def _morning(marks: str) -> RuleInput:
    """Return the input at 8 in the morning after the last day, when the watch has synced."""
    end = midnight(FIRST_MONDAY + timedelta(days=len(marks)), MISSED_ZONE)
    return missed_input(marks, hours=8, watermarks=(Watermark(vendor="v", time_ms=end),))


@pytest.mark.parametrize(
    ("marks", "day"),
    [
        (_LOW + "....", None),  # Friday morning: three days left, three due
        (_LOW + ".....", "2026-11-14"),  # Saturday morning: two left
        (_LOW + "x....", None),
        (_LOW + "x.....", "2026-11-15"),  # Sunday: one left, two due
        (_LOW + "?....", None),  # Monday could have held one
        (_LOW + "?.....", "2026-11-15"),
        (_LOW + ".....x", "2026-11-14"),  # it stays out of reach
        (_ENOUGH + ".....", None),  # one missed week is no news
        ("???????" + ".....", None),  # a week too thin to judge is not low
    ],
)
def test_what_is_left_of_the_week(marks: str, day: str | None) -> None:
    findings = judge(_morning(marks), (CANNOT_CATCH_UP,))
    assert values_of(findings, "key", "fresh") == ([(_KEY, True)] if day else [])
    assert [finding.evidence["day"] for finding in findings] == ([day] if day else [])


def test_a_day_of_which_the_data_is_not_in_could_have_held_a_session() -> None:
    # Saturday morning, and the watch has not synced since Thursday night
    marks = _LOW + "....."
    behind = Watermark(vendor="v", time_ms=midnight(FIRST_MONDAY + timedelta(days=11), MISSED_ZONE))
    assert judge(missed_input(marks, hours=8, watermarks=(behind,)), (CANNOT_CATCH_UP,)) == ()


def test_the_sentence() -> None:
    (finding,) = judge(_morning(_LOW + "....."), (CANNOT_CATCH_UP,))
    assert finding.sentence == (
        "The week of 2026-11-09 cannot be caught up since 2026-11-14: 3 sessions were due, and 2 "
        "days were left (rule A3, after a low week)."
    )
