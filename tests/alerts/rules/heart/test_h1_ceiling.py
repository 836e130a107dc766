"""Rule H1: minutes above the prescribed ceiling, just inside and just outside."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from alerts.registry import judge
from alerts.rules.heart.h1_ceiling import ABOVE_CEILING
from model.alert import Finding, HeartSeries, RuleInput, SessionBrief, SignAnswer, Tier
from model.calendar import HOUR_MS, MINUTE_MS
from stream.compute.series.accepted_series import with_accepted
from tests.alerts.rules.ratings import PAIN_NOW, PAIN_PRESCRIPTION, pain_input
from tests.rows import values_of

_START = PAIN_NOW - 3 * HOUR_MS
_DATE = date(2026, 11, 23)
_ASKS = replace(PAIN_PRESCRIPTION, hr_ceiling=120.0, rules={"H1": {"on": 1}})
_Series = list[tuple[int, float]]


def _every(seconds: int, values: Iterable[float], begins_s: int = 0) -> _Series:
    """Return samples at even distances from the start of the session."""
    return [(_START + (begins_s + seconds * n) * 1000, v) for n, v in enumerate(values)]


def _input(samples: _Series, **more: Any) -> RuleInput:  # noqa: ANN401 - fields of the input
    session = SessionBrief(
        id="s",
        start_ms=_START,
        end_ms=_START + HOUR_MS,
        local_date=_DATE,
        type="walking",
        timer_ms=HOUR_MS,
    )
    series = HeartSeries(session="s", samples=tuple(samples))
    values = {"sessions": (session,), "prescriptions": (_ASKS,), "heart": (series,), **more}
    return with_accepted(pain_input(**values))


def _judged(samples: _Series, **more: Any) -> tuple[Finding, ...]:  # noqa: ANN401 - as above
    return judge(_input(samples, **more), (ABOVE_CEILING,))


@pytest.mark.parametrize(
    ("samples", "held"),
    [
        (_every(10, [121] * 13), True),  # two minutes, with both ends
        (_every(10, [121] * 12), False),  # ten seconds less
        (_every(10, [120] * 60), False),  # at the ceiling, and not above it
        (_every(30, [121] * 5), False),  # two minutes, and five samples
        (_every(30, [121] * 6), True),
        (_every(5, [121] * 24 + [119] + [121] * 24), True),  # one of 25 below: 96 %
        (_every(5, ([121] * 11 + [119]) * 10), False),  # one of 12 below: 92 %
        (_every(10, [121] * 7) + _every(10, [121] * 7, 200), False),  # a gap between
        ([], False),
    ],
)
def test_so_long_above(samples: _Series, *, held: bool) -> None:
    assert values_of(_judged(samples), "key") == (["s"] if held else [])


def test_nothing_without_a_ceiling_or_while_it_is_off() -> None:
    above = _every(5, [140] * 100)
    for asks in (replace(_ASKS, hr_ceiling=None), replace(_ASKS, rules=None)):
        assert _judged(above, prescriptions=(asks,)) == ()


@pytest.mark.parametrize(
    ("samples", "tier"),
    [
        (_every(10, [130] * 31), Tier.A),  # five minutes at ten above
        (_every(10, [130] * 30), Tier.B),
        (_every(10, [129] * 60), Tier.B),
    ],
)
def test_far_above_for_long_is_graver(samples: _Series, tier: Tier) -> None:
    assert values_of(_judged(samples), "tier") == [tier]


@pytest.mark.parametrize(
    ("sign", "hours", "tier"),
    [
        ("chest_pain", 6.9, Tier.A),
        ("chest_pain", 7.1, Tier.B),
        ("bladder_bowel", 2, Tier.B),
    ],
)
def test_a_symptom_in_or_after_the_session_is_graver(sign: str, hours: float, tier: Tier) -> None:
    at_ms = _START + int(hours * HOUR_MS)
    answer = SignAnswer(record="r", at_ms=at_ms, local_date=_DATE, sign=sign)
    now_ms = PAIN_NOW + 12 * HOUR_MS
    judged = _judged(_every(10, [121] * 13), signs=(answer,), now_ms=now_ms)
    assert values_of(judged, "tier") == [tier]


def test_an_excess_lasts_until_the_rate_has_been_well_below_for_two_minutes() -> None:
    level = [121] * 13
    # 117 is below the ceiling and not five below it, so the second excess is the first one still
    first = _judged(_every(10, [*level, *[117] * 30, *level, *[100] * 20]))
    second = _judged(_every(10, [*level, *[114] * 30, *level, *[100] * 20]))
    assert [len(row.evidence["spans"]) for row in (*first, *second)] == [1, 2]
    # each from the first sample above to two minutes after the first well below
    assert second[0].evidence["minutes"] == 2 * 250_000 / MINUTE_MS


def test_what_no_heart_does_is_not_read() -> None:
    assert _judged(_every(10, [240] * 60)) == ()


def test_the_sentence_says_how_long_and_how_high() -> None:
    (finding,) = _judged(_every(10, [124.6] * 19))
    assert finding.sentence == (
        "Heart rate above 120 a minute for 3 minutes of the session on 2026-11-23, at most 124.6 "
        "(rule H1: the ceiling that is prescribed)."
    )
