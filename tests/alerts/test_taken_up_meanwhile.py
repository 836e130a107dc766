"""Who took an alert up while its gravest evidence was away has not seen that evidence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.lifecycle import ClinicianAction
from model.alert import LIVE_STATES, TAKEN_UP_STATES, Action, Alert
from model.alerting.steps import StepKind
from model.calendar import DAY_MS
from model.facts import AttributedFact, Phase, Report
from tests.alerts.other_worlds import (
    JudgedWorld,
    RestrictedSpan,
    histories,
    judged_input,
    pain_rating,
)
from tests.derivation.lives import Diary
from tests.storage.tellers import attributed_fact

_MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.slow
@pytest.mark.promise(10)
@_MANY
@given(st.data())
def test_nobody_has_taken_up_an_alert_that_was_milder_then(data: st.DataObject) -> None:
    diary = Diary()
    answers = [
        pain_rating("grave", diary.at(9, 650), Phase.DURING, 9.0),
        pain_rating("milder", diary.at(15, 400), Phase.BEFORE, 8.0),
    ]
    facts = [*data.draw(histories()), *map(attributed_fact, answers)]
    held = data.draw(_restricted_answers(facts))
    days = data.draw(st.sampled_from([0, 1, 13, 34]))
    free, hidden = judged_input(facts), judged_input(facts, hidden=held, muted=held)
    later = replace(free, now_ms=free.now_ms + days * DAY_MS)
    world = JudgedWorld()
    for on in (free, hidden, later):
        world.judge(on)
        # what comes and goes at once moves an alert once
        of_evidence = [row for row in world.steps if row.kind in {StepKind.APPEND, StepKind.DROP}]
        moved = Counter(step.alert for step in of_evidence if step.moves)
        assert max(moved.values(), default=0) <= 1
        if on is hidden:
            _take_up(world, data.draw(st.sampled_from([Action.ACKNOWLEDGE, Action.START])))
    for alert in world.alerts.values():
        assert _was_seen(alert), alert.id


def _restricted_answers(facts: Sequence[AttributedFact]) -> st.SearchStrategy[list[RestrictedSpan]]:
    instants = {row.fact.head.start_ms for row in facts if isinstance(row.fact, Report)}
    each = [RestrictedSpan("reports", at_ms, at_ms + 1) for at_ms in sorted(instants)]
    return st.lists(st.sampled_from(each), min_size=1, max_size=4, unique=True)


def _take_up(world: JudgedWorld, action: Action) -> None:
    for name, row in list(world.alerts.items()):
        if row.state in LIVE_STATES:
            world.act(name, ClinicianAction(action=action, actor="anna"))


def _was_seen(alert: Alert) -> bool:
    """Return whether who took an alert up did so at its tier or a graver, where somebody did."""
    if alert.state not in TAKEN_UP_STATES:
        return True
    return alert.taken_up_tier is not None and alert.taken_up_tier.value <= alert.tier.value
