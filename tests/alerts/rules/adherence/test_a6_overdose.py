"""Rule A6: two weeks of too high a dose, and a long session with pain; inside and outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a6_overdose import OVERDOSE
from model.alert import SessionBrief
from model.calendar import MINUTE_MS, midnight
from model.intensity import ZoneTimes
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input, rated
from tests.rows import values_of
from tests.weeks import week_of

_MONDAY = date(2026, 11, 2)


def _weeks(*minutes: int) -> list[tuple[str, bool]]:
    """Return the findings of weeks with moderate minutes, against 100 prescribed."""
    weeks = [
        week_of(_MONDAY + timedelta(weeks=number), 3, ZoneTimes(moderate=each * MINUTE_MS))
        for number, each in enumerate(minutes)
    ]
    row = replace(PAIN_PRESCRIPTION, dose_min_per_week=100.0)
    now_ms = midnight(_MONDAY + timedelta(weeks=len(minutes)), "UTC") + 36 * 60 * MINUTE_MS
    on = pain_input(weeks=tuple(weeks), prescriptions=(row,), now_ms=now_ms)
    return values_of(judge(on, (OVERDOSE,)), "key", "fresh")


@pytest.mark.parametrize(
    ("minutes", "keys"),
    [
        ((151, 151), [("2026-11-09", True)]),
        ((150, 151), []),
        ((151, 150), []),
        ((151, 100, 151), []),
        ((100, 151, 151), [("2026-11-16", True)]),
    ],
)
def test_two_weeks_of_a_high_dose(minutes: Sequence[int], keys: list[tuple[str, bool]]) -> None:
    assert _weeks(*minutes) == keys


@pytest.mark.parametrize(
    ("minutes", "pain", "held"), [(61, 6, True), (60, 6, False), (61, 5, False), (200, 10, True)]
)
def test_a_session_more_than_twice_as_long_with_pain(
    minutes: int, pain: float, *, held: bool
) -> None:
    end_ms = PAIN_NOW - 60 * MINUTE_MS
    session = SessionBrief(
        id="s",
        start_ms=end_ms - minutes * MINUTE_MS,
        end_ms=end_ms,
        local_date=date(2026, 11, 23),
        type="walking",
    )
    on = pain_input(rated("r", 0.5, pain, session="s"), sessions=(session,))
    assert values_of(judge(on, (OVERDOSE,)), "key") == (["s"] if held else [])


def test_the_sentences_name_what_they_rest_on() -> None:
    weeks = tuple(
        week_of(_MONDAY + timedelta(weeks=number), 3, ZoneTimes(moderate=160 * MINUTE_MS))
        for number in range(2)
    )
    row = replace(PAIN_PRESCRIPTION, dose_min_per_week=100.0)
    (finding,) = judge(pain_input(weeks=weeks, prescriptions=(row,)), (OVERDOSE,))
    assert finding.sentence == (
        "Two weeks above 150 % of the prescribed dose (rule A6): 160 % in the week of 2026-11-02, "
        "160 % in the week of 2026-11-09."
    )
