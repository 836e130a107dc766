"""An alert that a restriction took away comes back as it was, however long it was away."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.lifecycle import ClinicianAction, is_news
from alerts.lifecycle.restoring import restored, restoring_steps, returning_findings
from alerts.rules.data.d1_silence import SILENCE
from model.alert import Action, Alert, AlertState, Finding, RuleInput, Tier
from model.alerting.steps import Step, StepKind
from model.calendar import DAY_MS, HOUR_MS
from model.facts import Phase
from tests.alerts.alert_values import ALERT_NOW, DAY, finding_of
from tests.alerts.other_worlds import (
    DIARY_NOW,
    JudgedWorld,
    RestrictedSpan,
    histories,
    judged_input,
    pain_rating,
    restrictions_of_any,
)
from tests.derivation.lives import Diary
from tests.storage.tellers import attributed_fact

_MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_LONG = DIARY_NOW + 60 * DAY_MS
_WISHES = st.sampled_from(
    [
        None,
        ClinicianAction(action=Action.ACKNOWLEDGE, actor="anna"),
        ClinicianAction(action=Action.START, actor="bo"),
        ClinicianAction(action=Action.SNOOZE, actor="bo", reason="x", until_ms=_LONG),
        ClinicianAction(action=Action.SNOOZE, actor="bo", reason="x", until_ms=DIARY_NOW + DAY_MS),
        ClinicianAction(action=Action.RESOLVE, actor="bo", reason="other"),
    ]
)
_Kept = dict[str, tuple[AlertState, str, Tier, str, str, frozenset[str]]]


def _kept(world: JudgedWorld) -> _Kept:
    """Return the live and resolved alerts by name, as a clinician finds them."""
    kept: _Kept = {}
    for name, row in world.alerts.items():
        if row.family != SILENCE.family and row.state is not AlertState.RETRACTED:
            rests = frozenset(row.findings)
            kept[name] = row.state, row.assignee, row.tier, row.rule, row.sentence, rests
    return kept


def _worse(world: JudgedWorld) -> set[str]:
    """Return the families of which people are told that an alert got worse."""
    worse = [step for step in world.steps if Action.WORSEN in step.moves]
    return {step.family for step in worse if is_news(step)}


def _acted(worlds: Sequence[JudgedWorld], wishes: Sequence[ClinicianAction | None]) -> None:
    for world in worlds:
        for name, wish in zip(sorted(world.alerts), wishes, strict=False):
            if wish is not None:
                world.act(name, wish)


def _later(on: RuleInput, days: int) -> RuleInput:
    return replace(on, now_ms=on.now_ms + days * DAY_MS)


@pytest.mark.slow
@pytest.mark.promise(10)
@_MANY
@given(st.data())
def test_a_lifted_restriction_gives_each_alert_back_in_the_state_it_had(
    data: st.DataObject,
) -> None:
    facts = data.draw(histories())
    held = data.draw(restrictions_of_any(facts))
    wishes = data.draw(st.lists(_WISHES, min_size=6, max_size=6))
    # past what may raise an alert (14 days), and past what high pain looks back (28 days)
    days = data.draw(st.sampled_from([0, 1, 7, 13, 20, 27, 34]))
    free, hidden = judged_input(facts), judged_input(facts, hidden=held, muted=held)
    world, untouched = JudgedWorld(), JudgedWorld()
    assert world.judge(free) == untouched.judge(free)
    _acted([world, untouched], wishes)
    seen = dict(world.alerts)
    world.judge(hidden)
    other = {name for name, row in seen.items() if _got_other(row, world.alerts[name])}
    untouched.judge(free)
    world.judge(_later(free, days))
    untouched.judge(_later(free, days))
    # what comes back is no news, but for alerts that were away altogether
    assert _worse(world) <= _worse(untouched)
    now, wanted = _kept(world), _kept(untouched)
    for name, row in wanted.items():
        # what nobody took up has 28 days on the worklist, without those in which it was away
        if name in seen and row[0] is not AlertState.EXPIRED and name not in other:
            assert now.get(name) == row, name


def _got_other(before: Alert, after: Alert) -> bool:
    """Return whether an alert got other evidence from what was left, which ages as all evidence.

    What is no longer looked for when the restriction is lifted stays as it was judged last.
    """
    return any(
        name not in before.findings or before.findings[name].evidence != now.evidence
        for name, now in after.findings.items()
    )


@pytest.mark.parametrize(
    ("days", "other"),
    [
        (0, "2026-11-04"),
        # its own other rating, of 4 November, is more than 28 days old on 2 December
        (9, "2026-11-04"),
        (10, "2026-11-02"),
        (27, "2026-11-02"),
    ],
)
def test_a_finding_that_rested_on_another_rating_meanwhile_ages_as_it_is(
    days: int, other: str
) -> None:
    diary = Diary().worn(range(20), every=10)
    for number, day in enumerate((0, 2, 7)):
        diary.facts.append(pain_rating(f"p{number}", diary.at(day, 700), Phase.DURING, 6.0))
    facts = [attributed_fact(fact) for fact in diary.facts]
    held = [RestrictedSpan("reports", diary.at(2, 690), diary.at(2, 710))]
    free, hidden = judged_input(facts), judged_input(facts, hidden=held, muted=held)
    world = JudgedWorld()
    for on in (free, hidden, _later(free, days)):
        world.judge(on)
    [alert] = [row for row in world.alerts.values() if row.family == "pain"]
    assert (alert.state, alert.tier, sorted(alert.findings)) == (
        AlertState.OPEN,
        Tier.B,
        ["P1:p1", "P1:p2"],
    )
    assert alert.sentence == (
        "Pain 6 of 10 during exercise on 2026-11-09, and 6 of 10 during exercise on "
        f"{other} (rule P1: 6 or more in 2 of the last 3 rated sessions). And 1 more."
    )


def test_what_ceases_to_hold_as_graver_evidence_comes_back_calls_no_alert_worse() -> None:
    # two low weeks and two runs of missed days are of tier B, and the running week is of tier C
    diary = Diary().worn(range(20), every=10).workout(0, 430, 450, record="w0")
    for day, phase in ((9, Phase.DURING), (15, Phase.BEFORE)):
        diary.facts.append(pain_rating(f"p{day}", diary.at(day, 400), phase, 0.0))
    facts = [attributed_fact(fact) for fact in diary.facts]
    held = [
        RestrictedSpan("hub", diary.at(15, 0), diary.at(16, 0)),
        RestrictedSpan("", diary.at(0, 0), diary.at(6, 0)),
    ]
    free, hidden = judged_input(facts), judged_input(facts, hidden=held, muted=held)
    world = JudgedWorld()
    tiers: list[Tier] = []
    for on in (free, hidden, _later(free, 1)):
        world.judge(on)
        tiers += [row.tier for row in world.alerts.values() if row.family == "adherence"]
    # lifted a day later: the running week was over with the Sunday
    mine = [(row.kind, row.tier, row.moves) for row in world.steps if row.family == "adherence"]
    assert tiers == [Tier.B, Tier.C, Tier.B]
    assert mine == [
        (StepKind.APPEND, Tier.B, (Action.RESTORE,)),
        (StepKind.DROP, Tier.B, ()),
    ]
    assert _worse(world) == set()


def _retracted(**more: object) -> Alert:
    finding = finding_of("a", Tier.A, ALERT_NOW)
    alert = Alert(
        id="1", patient="p", family=finding.family, rule=finding.rule, tier=Tier.A,
        state=AlertState.RETRACTED, raised_ms=ALERT_NOW, changed_ms=ALERT_NOW + HOUR_MS,
        sentence="", findings={f"{finding.rule}:a": finding}, retracted_from=AlertState.OPEN,
    )  # fmt: skip
    return replace(alert, **more)  # type: ignore[arg-type]  # by name


def _steps(alert: Alert, days: int, *more: Alert) -> tuple[Step, ...]:
    """Return what happens `days` after the finding, which judging now finds again."""
    now_ms = ALERT_NOW + days * DAY
    return restoring_steps((), (alert, *more), alert.findings.values(), now_ms)


@pytest.mark.parametrize(
    ("state", "days", "is_sent"),
    [
        (AlertState.OPEN, 2, True),
        # old pain is on the worklist, and nobody gets a message of it
        (AlertState.OPEN, 20, False),
        (AlertState.ACKNOWLEDGED, 2, False),
        (AlertState.IN_PROGRESS, 20, False),
    ],
)
def test_what_is_old_or_was_seen_is_told_to_nobody(
    state: AlertState, days: int, *, is_sent: bool
) -> None:
    [step] = _steps(_retracted(retracted_from=state), days)
    assert (step.kind, step.state, step.moves) == (StepKind.RESTORE, state, (Action.RESTORE,))
    assert step.reason == "what it rests on counts again"
    assert is_news(step) is is_sent


@pytest.mark.parametrize("taken", [Tier.A, Tier.C, None])
def test_what_was_taken_up_at_a_milder_tier_comes_back_open(taken: Tier | None) -> None:
    # its grave evidence was away by then, and the rest was lost later
    alert = _retracted(retracted_from=AlertState.ACKNOWLEDGED, taken_up_tier=taken)
    [step] = _steps(alert, 2)
    is_unseen = taken is Tier.C
    assert step.state is (AlertState.OPEN if is_unseen else AlertState.ACKNOWLEDGED)
    assert is_news(step) is is_unseen


def test_the_time_to_acknowledge_it_begins_anew() -> None:
    alert = _retracted(unseen_since_ms=ALERT_NOW, escalations=2)
    [step] = _steps(alert, 3)
    [back] = restored([alert], [step], ALERT_NOW + 3 * DAY)
    assert (back.unseen_since_ms, back.escalations) == (ALERT_NOW + 3 * DAY, 0)


def test_a_snooze_goes_on_or_is_over() -> None:
    mutes = {Tier.A: ALERT_NOW + 5 * DAY}
    alert = _retracted(retracted_from=AlertState.SNOOZED, mutes=mutes)
    [step] = _steps(alert, 3)
    assert (step.state, step.snoozed_until_ms) == (AlertState.SNOOZED, ALERT_NOW + 5 * DAY)
    [step] = _steps(alert, 6)
    assert (step.state, step.snoozed_until_ms) == (AlertState.OPEN, None)


def test_what_a_person_has_closed_since_stays_away() -> None:
    later = {"id": "2", "changed_ms": ALERT_NOW + 2 * HOUR_MS, "resolution": "contacted"}
    closed = _retracted(state=AlertState.RESOLVED, **later)
    assert _steps(_retracted(), 2, closed) == ()
    assert len(_steps(_retracted(), 2, replace(closed, changed_ms=ALERT_NOW))) == 1


def test_only_what_is_too_old_to_be_looked_for_is_judged_in_the_past() -> None:
    instants: list[int] = []

    def judged_at(at_ms: int) -> tuple[Finding, ...]:
        instants.append(at_ms)
        return (finding_of("a", Tier.A, ALERT_NOW), finding_of("b", Tier.A, ALERT_NOW))

    alert = _retracted()
    assert returning_findings((), [alert], judged_at, ALERT_NOW + 27 * DAY) == ()
    assert instants == []
    [back] = returning_findings((), [alert], judged_at, ALERT_NOW + 29 * DAY)
    assert (back.key, instants) == ("a", [alert.changed_ms])
    # another alert of the family is live: nothing can come back beside it
    live = replace(alert, id="3", state=AlertState.OPEN)
    assert returning_findings([live], [alert], judged_at, ALERT_NOW + 29 * DAY) == ()
