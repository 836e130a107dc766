"""Alerts under restriction and rectification are those of a world where the wrong never came.

Through the pure functions that the worker runs: current facts, derivation, rules and the life of an
alert. `tests/storage/alerts/` has the same through the database, with fewer examples.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.rules.data.d1_silence import SILENCE
from model.facts import AttributedFact, Report, SampleBlock, Workout
from model.privacy.rectification import with_right_values
from tests.alerts.other_worlds import (
    JudgedWorld,
    RestrictedSpan,
    Right,
    Shown,
    histories,
    judged_input,
    restrictions_of_any,
    right_values,
)

_MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def never_came(
    facts: Sequence[AttributedFact], held: Sequence[RestrictedSpan]
) -> list[AttributedFact]:
    """Return the facts of a world in which what is restricted never came, written anew here."""
    left: list[AttributedFact] = []
    for item in facts:
        fact, vendor = item.fact, item.fact.head.source.vendor
        if isinstance(fact, SampleBlock):
            free = [not _is_held(held, vendor, at, at + 1) for at in fact.t.tolist()]
            if any(free):
                left.append(replace(item, fact=replace(fact, t=fact.t[free], v=fact.v[free])))
        elif not _is_held(held, vendor, fact.head.start_ms, fact.head.end_ms):
            left.append(item)
    return left


def _is_held(held: Sequence[RestrictedSpan], vendor: str, start_ms: int, end_ms: int) -> bool:
    last_ms = max(end_ms, start_ms + 1)
    return any(
        row.vendor in {"", vendor} and start_ms < row.until_ms and last_ms > row.from_ms
        for row in held
    )


def came_right(facts: Sequence[AttributedFact], made: Sequence[Right]) -> list[AttributedFact]:
    """Return the facts of a world in which the right values came at once."""
    rights = {row.record: row.values for row in made}
    left: list[AttributedFact] = []
    for item in facts:
        values = rights.get(item.fact.head.record)
        if values is None or not isinstance(item.fact, Workout | Report):
            left.append(item)
        elif not values.void:
            left.append(replace(item, fact=with_right_values(item.fact, values)))
    return left


def _without_silence(shown: Sequence[Shown]) -> list[Shown]:
    # that a source has delivered stays known, whatever it delivered: a watch whose data is
    # restricted is not a silent watch, and nobody is to ask for it
    return [row for row in shown if row[0] != SILENCE.family]


@pytest.mark.slow
@pytest.mark.promise(10)
@_MANY
@given(st.data())
def test_alerts_under_restriction_are_those_of_a_world_without_and_return_when_lifted(
    data: st.DataObject,
) -> None:
    facts = data.draw(histories())
    held = data.draw(restrictions_of_any(facts))
    free = judged_input(facts)
    hidden = judged_input(facts, hidden=held, muted=held)
    # in that world the same times are muted: what a person restricted stays out of every judgement
    absent = judged_input(never_came(facts, held), muted=held)
    world, without, untouched = JudgedWorld(), JudgedWorld(), JudgedWorld()
    before = world.judge(free)
    assert without.judge(absent) == without.judge(absent)
    assert _without_silence(world.judge(hidden)) == _without_silence(without.shown())
    untouched.judge(free)
    untouched.judge(free)
    assert world.judge(free) == untouched.judge(free) == before


@pytest.mark.slow
@pytest.mark.promise(11)
@_MANY
@given(st.data())
def test_alerts_after_a_correction_are_those_of_a_world_where_the_right_value_came_at_once(
    data: st.DataObject,
) -> None:
    facts = data.draw(histories())
    made = data.draw(right_values(facts))
    wrong, right = judged_input(facts), judged_input(came_right(facts, made))
    world, at_once = JudgedWorld(), JudgedWorld()
    before = world.judge(wrong)
    at_once.judge(right)
    assert world.judge(right) == at_once.judge(right)
    # taken back, the world is the one before
    assert world.judge(wrong) == before
