"""Rule A6: two weeks of too high a dose, and a long session with pain; inside and outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from alerts.registry import judge
from alerts.rules.adherence.a6_overdose import OVERDOSE
from model.alert import RuleInput, SessionBrief, Tier
from model.calendar import MINUTE_MS, midnight
from model.facts import Instrument
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
    on = pain_input(rated("r", 0.5, pain, session="s"), sessions=(_session(minutes),))
    assert values_of(judge(on, (OVERDOSE,)), "key") == (["s"] if held else [])


def _session(minutes: float, paused: float = 0) -> SessionBrief:
    """Return a session that ended an hour ago; `minutes` are those that were exercised."""
    end_ms = PAIN_NOW - 60 * MINUTE_MS
    return SessionBrief(
        id="s",
        start_ms=end_ms - int((minutes + paused) * MINUTE_MS),
        end_ms=end_ms,
        local_date=date(2026, 11, 23),
        type="walking",
        timer_ms=int(minutes * MINUTE_MS),
    )


def test_a_pause_makes_no_session_long() -> None:
    on = pain_input(rated("r", 0.5, 8, session="s"), sessions=(_session(60, paused=60),))
    assert judge(on, (OVERDOSE,)) == ()


def _hard(value: float, scale: str = "borg-cr10", *, minutes: float = 61, **more: Any) -> RuleInput:  # noqa: ANN401 - fields of the input
    """Return the input about a long session of some exertion, where 5 on CR10 is the highest."""
    row = replace(PAIN_PRESCRIPTION, rpe_ceiling=5.0, rpe_scale="borg-cr10")
    answer = rated("e", 0.5, value, scale=scale, instrument=Instrument.EXERTION)
    session = _session(minutes)
    on = pain_input(sessions=(session,), prescriptions=(row,))
    return replace(on, exertion=(answer,), **more)


@pytest.mark.parametrize(
    ("value", "scale", "minutes", "held"),
    [
        (5.5, "borg-cr10", 61, True),
        (5, "borg-cr10", 61, False),
        (9, "borg-cr10", 60, False),
        (17, "borg-6-20", 61, False),
    ],
)
def test_a_long_session_that_was_harder_than_its_ceiling(
    value: float, scale: str, minutes: float, *, held: bool
) -> None:
    found = judge(_hard(value, scale, minutes=minutes), (OVERDOSE,))
    assert values_of(found, "key") == (["s"] if held else [])


def test_no_ceiling_is_no_limit_of_exertion() -> None:
    on = replace(_hard(10), prescriptions=(PAIN_PRESCRIPTION,))
    assert judge(on, (OVERDOSE,)) == ()


@pytest.mark.parametrize(("cardiac", "tier"), [(False, Tier.C), (True, Tier.B)])
def test_too_much_is_graver_with_a_disease_of_the_heart(*, cardiac: bool, tier: Tier) -> None:
    (finding,) = judge(_hard(8, cardiac=cardiac), (OVERDOSE,))
    assert finding.tier is tier
    assert finding.sentence == (
        "A session of 61 minutes where 30 are prescribed, with exertion 8 on Borg CR10 on "
        "2026-11-23 (rule A6: more than 2 times as long, with exertion above 5)."
    )


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
