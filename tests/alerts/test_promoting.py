"""An alert that the budget left to the digest comes back on a later working day with room."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lifecycle import (
    ClinicianAction,
    acted,
    after_steps,
    budgeted,
    course_at,
    needs_room,
    tried_at,
)
from alerts.lifecycle.budget import allowance
from alerts.working_hours import DEFAULT_HOURS
from model.alert import LIVE_STATES, Action, Alert, AlertState, Finding, Tier
from model.alerting.steps import JudgementResult, Step, StepKind
from model.messages.alert_move import DutyRoster
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, alert_of, finding_of

_SECOND = 1_000
_CLOSING = ALERT_NOW + 7 * HOUR  # Monday 17:00 in Stockholm: the budget's next working day begins
_ROSTER = DutyRoster(clinician="anna", line=("bo",))
_X = finding_of("x")
_LEFT = alert_of(_X, tier=Tier.C, is_demoted=True)


def _course(
    alert: Alert, now_ms: int, *findings: Finding, recent: tuple[Alert, ...] = ()
) -> JudgementResult:
    return course_at([alert], recent, findings, _ROSTER, now_ms)


def _promotion() -> Step:
    (step,) = _course(_LEFT, _CLOSING, _X).promotions
    return step


def test_a_demoted_alert_is_tried_when_the_next_working_day_begins() -> None:
    today = _course(_LEFT, _CLOSING - 1, _X)
    assert (today.steps, today.promotions) == ((), ())
    assert (today.day_until_ms, today.next_due_ms) == (_CLOSING, _CLOSING + 60 * _SECOND)
    next_day = _course(_LEFT, _CLOSING, _X)
    assert next_day.day_from_ms == _CLOSING
    # whether there is room is not known here, so the day after that is asked for as well
    assert next_day.next_due_ms == _CLOSING + DAY + 59 * _SECOND
    (step,) = next_day.promotions
    assert (step.kind, step.moves) == (StepKind.PROMOTE, (Action.PROMOTE,))
    assert (step.alert, step.tier, step.state) == ("a", Tier.B, AlertState.OPEN)
    assert (step.is_demoted, step.findings, step.responsible) == (False, (), ("anna",))
    assert (step.rule, step.sentence) == ("P1", _LEFT.sentence)


def test_the_working_day_after_friday_begins_when_friday_ends() -> None:
    friday = replace(_LEFT, raised_ms=ALERT_NOW + 4 * DAY)
    assert _course(friday, ALERT_NOW + 4 * DAY, _X).next_due_ms == _CLOSING + 4 * DAY + 60 * _SECOND
    (step,) = _course(friday, _CLOSING + 4 * DAY, _X).promotions
    assert step.kind is StepKind.PROMOTE
    # without room it is tried again on the working day after, which begins on Monday at 17:00
    assert _course(friday, _CLOSING + 4 * DAY, _X).next_due_ms == _CLOSING + 7 * DAY + 57 * _SECOND


def test_what_is_raised_when_the_unit_closes_is_of_the_day_that_begins() -> None:
    late = replace(_LEFT, raised_ms=_CLOSING)
    assert _course(late, _CLOSING, _X).promotions == ()
    assert _course(late, _CLOSING + DAY - 1, _X).promotions == ()
    assert len(_course(late, _CLOSING + DAY, _X).promotions) == 1


_STALE = replace(_X, fresh=False)


@pytest.mark.parametrize(
    ("alert", "findings"),
    [
        (replace(_LEFT, is_demoted=False), [_X]),  # of tier C by its evidence
        (replace(_LEFT, state=AlertState.ACKNOWLEDGED), [_X]),  # a person has it
        (replace(_LEFT, state=AlertState.IN_PROGRESS), [_X]),
        (_LEFT, [_STALE]),  # nothing could raise it any more
        (_LEFT, [_STALE, replace(finding_of("y"), family="load")]),
        (replace(_LEFT, mutes={Tier.C: _CLOSING + 1}), [_X]),
        (replace(_LEFT, mutes={Tier.B: _CLOSING + 1}), [_X]),
        (
            replace(
                _LEFT,
                state=AlertState.SNOOZED,
                snoozed_until_ms=_CLOSING + 1,
                mutes={Tier.C: _CLOSING + 1},
            ),
            [_X],
        ),
        (_LEFT, []),  # its evidence was corrected
        (_LEFT, [finding_of("x", Tier.C)]),
        (_LEFT, [finding_of("x", Tier.A)]),
    ],
)
def test_nothing_else_is_promoted(alert: Alert, findings: list[Finding]) -> None:
    result = _course(alert, _CLOSING, *findings)
    assert result.promotions == ()
    # nor is anybody judged again for it
    assert result.next_due_ms is None or result.next_due_ms not in range(
        _CLOSING + DAY, _CLOSING + DAY + 61 * _SECOND
    )


def test_a_snooze_that_has_ended_holds_nothing_back() -> None:
    snoozed = replace(
        _LEFT, state=AlertState.SNOOZED, snoozed_until_ms=_CLOSING, mutes={Tier.C: _CLOSING}
    )
    result = _course(snoozed, _CLOSING, _X)
    assert [step.moves for step in (*result.steps, *result.promotions)] == [
        (Action.WAKE,),
        (Action.PROMOTE,),
    ]


def test_new_evidence_is_added_before_the_alert_is_promoted() -> None:
    result = _course(_LEFT, _CLOSING, _STALE, finding_of("y"))
    (added,), (step,) = result.steps, result.promotions
    assert (added.kind, added.tier, added.is_demoted) == (StepKind.APPEND, Tier.C, True)
    assert (step.tier, step.sentence) == (Tier.B, added.sentence)


def test_a_cooldown_that_still_holds_back_its_evidence_keeps_it_in_the_digest() -> None:
    closed = alert_of(
        finding_of("old"), id="b", state=AlertState.RESOLVED, changed_ms=_CLOSING - 6 * DAY
    )
    assert _course(_LEFT, _CLOSING, _X, recent=(closed,)).promotions == ()
    assert len(_course(_LEFT, _CLOSING + DAY, _X, recent=(closed,)).promotions) == 1


def test_an_alert_that_comes_back_from_a_retraction_is_tried_at_once() -> None:
    gone = replace(_LEFT, state=AlertState.RETRACTED, retracted_from=AlertState.OPEN)
    result = course_at([], [gone], [_X], _ROSTER, _CLOSING + 2 * DAY)
    (back,), (step,) = result.steps, result.promotions
    assert (back.kind, back.tier, back.is_demoted) == (StepKind.RESTORE, Tier.C, True)
    assert (step.kind, step.alert) == (StepKind.PROMOTE, "a")
    # on the day of its demotion it only comes back
    early = course_at([], [gone], [_X], _ROSTER, _CLOSING - HOUR)
    assert (len(early.steps), early.promotions) == (1, ())
    taken = replace(gone, retracted_from=AlertState.ACKNOWLEDGED)
    assert course_at([], [taken], [_X], _ROSTER, _CLOSING + DAY).promotions == ()


def test_an_alert_that_a_person_opens_again_is_tried() -> None:
    wish = ClinicianAction(action=Action.RESOLVE, actor="anna", reason="other")
    resolved = acted(_LEFT, wish, ALERT_NOW + HOUR)
    again = acted(resolved, ClinicianAction(action=Action.REOPEN, actor="anna"), _CLOSING)
    assert len(_course(again, _CLOSING, _X).promotions) == 1


@pytest.mark.parametrize(
    ("raised", "patients", "has_room"),
    [
        ({}, 100, True),
        ({"P1": 4}, 100, True),
        ({"P1": 5}, 100, False),
        ({"P1": 2, "A1": 3}, 100, True),  # its share is two and a half
        ({"P1": 3, "A1": 2}, 100, False),
        ({"P1": 14}, 300, True),
        ({"P1": 15}, 300, False),
    ],
)
def test_a_promotion_needs_room_by_the_share_of_its_rule(
    raised: Mapping[str, int], patients: int, *, has_room: bool
) -> None:
    step = _promotion()
    assert budgeted(step, raised, patients) is (step if has_room else None)


def test_a_promoted_alert_is_new_to_who_must_act() -> None:
    before = replace(_LEFT, escalations=2)
    (after,) = after_steps([before], [_promotion()], _CLOSING)
    assert (after.tier, after.state, after.is_demoted) == (Tier.B, AlertState.OPEN, False)
    assert (after.unseen_since_ms, after.escalations) == (_CLOSING, 0)
    assert after.findings == _LEFT.findings
    result = _course(after, _CLOSING, _X)
    assert (result.steps, result.promotions) == ((), ())


@pytest.mark.parametrize(("days", "seconds"), [(0, 60), (1, 59), (27, 33), (60, 0), (90, 0)])
def test_the_oldest_is_tried_first(days: int, seconds: int) -> None:
    assert tried_at(_CLOSING - days * DAY, _CLOSING) == _CLOSING + seconds * _SECOND


def test_of_a_patients_own_alerts_the_oldest_comes_first() -> None:
    later = replace(_LEFT, id="b", family="answers", raised_ms=ALERT_NOW + HOUR)
    other = replace(_X, family="answers")
    result = course_at([later, _LEFT], [], [_X, other], _ROSTER, _CLOSING)
    assert [step.alert for step in result.promotions] == ["a", "b"]


# Many patients of a clinician, day after day


@dataclass(slots=True)
class BudgetWorld:
    """Patients with pain, of a clinician who acts on nothing; judged as the worker judges them."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    promoted_ms: dict[str, int] = field(default_factory=dict)
    moves: list[tuple[int, str, Action, Tier]] = field(default_factory=list)

    def run_to(self, end_ms: int) -> None:
        """Judge everyone who is due by an instant, the longest due first."""
        while True:
            at_ms = min(self.due.values(), default=end_ms + 1)
            if at_ms > end_ms:
                return
            self.judge(min(name for name in self.due if self.due[name] == at_ms), at_ms)

    def judge(self, patient: str, now_ms: int) -> None:
        """Judge a patient by what is known."""
        live = [row for row in self.alerts.values() if row.patient == patient]
        known = self.findings[patient]
        known = replace(known, fresh=known.fresh_until_ms >= now_ms)
        result = course_at(live, [], [known], _ROSTER, now_ms)
        nexts = [result.next_due_ms]
        for wish in (*result.steps, *result.promotions):
            step = budgeted(wish, self.counted(result.day_from_ms), 100)
            if step is not None:
                self._apply(patient, step, now_ms)
            if step is not None and step.is_demoted and step.kind is StepKind.RAISE:
                nexts.append(tried_at(now_ms, result.day_until_ms))
        self.due.pop(patient, None)
        if any(nexts):
            self.due[patient] = min(filter(None, nexts))

    def counted(self, since_ms: int) -> dict[str, int]:
        """Return the new alerts of tier A and B since an instant, by rule."""
        counts: dict[str, int] = {}
        for name, row in self.alerts.items():
            newest = max(row.raised_ms, self.promoted_ms.get(name, 0))
            if row.tier is not Tier.C and newest >= since_ms:
                counts[row.rule] = counts.get(row.rule, 0) + 1
        return counts

    def _apply(self, patient: str, step: Step, now_ms: int) -> None:
        name = step.alert or f"{patient}/{step.family}"
        if step.kind is StepKind.RAISE:
            (after,) = after_steps([], [step], now_ms)
        elif step.state not in LIVE_STATES:
            del self.alerts[name]
            return
        else:
            (after,) = after_steps([self.alerts[name]], [step], now_ms)
        self.alerts[name] = replace(after, id=name, patient=patient)
        if step.kind is StepKind.PROMOTE:
            self.promoted_ms[name] = now_ms
        for kind in step.moves:
            self.moves.append((now_ms, name, kind, step.tier))


# for each day, the hours after its beginning at which a patient without an alert has pain
_DAYS = st.lists(
    st.lists(st.integers(0, 23), max_size=9).map(sorted), min_size=2, max_size=8
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(_DAYS)
def test_no_day_has_more_new_alerts_than_its_budget_and_no_room_is_left_unused(
    days: list[list[int]],
) -> None:
    world, patients = BudgetWorld(), 0
    for number, hours in enumerate(days):
        for hour in hours:
            now_ms = _CLOSING + number * DAY + hour * HOUR
            world.run_to(now_ms)
            patients += 1
            world.findings[f"p{patients}"] = finding_of("x", at_ms=now_ms)
            world.judge(f"p{patients}", now_ms)
    end_ms = _CLOSING + len(days) * DAY + HOUR
    world.run_to(end_ms)
    most = math.ceil(allowance(100))
    by_day: dict[int, list[tuple[str, Action]]] = {}
    for at_ms, name, kind, tier in world.moves:
        if tier is Tier.B and kind in {Action.RAISE, Action.PROMOTE}:
            by_day.setdefault(DEFAULT_HOURS.last_closing(at_ms), []).append((name, kind))
    assert all(len(rows) <= most for rows in by_day.values())
    demoted = Counter(name for _, name, kind, _ in world.moves if kind is Action.DEMOTE)
    assert set(demoted.values()) <= {1}
    day_ms = DEFAULT_HOURS.last_closing(end_ms)
    waits = [row for row in world.alerts.values() if row.is_demoted and row.raised_ms < day_ms]
    assert not waits or len(by_day.get(day_ms, [])) == most
    # who waits has waited no longer than who was promoted last
    for name in world.promoted_ms if waits else ():
        assert world.alerts[name].raised_ms < waits[0].raised_ms + DAY


def test_only_a_new_alert_of_tier_b_needs_room() -> None:
    (raised,) = course_at([], [], [_X], _ROSTER, ALERT_NOW).steps
    (grave,) = course_at([], [], [finding_of("x", Tier.A)], _ROSTER, ALERT_NOW).steps
    (added,) = _course(_LEFT, ALERT_NOW, _X, finding_of("y")).steps
    assert list(map(needs_room, (raised, grave, added, _promotion()))) == [
        True,
        False,
        False,
        True,
    ]
