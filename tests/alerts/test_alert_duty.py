"""Who has to act on an alert, what time alone does to it, and the budget of new alerts."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from alerts.lifecycle import (
    ClinicianAction,
    TakenAlertError,
    acted,
    acting_for,
    budgeted,
    clock_steps,
    is_covered,
    muted_until,
    next_clock,
    responsible,
    settle,
    waking_steps,
)
from alerts.lifecycle.budget import allowance
from alerts.lifecycle.clock import escalates_at, expires_at
from alerts.lifecycle.duty import chain, present_for
from alerts.working_hours import DEFAULT_HOURS, hours_json
from model.alert import LIVE_STATES, Action, AlertState, Tier
from model.alerting.steps import Step, StepKind
from model.messages.alert_move import Absence, DutyRoster
from tests.alerts.alert_values import ALERT_NOW, DAY, HOUR, alert_of, finding_of

_ROSTER = DutyRoster(clinician="anna", line=("bo", "anna", "cia"), on_call="dag")
_SATURDAY = ALERT_NOW - 2 * DAY
_UNSEEN = alert_of(finding_of("x", Tier.A))


def _away(subject: str, cover: str = "") -> Absence:
    return Absence(subject=subject, from_ms=ALERT_NOW, until_ms=ALERT_NOW + DAY, cover=cover)


# Who has to act


def test_the_line_has_each_person_once() -> None:
    assert chain(_ROSTER, "", ALERT_NOW) == ("anna", "bo", "cia", "dag")
    assert chain(_ROSTER, "cia", ALERT_NOW) == ("cia", "anna", "bo", "dag")
    assert chain(DutyRoster(), "", ALERT_NOW) == ()


@pytest.mark.parametrize(
    ("absences", "at_ms", "acts"),
    [
        ((), ALERT_NOW, "anna"),
        ((_away("anna", "eva"),), ALERT_NOW, "eva"),
        ((_away("anna", "eva"),), ALERT_NOW - 1, "anna"),
        ((_away("anna", "eva"),), ALERT_NOW + DAY, "anna"),
        ((_away("anna", "eva"), _away("eva", "fia")), ALERT_NOW, "fia"),
        ((_away("anna", "eva"), _away("eva", "anna")), ALERT_NOW, ""),
        ((_away("anna"),), ALERT_NOW, ""),
    ],
)
def test_a_cover_acts_for_who_is_away(absences: tuple[Absence, ...], at_ms: int, acts: str) -> None:
    assert present_for("anna", absences, at_ms) == acts


@pytest.mark.parametrize(
    ("absences", "people", "acting"),
    [
        ((), ("anna", "bo"), ("anna", "bo")),
        ((), (), ()),
        ((_away("anna", "eva"),), ("anna", "bo"), ("eva", "bo")),
        ((_away("anna", "bo"),), ("anna", "bo"), ("bo",)),
        # nobody covers: the next in line
        ((_away("anna"),), ("anna",), ("bo",)),
        ((_away("anna"), _away("bo"), _away("cia"), _away("dag")), ("anna",), ()),
    ],
)
def test_who_acts_for_those_who_had_to(
    absences: tuple[Absence, ...], people: tuple[str, ...], acting: tuple[str, ...]
) -> None:
    assert acting_for(replace(_ROSTER, absences=absences), people, ALERT_NOW) == acting


def _span(subject: str, cover: str, first_h: int, last_h: int) -> Absence:
    from_ms, until_ms = ALERT_NOW + first_h * HOUR, ALERT_NOW + last_h * HOUR
    return Absence(subject=subject, from_ms=from_ms, until_ms=until_ms, cover=cover)


@pytest.mark.parametrize(
    ("others", "is_so"),
    [
        ((), True),
        ((_span("bo", "anna", 0, 10),), False),
        ((_span("bo", "", 9, 20),), False),
        ((_span("bo", "", 10, 20),), True),
        ((_span("bo", "anna", -9, 0),), True),
        ((_span("bo", "cia", 2, 4),), True),
        ((_span("bo", "cia", 2, 4), _span("cia", "anna", 3, 4)), False),
        ((_span("bo", "cia", 2, 3), _span("cia", "anna", 3, 4)), True),
    ],
)
def test_a_cover_must_be_there_all_the_time(others: tuple[Absence, ...], *, is_so: bool) -> None:
    assert is_covered(_span("anna", "bo", 0, 10), others) is is_so
    assert is_covered(_span("anna", "", 0, 10), others)


def test_who_is_away_without_a_cover_is_passed_over() -> None:
    roster = replace(_ROSTER, absences=(_away("anna"),))
    assert chain(roster, "", ALERT_NOW) == ("bo", "cia", "dag")


@pytest.mark.parametrize(
    ("tier", "at_ms", "level", "people"),
    [
        (Tier.A, ALERT_NOW, 0, ("anna",)),
        (Tier.A, ALERT_NOW, 1, ("bo",)),
        (Tier.A, ALERT_NOW, 3, ("dag",)),
        (Tier.A, ALERT_NOW, 4, ()),  # everybody
        (Tier.A, _SATURDAY, 0, ("dag",)),  # out of hours: who is on call
        (Tier.B, _SATURDAY, 0, ("anna",)),  # B waits for the next working day
    ],
)
def test_who_is_responsible(tier: Tier, at_ms: int, level: int, people: tuple[str, ...]) -> None:
    assert responsible(_ROSTER, None, tier, at_ms, level) == people


def test_out_of_hours_nothing_goes_into_the_void() -> None:
    assert responsible(DutyRoster(clinician="anna"), None, Tier.A, _SATURDAY) == ("anna",)
    assert responsible(DutyRoster(), None, Tier.A, _SATURDAY) == ()
    away = replace(_away("dag", "eva"), from_ms=_SATURDAY)
    assert responsible(replace(_ROSTER, absences=(away,)), None, Tier.A, _SATURDAY) == ("eva",)
    taken = replace(_UNSEEN, assignee="bo")
    assert responsible(_ROSTER, taken, Tier.A, _SATURDAY) == ("bo",)


def test_the_hours_of_the_unit_decide() -> None:
    night = replace(DEFAULT_HOURS, weekdays=(6, 7))
    roster = replace(_ROSTER, hours=hours_json(night))
    assert responsible(roster, None, Tier.A, ALERT_NOW) == ("dag",)
    assert responsible(roster, None, Tier.A, _SATURDAY) == ("anna",)


# Escalation because unseen


def test_after_four_working_hours_an_unseen_a_goes_to_the_next_in_line() -> None:
    due = ALERT_NOW + 4 * HOUR
    assert next_clock([_UNSEEN], _ROSTER, ALERT_NOW) == due
    assert clock_steps([_UNSEEN], _ROSTER, due - 1) == ()
    (step,) = clock_steps([_UNSEEN], _ROSTER, due)
    assert (step.kind, step.moves, step.tier, step.state, step.reason) == (
        StepKind.ESCALATE,
        (Action.ESCALATE,),
        Tier.A,
        AlertState.OPEN,
        "nobody acknowledged it within 4 working hours",
    )


def test_the_hours_that_count_are_working_hours() -> None:
    friday_15 = ALERT_NOW - 3 * DAY + 5 * HOUR
    late = replace(_UNSEEN, unseen_since_ms=friday_15)
    # Two hours on Friday, and two from 08:00 on Monday.
    assert escalates_at(late, _ROSTER) == ALERT_NOW


def test_only_acknowledging_stops_the_timer() -> None:
    for state in LIVE_STATES - {AlertState.OPEN}:
        assert escalates_at(replace(_UNSEEN, state=state), _ROSTER) is None
    # New evidence of the same tier, a note or another person's page do not.
    more = alert_of(finding_of("x", Tier.A), finding_of("y", Tier.A), changed_ms=ALERT_NOW + HOUR)
    assert escalates_at(more, _ROSTER) == ALERT_NOW + 4 * HOUR


def test_escalation_ends_with_everybody() -> None:
    for level, due in ((3, True), (4, False)):
        passed = replace(_UNSEEN, escalations=level)
        assert (escalates_at(passed, _ROSTER) is not None) is due
    nobody = DutyRoster()
    assert escalates_at(_UNSEEN, nobody) is not None
    assert escalates_at(replace(_UNSEEN, escalations=1), nobody) is None


def test_a_milder_tier_does_not_escalate_because_unseen() -> None:
    assert escalates_at(alert_of(finding_of("x")), _ROSTER) is None


def test_because_unseen_and_because_worse_are_two_moves() -> None:
    (unseen,) = clock_steps([_UNSEEN], _ROSTER, ALERT_NOW + 4 * HOUR)
    milder = alert_of(finding_of("x"))
    (worse,) = settle([milder], [], [finding_of("x"), finding_of("y", Tier.A)], ALERT_NOW)
    assert (unseen.moves, worse.moves) == ((Action.ESCALATE,), (Action.WORSEN,))


# Expiry and waking


def test_an_alert_that_nobody_took_up_expires_28_days_after_its_newest_evidence() -> None:
    old = finding_of("x", at_ms=ALERT_NOW + DAY)
    alert = alert_of(old)
    assert expires_at(alert) == ALERT_NOW + 29 * DAY
    assert clock_steps([alert], _ROSTER, ALERT_NOW + 29 * DAY - 1) == ()
    (step,) = clock_steps([alert], _ROSTER, ALERT_NOW + 29 * DAY)
    assert (step.moves, step.state) == ((Action.EXPIRE,), AlertState.EXPIRED)
    assert expires_at(replace(alert, unseen_since_ms=ALERT_NOW + 5 * DAY)) == ALERT_NOW + 33 * DAY


def test_what_a_person_took_up_and_tier_a_never_expire() -> None:
    assert expires_at(_UNSEEN) is None
    for state in LIVE_STATES - {AlertState.OPEN}:
        assert expires_at(alert_of(finding_of("x"), state=state)) is None


def test_only_its_end_opens_a_snoozed_alert() -> None:
    until = ALERT_NOW + DAY
    snoozed = alert_of(
        finding_of("x"), state=AlertState.SNOOZED, snoozed_until_ms=until, mutes={Tier.B: until}
    )
    assert waking_steps([snoozed], until - 1) == ()
    (step,) = waking_steps([snoozed], until)
    assert (step.moves, step.state) == ((Action.WAKE,), AlertState.OPEN)
    assert next_clock([snoozed], _ROSTER, ALERT_NOW) == until
    # Any other condition leaves it: new evidence of its tier, evidence dropped, time.
    (appended,) = settle([snoozed], [], [finding_of("x"), finding_of("y")], ALERT_NOW)
    assert (appended.state, appended.moves) == (AlertState.SNOOZED, ())
    two = replace(snoozed, findings=alert_of(finding_of("x"), finding_of("y")).findings)
    (dropped,) = settle([two], [], [finding_of("x")], ALERT_NOW)
    assert (dropped.state, dropped.moves) == (AlertState.SNOOZED, ())
    assert clock_steps([snoozed], _ROSTER, until + 90 * DAY) == ()


def test_a_snooze_mutes_no_graver_tier() -> None:
    until = ALERT_NOW + 7 * DAY
    snoozed = alert_of(
        finding_of("x"), state=AlertState.SNOOZED, snoozed_until_ms=until, mutes={Tier.B: until}
    )
    (step,) = settle([snoozed], [], [finding_of("x"), finding_of("y", Tier.A)], ALERT_NOW)
    assert (step.state, step.moves, step.tier) == (AlertState.OPEN, (Action.WORSEN,), Tier.A)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.SNOOZED])
def test_a_newer_snooze_of_a_graver_tier_ends_no_longer_snooze_of_a_milder(
    state: AlertState,
) -> None:
    week, day = ALERT_NOW + 7 * DAY, ALERT_NOW + DAY
    mutes = {Tier.B: week, Tier.A: day} if state is AlertState.SNOOZED else {Tier.B: week}
    graver = alert_of(
        finding_of("x"),
        finding_of("y", Tier.A),
        state=state,
        snoozed_until_ms=day if state is AlertState.SNOOZED else None,
        mutes=mutes,
    )
    # The graver evidence is corrected: the snooze of tier B still has six days.
    (step,) = settle([graver], [], [finding_of("x")], ALERT_NOW)
    assert (step.tier, step.state, step.snoozed_until_ms) == (Tier.B, AlertState.SNOOZED, week)
    assert step.moves == ((Action.SNOOZE,) if state is AlertState.OPEN else ())
    (step,) = settle([graver], [], [finding_of("x")], week)
    assert (step.tier, step.state, step.snoozed_until_ms) == (Tier.B, state, None)


def test_what_a_person_has_taken_up_is_not_snoozed_by_a_correction() -> None:
    taken = alert_of(
        finding_of("x"),
        finding_of("y", Tier.A),
        state=AlertState.IN_PROGRESS,
        mutes={Tier.B: ALERT_NOW + DAY},
    )
    (step,) = settle([taken], [], [finding_of("x")], ALERT_NOW)
    assert (step.tier, step.state) == (Tier.B, AlertState.IN_PROGRESS)


# The budget


def _raise(tier: Tier = Tier.B) -> Step:
    (step,) = settle([], [], [finding_of("x", tier)], ALERT_NOW)
    return step


@pytest.mark.parametrize(
    ("raised", "patients", "is_demoted"),
    [
        ({}, 100, False),
        ({"P1": 4}, 100, False),
        ({"P1": 5}, 100, True),  # the sixth of the day, all of one rule
        ({"P1": 1, "A1": 4}, 100, False),  # the budget is spent, but not by this rule
        ({"P1": 3, "A1": 2}, 100, True),  # its share is two and a half
        ({"P1": 2, "A1": 3}, 100, False),
        ({"A1": 5}, 100, False),
        ({"P1": 5}, 101, False),  # 5.05 alerts
        ({"P1": 14}, 300, False),
        ({"P1": 15}, 300, True),
        ({"P1": 5}, 10, True),  # few patients have the budget of a hundred
    ],
)
def test_a_rule_over_its_share_is_demoted(
    raised: Mapping[str, int], patients: int, *, is_demoted: bool
) -> None:
    step = budgeted(_raise(), raised, patients)
    assert step is not None
    assert step.is_demoted is is_demoted
    assert step.tier is (Tier.C if is_demoted else Tier.B)
    assert step.moves == ((Action.RAISE, Action.DEMOTE) if is_demoted else (Action.RAISE,))


def test_tier_a_is_never_demoted() -> None:
    step = _raise(Tier.A)
    assert budgeted(step, {"P1": 50}, 100) is step
    assert allowance(250) == 12.5


def test_a_demoted_alert_stays_in_the_digest_until_it_is_graver() -> None:
    quiet = alert_of(finding_of("x"), tier=Tier.C, is_demoted=True)
    (same,) = settle([quiet], [], [finding_of("x"), finding_of("y")], ALERT_NOW)
    assert (same.tier, same.moves, same.is_demoted) == (Tier.C, (), True)
    (graver,) = settle([quiet], [], [finding_of("x"), finding_of("y", Tier.A)], ALERT_NOW)
    assert (graver.tier, graver.moves, graver.is_demoted) == (Tier.A, (Action.WORSEN,), False)
    # Resolved, it holds back what an alert of tier B would: the budget makes no finding milder.
    closed = replace(quiet, state=AlertState.RESOLVED)
    assert settle([], [closed], [finding_of("z")], ALERT_NOW + DAY) == ()
    assert len(settle([], [closed], [finding_of("z")], ALERT_NOW + 7 * DAY)) == 1


def test_who_snoozes_a_graver_tier_has_snoozed_the_milder_with_it() -> None:
    until = ALERT_NOW + 7 * DAY
    snoozed = alert_of(state=AlertState.SNOOZED, mutes={Tier.A: until})
    assert [muted_until(snoozed, tier) for tier in Tier] == [until] * 3
    milder = replace(snoozed, mutes={Tier.B: until})
    assert [muted_until(milder, tier) for tier in Tier] == [0, until, until]


def test_what_a_colleague_has_taken_is_not_claimed_a_second_time() -> None:
    first = acted(_UNSEEN, ClinicianAction(action=Action.CLAIM, actor="anna"), ALERT_NOW)
    assert (first.state, first.assignee, first.unseen_since_ms) == (
        AlertState.ACKNOWLEDGED,
        "anna",
        None,
    )
    with pytest.raises(TakenAlertError):
        acted(first, ClinicianAction(action=Action.CLAIM, actor="bo"), ALERT_NOW)
