"""The lifecycle of alerts: the table of moves, raising once, appending and retracting.

Judging the same facts again changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import (
    RESOLUTIONS,
    TRANSITIONS,
    Action,
    MoveRefusedError,
    ReasonMissingError,
    actions,
    move,
    settle,
    wakes,
)
from alerts.wording import headline
from model.alert import LIVE_STATES, Alert, AlertState, Finding, Tier
from model.alerting.steps import Step, StepKind
from tests.rows import keyed, values_of

_NOW = 1_900_000_000_000
_DAY = 86_400_000


def _pain(
    key: str, tier: Tier = Tier.B, days_ago: float = 1, *, fresh: bool | None = None, value: int = 6
) -> Finding:
    at = _NOW - int(days_ago * _DAY)
    result = {"value": 8 if tier is Tier.A else value, "phase": "after", "local_date": "2026-11-20"}
    return Finding(
        rule="P1",
        rule_version=1,
        family="pain",
        key=key,
        tier=tier,
        at_ms=at,
        fresh=days_ago <= 14 if fresh is None else fresh,
        from_ms=at,
        fresh_until_ms=at + 14 * _DAY if fresh is None or fresh else at,
        evidence={"ratings": [result] * (1 if tier is Tier.A else 2)},
        sentence=f"pain {result['value']} at {key}",
    )


def _alert(
    *findings: Finding,
    state: AlertState = AlertState.OPEN,
    tier: Tier = Tier.B,
    days_ago: float = 1,
    id_: str = "a",
) -> Alert:
    return Alert(
        id=id_,
        patient="p",
        family="pain",
        rule="P1",
        tier=tier,
        state=state,
        raised_ms=_NOW - int(days_ago * _DAY),
        changed_ms=_NOW - int(days_ago * _DAY),
        sentence=headline(findings) if findings else "",
        findings=keyed(findings, "key"),
    )


class Store:
    """What storage does with steps, in a dict: the reference that the database must equal."""

    def __init__(self, *alerts: Alert) -> None:
        self.alerts = keyed(alerts, "id")

    def settle(self, findings: Sequence[Finding], now_ms: int = _NOW) -> tuple[Step, ...]:
        live = [item for item in self.alerts.values() if item.state in LIVE_STATES]
        recent = [item for item in self.alerts.values() if item.state not in LIVE_STATES]
        steps = settle(live, recent, findings, now_ms)
        for step in steps:
            self.apply(step, now_ms)
        return steps

    def apply(self, step: Step, now_ms: int) -> None:
        id_ = step.alert or f"new{len(self.alerts)}"
        before = self.alerts.get(id_) or replace(
            _alert(), id=id_, family=step.family, raised_ms=now_ms
        )
        had = dict(before.findings)
        for finding in step.findings:
            if step.kind in (StepKind.RAISE, StepKind.APPEND):
                had[finding.key] = finding
            else:
                del had[finding.key]
        self.alerts[id_] = replace(
            before,
            findings=had,
            tier=step.tier,
            state=step.state,
            rule=step.rule,
            sentence=step.sentence,
        )

    def live(self) -> tuple[str, Tier, str, frozenset[str]] | None:
        live = [item for item in self.alerts.values() if item.state in LIVE_STATES]
        assert len(live) <= 1
        return (
            (live[0].family, live[0].tier, live[0].sentence, frozenset(live[0].findings))
            if live
            else None
        )


def _kinds(steps: Sequence[Step]) -> list[StepKind]:
    return values_of(steps, "kind")


# The table


def test_only_what_a_person_resolved_can_be_opened_again() -> None:
    for state in AlertState:
        assert bool(actions(state)) == (state in LIVE_STATES or state is AlertState.RESOLVED)
        assert (Action.REOPEN in actions(state)) == (state is AlertState.RESOLVED)
        assert (
            (Action.RESOLVE in actions(state))
            == (Action.RETRACT in actions(state))
            == (state in LIVE_STATES)
        )


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("action", Action)
def test_every_move_is_in_the_table_or_refused(state: AlertState, action: Action) -> None:
    item = _alert(state=state)
    if (state, action) in TRANSITIONS:
        assert move(item, action, "other") is TRANSITIONS[state, action]
    else:
        with pytest.raises(MoveRefusedError) as refused:
            move(item, action, "other")
        assert (refused.value.state, refused.value.action) == (state, action)


def test_the_usual_walk() -> None:
    item = _alert()
    for action, reason, state in [
        (Action.ACKNOWLEDGE, "", AlertState.ACKNOWLEDGED),
        (Action.START, "", AlertState.IN_PROGRESS),
        (Action.SNOOZE, "until Monday", AlertState.SNOOZED),
        (Action.WAKE, "", AlertState.OPEN),
        (Action.RESOLVE, "contacted: by telephone", AlertState.RESOLVED),
    ]:
        item = replace(item, state=move(item, action, reason))
        assert item.state is state


@pytest.mark.parametrize(
    ("action", "reason"),
    [(Action.SNOOZE, " "), (Action.RESOLVE, ""), (Action.RESOLVE, "done"), (Action.RETRACT, "")],
)
def test_a_reason_is_asked_for(action: Action, reason: str) -> None:
    with pytest.raises(ReasonMissingError):
        move(_alert(), action, reason)


def test_each_resolution_will_do() -> None:
    assert {move(_alert(), Action.RESOLVE, why) for why in RESOLUTIONS} == {AlertState.RESOLVED}


# Raising and appending


def test_a_fresh_finding_raises_with_all_that_holds() -> None:
    old, new = _pain("old", days_ago=20), _pain("new")
    (step,) = settle([], [], [new, old], _NOW)
    assert (step.kind, step.family, step.alert, step.tier, step.state) == (
        StepKind.RAISE,
        "pain",
        None,
        Tier.B,
        AlertState.OPEN,
    )
    assert step.findings == (old, new)
    assert step.sentence.endswith("And 1 more.")
    assert settle([], [], [old], _NOW) == ()
    assert settle([], [], [], _NOW) == ()


def test_families_are_settled_apart() -> None:
    other = replace(_pain("w"), rule="A1", family="adherence")
    other = replace(other, evidence={**other.evidence, "weeks": []})
    steps = settle([], [], [_pain("x"), other], _NOW)
    assert values_of(steps, "kind", "family") == [
        (StepKind.RAISE, "adherence"),
        (StepKind.RAISE, "pain"),
    ]
    assert _kinds(settle([_alert(_pain("x"))], [], [_pain("x"), other], _NOW)) == [StepKind.RAISE]


def test_new_evidence_appends_to_the_live_alert() -> None:
    for state in LIVE_STATES:
        (step,) = settle([_alert(_pain("x"), state=state)], [], [_pain("x"), _pain("y")], _NOW)
        assert (step.kind, step.alert, step.findings, step.state) == (
            StepKind.APPEND,
            "a",
            (_pain("y"),),
            state,
        )


def test_a_graver_finding_raises_the_tier_and_opens_again() -> None:
    for state in LIVE_STATES:
        (step,) = settle(
            [_alert(_pain("x"), state=state)], [], [_pain("x"), _pain("y", Tier.A)], _NOW
        )
        assert (step.kind, step.tier, step.state) == (StepKind.APPEND, Tier.A, AlertState.OPEN)
        assert step.sentence == _pain("y", Tier.A).sentence + " And 1 more."


def test_a_finding_that_says_something_else_now_replaces_itself() -> None:
    (step,) = settle([_alert(_pain("x", Tier.A), tier=Tier.A)], [], [_pain("x")], _NOW)
    assert (step.kind, step.findings, step.tier) == (StepKind.APPEND, (_pain("x"),), Tier.B)


# Corrections


def test_what_no_longer_holds_is_dropped_and_the_tier_follows() -> None:
    live = _alert(_pain("x"), _pain("y", Tier.A), tier=Tier.A, state=AlertState.ACKNOWLEDGED)
    (step,) = settle([live], [], [_pain("x")], _NOW)
    assert (step.kind, step.findings, step.tier) == (StepKind.DROP, (_pain("y", Tier.A),), Tier.B)
    assert step.state is AlertState.ACKNOWLEDGED


def test_when_nothing_stands_the_alert_is_retracted_whatever_its_live_state() -> None:
    for state in LIVE_STATES:
        (step,) = settle([_alert(_pain("x"), state=state)], [], [], _NOW)
        assert (step.kind, step.state, step.reason) == (
            StepKind.RETRACT,
            AlertState.RETRACTED,
            "corrected",
        )
        assert step.findings == (_pain("x"),)


def test_a_resolved_alert_stays_when_its_finding_goes() -> None:
    assert settle([], [_alert(_pain("x"), state=AlertState.RESOLVED)], [], _NOW) == ()


def test_what_slid_out_of_the_look_back_has_not_been_corrected() -> None:
    old = _pain("x", days_ago=28.01)
    assert settle([_alert(old, days_ago=28)], [], [], _NOW) == ()
    (step,) = settle([_alert(old, days_ago=28)], [], [_pain("y", Tier.A)], _NOW)
    assert step.kind is StepKind.APPEND
    assert _kinds(settle([_alert(_pain("x", days_ago=27.99), days_ago=27)], [], [], _NOW)) == [
        StepKind.RETRACT
    ]


def test_an_alert_does_not_live_on_by_what_could_never_have_raised_it() -> None:
    stale, fresh = _pain("stale", days_ago=20), _pain("fresh", days_ago=2)
    (step,) = settle([_alert(stale, fresh)], [], [stale], _NOW)
    assert step.kind is StepKind.RETRACT
    (step,) = settle(
        [_alert(stale, fresh, days_ago=8)], [], [stale], _NOW
    )  # raised when it was fresh
    assert step.kind is StepKind.DROP


def test_a_retracted_finding_may_come_back() -> None:
    gone = _alert(_pain("x"), state=AlertState.RETRACTED)
    assert _kinds(settle([], [gone], [_pain("x")], _NOW)) == [StepKind.RAISE]


# After resolving


def test_what_was_dealt_with_is_not_raised_again() -> None:
    for state in (AlertState.RESOLVED, AlertState.EXPIRED):
        closed = _alert(_pain("x"), state=state, days_ago=10)
        assert settle([], [closed], [_pain("x")], _NOW) == ()
        (step,) = settle([], [closed], [_pain("x"), _pain("y")], _NOW)
        assert step.findings == (_pain("y"),)
        assert settle([_alert(_pain("y"), id_="b")], [closed], [_pain("x"), _pain("y")], _NOW) == ()


def test_what_was_dealt_with_and_became_graver_is() -> None:
    closed = _alert(_pain("x"), state=AlertState.RESOLVED, days_ago=0)
    assert _kinds(settle([], [closed], [_pain("x", Tier.A)], _NOW)) == [StepKind.RAISE]


def test_cooldown_of_seven_days_unless_tier_a() -> None:
    def after(days: float, finding: Finding, tier: Tier = Tier.B) -> list[StepKind]:
        return _kinds(
            settle(
                [],
                [_alert(_pain("x"), state=AlertState.RESOLVED, tier=tier, days_ago=days)],
                [finding],
                _NOW,
            )
        )

    assert after(6.99, _pain("y")) == []
    assert after(7, _pain("y")) == [StepKind.RAISE]
    assert after(0, _pain("y", Tier.A)) == [StepKind.RAISE]
    assert after(0, _pain("y", Tier.A), Tier.A) == [StepKind.RAISE]
    assert after(0, _pain("y"), Tier.C) == [StepKind.RAISE]
    assert after(0, _pain("y", days_ago=20)) == []


def test_what_expired_unseen_holds_nothing_new_back() -> None:
    expired = _alert(_pain("x"), state=AlertState.EXPIRED, days_ago=0)
    (step,) = settle([], [expired], [_pain("x"), _pain("y")], _NOW)
    assert (step.kind, step.findings) == (StepKind.RAISE, (_pain("y"),))
    assert wakes([expired], [_pain("x"), _pain("y")], _NOW) is None


def test_a_rule_of_tier_c_is_held_back_for_a_week_where_it_is_of_tier_b() -> None:
    def overdose(key: str, tier: Tier) -> Finding:
        return replace(_pain(key, tier), rule="A6")

    def after(days: float, tier: Tier) -> list[StepKind]:
        closed = _alert(overdose("x", tier), state=AlertState.RESOLVED, tier=tier, days_ago=days)
        return _kinds(settle([], [closed], [overdose("y", tier)], _NOW))

    assert after(6.99, Tier.B) == []
    assert after(7, Tier.B) == [StepKind.RAISE]
    assert after(13.99, Tier.C) == []
    assert after(14, Tier.C) == [StepKind.RAISE]


def test_no_cooldown_after_a_retraction_nor_from_another_family() -> None:
    retracted = _alert(_pain("x"), state=AlertState.RETRACTED, days_ago=0)
    other = replace(_alert(_pain("x"), state=AlertState.RESOLVED, days_ago=0), family="adherence")
    assert _kinds(settle([], [retracted, other], [_pain("y")], _NOW)) == [StepKind.RAISE]


def test_wakes_when_the_cooldown_ends() -> None:
    closed = _alert(_pain("x"), state=AlertState.RESOLVED, days_ago=3)
    assert wakes([closed], [_pain("x"), _pain("y")], _NOW) == _NOW + 4 * _DAY
    assert wakes([closed], [_pain("x")], _NOW) is None
    assert wakes([closed], [_pain("y", fresh=False)], _NOW) is None
    assert wakes([], [_pain("y")], _NOW) is None


# Properties

keys = st.sampled_from(["a", "b", "c", "d"])
sets = st.lists(
    st.builds(
        _pain,
        keys,
        st.sampled_from([Tier.A, Tier.B]),
        st.just(2),
        fresh=st.booleans(),
        value=st.just(6),
    ),
    max_size=4,
    unique_by=lambda finding: finding.key,
)


@given(st.lists(sets, max_size=5), sets)
def test_the_live_alert_is_a_function_of_the_last_findings(
    before: list[list[Finding]], last: list[Finding]
) -> None:
    walked, direct = Store(), Store()
    for findings in [*before, last]:
        walked.settle(findings)
    direct.settle(last)
    assert walked.live() == direct.live()


@given(st.lists(sets, min_size=1, max_size=5))
def test_judging_again_changes_nothing(walk: list[list[Finding]]) -> None:
    store = Store()
    for findings in walk:
        store.settle(findings)
        assert store.settle(findings) == ()
        assert store.settle(findings[::-1]) == ()


@given(sets, st.sampled_from([AlertState.RESOLVED, AlertState.EXPIRED]), st.integers(0, 40))
def test_after_closing_the_same_findings_raise_nothing_ever(
    findings: list[Finding], state: AlertState, days: int
) -> None:
    store = Store()
    store.settle(findings)
    for id_, item in store.alerts.items():
        store.alerts[id_] = replace(item, state=state, changed_ms=_NOW)
    assert store.settle(findings, _NOW + days * _DAY) == () or not store.alerts


def _low(second_week_days_ago: float) -> Finding:
    """Return a finding of A1; its first week begins a week before the second."""
    from_ms = _NOW - int((second_week_days_ago + 7) * _DAY)
    return Finding(
        rule="A1",
        rule_version=1,
        family="adherence",
        key=f"{second_week_days_ago}",
        tier=Tier.B,
        at_ms=from_ms + 14 * _DAY,
        from_ms=from_ms,
        fresh_until_ms=_NOW + 7 * _DAY,
        evidence={},
        sentence="low",
    )


@pytest.mark.parametrize(
    ("resolution", "days_ago", "raised"),
    [
        ("contacted", 15, True),  # both weeks began after it
        ("contacted", 14, True),  # at the very instant
        ("contacted", 13.99, False),
        ("plan changed", 10, False),
        ("contacted: will call again", 10, False),
        ("not relevant", 10, True),
        ("other", 10, True),
        ("other", 6, False),  # the cooldown of seven days
    ],
)
def test_after_contact_two_weeks_must_have_begun(
    resolution: str, days_ago: float, *, raised: bool
) -> None:
    old = _alert(_low(40), state=AlertState.RESOLVED, days_ago=days_ago)
    closed = replace(old, family="adherence", rule="A1", resolution=resolution)
    steps = settle([], [closed], [_low(7)], _NOW)
    assert [step.kind for step in steps] == ([StepKind.RAISE] if raised else [])


def test_a_contact_holds_back_no_pain() -> None:
    closed = replace(
        _alert(_pain("a", days_ago=20), state=AlertState.RESOLVED, days_ago=8),
        resolution="contacted",
    )
    assert _kinds(settle([], [closed], [_pain("b", days_ago=9)], _NOW)) == [StepKind.RAISE]
