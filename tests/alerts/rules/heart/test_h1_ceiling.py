"""Rule H1: what it makes of the times above a ceiling that a session has."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from alerts.registry import judge
from alerts.rules.heart.h1_ceiling import CEILING
from model.alert import Finding, Tier
from model.alerting.rule_rows import AboveCeiling, SessionBrief, SignAnswer
from model.calendar import HOUR_MS, MINUTE_MS
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_START = PAIN_NOW - 27 * HOUR_MS
_DATE = date(2026, 11, 22)
_ASKS = replace(PAIN_PRESCRIPTION, hr_ceiling=120.0)


def _judged(*above: AboveCeiling, **more: object) -> tuple[Finding, ...]:
    session = SessionBrief(
        id="s",
        start_ms=_START,
        end_ms=_START + HOUR_MS,
        local_date=_DATE,
        type="walking",
        timer_ms=HOUR_MS,
        above_ceiling=above,
    )
    values: dict[str, Any] = {"sessions": (session,), "prescriptions": (_ASKS,), **more}
    return judge(pain_input(**values), (CEILING,))


def _above(minute: int, minutes: int, *, far: bool = False) -> AboveCeiling:
    start_ms = _START + minute * MINUTE_MS
    end_ms = start_ms + minutes * MINUTE_MS
    return AboveCeiling(start_ms=start_ms, end_ms=end_ms, n=60 * minutes, far=far)


def test_a_session_with_such_times_is_one_finding() -> None:
    (finding,) = _judged(_above(5, 2), _above(20, 3))
    assert (finding.key, finding.tier, finding.at_ms) == ("s", Tier.B, _START + 23 * MINUTE_MS)
    assert finding.sentence == (
        "Heart rate above the ceiling of 120 a minute for 5 minutes in the session of 2026-11-22 "
        "(rule H1: nearly all samples of 2 minutes or more)."
    )
    assert _judged() == ()


@pytest.mark.parametrize(
    ("seconds", "minutes"), [((115,), "2"), ((120,), "2"), ((123,), "2.1"), ((115, 180), "5")]
)
def test_a_time_has_at_least_the_two_minutes_that_were_compared(
    seconds: tuple[int, ...], minutes: str
) -> None:
    times: list[AboveCeiling] = []
    for number, length in enumerate(seconds):
        start = _above(5 + 9 * number, 0)
        times.append(replace(start, end_ms=start.start_ms + length * 1000))
    (finding,) = _judged(*times)
    assert f" for {minutes} minutes in " in finding.sentence


def test_far_above_for_long_is_graver() -> None:
    assert values_of(_judged(_above(5, 2), _above(20, 6, far=True)), "tier") == [Tier.A]


@pytest.mark.parametrize(
    ("sign", "hours", "tier"),
    [
        ("chest_pain", -0.1, Tier.B),
        ("chest_pain", 6.9, Tier.A),
        ("chest_pain", 7.1, Tier.B),
        ("bladder_bowel", 2, Tier.B),
    ],
)
def test_a_symptom_in_or_after_the_session_is_graver(sign: str, hours: float, tier: Tier) -> None:
    at_ms = _START + int(hours * HOUR_MS)
    answer = SignAnswer(record="r", at_ms=at_ms, local_date=_DATE, sign=sign)
    now_ms = PAIN_NOW - 12 * HOUR_MS
    (finding,) = _judged(_above(5, 2), signs=(answer,), now_ms=now_ms)
    assert (finding.tier, finding.evidence["signs"]) == (tier, [sign] if tier is Tier.A else [])


def test_no_ceiling_and_a_ceiling_that_was_written_afterwards_find_nothing() -> None:
    assert _judged(_above(5, 2), prescriptions=(replace(_ASKS, hr_ceiling=None),)) == ()
    written = {(_ASKS.id, _ASKS.version): PAIN_NOW}
    assert _judged(_above(5, 2), recorded=written) == ()


def test_a_prescription_turns_the_rule_off() -> None:
    off = replace(_ASKS, rules={"H1": {"on": 0}})
    assert _judged(_above(5, 2), prescriptions=(off,)) == ()


@pytest.mark.parametrize(("seconds", "findings"), [(0, 1), (1, 0)])
def test_a_ceiling_that_was_recorded_after_a_session_of_the_date_says_nothing(
    seconds: int, findings: int
) -> None:
    end_ms = _START + HOUR_MS
    recorded = {(_ASKS.id, _ASKS.version): end_ms + seconds * 1000}
    assert len(_judged(_above(5, 2), recorded=recorded)) == findings


@pytest.mark.parametrize(("later", "ceilings"), [(130.0, [120.0]), (120.0, [120.0]), (110.0, [])])
def test_a_session_is_judged_by_the_ceiling_that_was_known(
    later: float, ceilings: list[float]
) -> None:
    # with a lower ceiling now, the times are those above it, and not those above the known one
    newer = replace(_ASKS, version=_ASKS.version + 1, hr_ceiling=later)
    judged = _judged(
        _above(5, 2),
        prescriptions=(_ASKS, newer),
        recorded={(newer.id, newer.version): _START + 2 * HOUR_MS},
    )
    assert [row.evidence["ceiling"] for row in judged] == ceilings
