"""Rule P3: medians that rise from week to week, just inside and just outside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain

import pytest

from alerts.registry import judge, next_due
from alerts.rules.pain.p3_weekly_rise import WEEKLY_RISE
from model.alerting.rule_rows import PainRating
from model.calendar import DAY_MS, HOUR_MS
from model.facts import Phase
from tests.alerts.rules.ratings import PAIN_NOW, pain_input, rated
from tests.rows import values_of

# the Mondays of the three weeks before that of PAIN_NOW, which is a Monday at noon
_FIRST = date(2026, 11, 2)


def _weeks(*weeks: Sequence[float]) -> list[PainRating]:
    """Return the ratings of the last full weeks, one at noon of each day from Monday on."""
    ratings: list[PainRating] = []
    for number, values in enumerate(weeks):
        monday = _FIRST + timedelta(weeks=3 - len(weeks) + number)
        hours = (PAIN_NOW - int(_noon(monday).timestamp() * 1000)) / HOUR_MS
        for day, value in enumerate(values):
            ratings.append(rated(f"w{number}d{day}", hours - 24 * day, value))
    return ratings


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("weeks", "findings"),
    [
        (((2, 2, 2), (3, 3, 3), (4, 4, 4)), True),  # one in two weeks running
        (((2, 2, 2), (3, 3, 3), (3, 3, 3)), False),
        (((2, 2, 2), (2, 2, 2), (4, 4, 4)), True),  # two at once
        (((2, 2, 2), (2, 2, 2), (3, 3, 9)), False),  # the median, not the mean
        (((2, 2, 2), (4, 4)), False),  # two ratings are too few
        (((2, 2), (4, 4, 4)), False),
        (((2, 2, 2), (), (4, 4, 4)), False),  # not the week before
        (((4, 4, 4), (3, 3, 3), (4, 4, 4)), False),
        (((2, 2, 2), (3, 3, 3, 4), (4, 4, 4)), True),
    ],
)
def test_the_medians_of_weeks(weeks: tuple[Sequence[float], ...], *, findings: bool) -> None:
    keys = values_of(judge(pain_input(*_weeks(*weeks)), (WEEKLY_RISE,)), "key", "fresh")
    assert keys == ([("2026-11-16", True)] if findings else [])


def _in_phases(*phases: Phase) -> list[PainRating]:
    """Return the ratings of two weeks with a steep rise, in phases that take turns."""
    rows = _weeks((2, 2, 2), (9, 9, 9))
    return [replace(row, phase=phases[number % len(phases)]) for number, row in enumerate(rows)]


def test_every_rating_around_exercise_counts_and_no_answer_of_now() -> None:
    around = (Phase.BEFORE, Phase.AFTER, Phase.NEXT_MORNING)
    assert len(judge(pain_input(*_in_phases(*around)), (WEEKLY_RISE,))) == 1
    assert judge(pain_input(*_in_phases(Phase.AFTER, Phase.NONE)), (WEEKLY_RISE,)) == ()


def _phased(*weeks: str) -> list[PainRating]:
    """Return the ratings of the last full weeks, each such as "b2 a4": its phase and its value."""
    phases = {"b": Phase.BEFORE, "d": Phase.DURING, "a": Phase.AFTER, "n": Phase.NEXT_MORNING}
    written = list(map(str.split, weeks))
    rows = _weeks(*map(_values, written))
    texts = chain.from_iterable(written)
    return [replace(row, phase=phases[text[0]]) for row, text in zip(rows, texts, strict=True)]


def _values(week: Sequence[str]) -> list[float]:
    return [float(text[1:]) for text in week]


@pytest.mark.parametrize(
    ("weeks", "findings"),
    [
        (("b0 b0 b0 a3", "b0 a3 a3 a3"), False),  # another mix of the same pain
        (("b0 b0 b0", "a3 a3 a3"), False),  # no phase in common: nothing to compare
        (("b0 b0 b0 a3", "b0 b0 a5 a5 a5"), True),  # more after exercise, as much before
        (("b1 b1 a3 a3", "b3 b3 a5 a5"), True),
        (("b1 b1 a3 a3", "b2 b2 a4 a4", "b3 b3 a5 a5"), True),
        # three at once by another mix, and a point in each phase: no two at once
        (("b1 b1 b1 a3", "b2 a4 a4 a4"), False),
        # by the phase that both weeks have, in two weeks running
        (("b1 b1 b1 a3", "b2 a4 a4 a4", "d6 a5 a5 n6"), True),
    ],
)
def test_a_rise_is_one_of_pain_and_not_of_what_was_asked(
    weeks: tuple[str, ...], *, findings: bool
) -> None:
    assert len(judge(pain_input(*_phased(*weeks)), (WEEKLY_RISE,))) == findings


def test_a_week_is_compared_when_it_is_over_and_raises_until_the_next_is() -> None:
    rising = _weeks((2, 2, 2), (4, 4, 4))
    end_ms = PAIN_NOW - 12 * HOUR_MS  # the midnight at which the week of PAIN_NOW begins
    running = pain_input(*rising, now_ms=end_ms - 1)
    assert judge(running, (WEEKLY_RISE,)) == ()
    assert next_due(running, (WEEKLY_RISE,)) == end_ms
    for at_ms, fresh in (
        (end_ms, True),
        (end_ms + 7 * DAY_MS - 1, True),
        (end_ms + 7 * DAY_MS, False),
    ):
        findings = judge(pain_input(*rising, now_ms=at_ms), (WEEKLY_RISE,))
        assert values_of(findings, "fresh") == [fresh]


def test_the_sentence_names_the_medians() -> None:
    (finding,) = judge(pain_input(*_weeks((2, 2, 2), (3, 3, 3), (4, 4, 5))), (WEEKLY_RISE,))
    assert finding.sentence == (
        "Median pain around exercise rose by week: 2, 3, 4 of 10, the last in the week of "
        "2026-11-16, by 3, 3, 3 ratings (rule P3: 1 or more in two weeks running, or 2 at once)."
    )
