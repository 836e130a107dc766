"""An alert that lost a part of its evidence gets it back, and nobody is told again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerts.lifecycle import ClinicianAction, acted, course_at, is_news, returning_findings
from alerts.lifecycle.promoting import waiting_alerts
from model.alert import Action, Alert, AlertState, Finding, LostFinding, Tier
from model.alerting.steps import Step, StepKind
from model.calendar import HOUR_MS
from model.messages.alert_move import DutyRoster
from tests.alerts.alert_values import ALERT_NOW, DAY, alert_of, finding_of

_AGAIN = "what it rests on counts again"
_LOST_MS = ALERT_NOW + HOUR_MS
GRAVE = finding_of("a", Tier.A, ALERT_NOW)
MILD = finding_of("c", Tier.C, ALERT_NOW)


def _alert(state: AlertState = AlertState.OPEN, **more: object) -> Alert:
    """Return an alert that lost its gravest evidence and rests on the rest."""
    lost = {f"{GRAVE.rule}:a": LostFinding(finding=GRAVE, lost_ms=_LOST_MS)}
    alert = alert_of(MILD, tier=Tier.C, state=state)
    made = {"lost": lost, "unseen_since_ms": ALERT_NOW, **more}
    return replace(alert, **made)  # type: ignore[arg-type]  # by name


def _course(
    alert: Alert, findings: Sequence[Finding], days: int = 2, returning: Sequence[Finding] = ()
) -> tuple[Step, ...]:
    live, recent = ([], [alert]) if alert.state is AlertState.EXPIRED else ([alert], [])
    at_ms = ALERT_NOW + days * DAY
    return course_at(live, recent, findings, DutyRoster(), at_ms, returning).steps


@pytest.mark.parametrize(
    "state", [AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS]
)
def test_it_is_as_grave_as_it_was_in_the_state_it_had(state: AlertState) -> None:
    [step] = _course(_alert(state), [GRAVE, MILD])
    assert (step.kind, step.tier, step.state) == (StepKind.APPEND, Tier.A, state)
    assert (step.moves, step.reason) == ((Action.RESTORE,), _AGAIN)
    assert [row.key for row in step.findings] == ["a"]
    assert not is_news(step)


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.START])
def test_who_took_it_up_while_graver_evidence_was_away_has_not_seen_it(action: Action) -> None:
    wish = ClinicianAction(action=action, actor="anna")
    taken = acted(_alert(), wish, _LOST_MS + HOUR_MS)
    [step] = _course(taken, [GRAVE, MILD])
    assert (step.tier, step.state, step.moves) == (Tier.A, AlertState.OPEN, (Action.RESTORE,))
    # seen before it was lost, it needs no second look, even where somebody goes on with it since
    before = acted(_alert(tier=Tier.A), wish, _LOST_MS - 1)
    begun = replace(before, tier=Tier.C, state=AlertState.ACKNOWLEDGED)
    begun = acted(begun, ClinicianAction(action=Action.START, actor="anna"), _LOST_MS + HOUR_MS)
    [step] = _course(begun, [GRAVE, MILD])
    assert (step.tier, step.state) == (Tier.A, AlertState.IN_PROGRESS)


def test_the_time_to_acknowledge_the_graver_tier_begins_anew() -> None:
    # two days are past the four working hours in which an alert of tier A is acknowledged
    steps = _course(_alert(unseen_since_ms=ALERT_NOW - 9 * DAY), [GRAVE, MILD])
    assert [step.kind for step in steps] == [StepKind.APPEND]


@pytest.mark.parametrize("key", ["b", "a"])
def test_other_evidence_or_graver_than_it_was_is_worse(key: str) -> None:
    mild = replace(GRAVE, tier=Tier.B)
    lost = {f"{GRAVE.rule}:a": LostFinding(finding=mild, lost_ms=_LOST_MS)}
    now = replace(GRAVE, key=key)
    findings = [MILD, now] if key == "a" else [MILD, mild, now]
    [step] = _course(_alert(AlertState.ACKNOWLEDGED, lost=lost), findings)
    assert (step.tier, step.state, step.moves) == (Tier.A, AlertState.OPEN, (Action.WORSEN,))
    assert is_news(step)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.ACKNOWLEDGED])
def test_other_evidence_joins_what_comes_back_with_it_unless_it_is_graver(
    state: AlertState,
) -> None:
    # an alert of that tier would have got it without a word, had nothing been away
    other = replace(GRAVE, key="b")
    [step] = _course(_alert(state), [GRAVE, other, MILD])
    assert (step.tier, step.state, step.moves) == (Tier.A, state, (Action.RESTORE,))
    assert [row.key for row in step.findings] == ["a", "b"]
    assert not is_news(step)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.ACKNOWLEDGED])
def test_other_evidence_is_worse_as_long_as_what_was_as_grave_is_away(state: AlertState) -> None:
    # what is away may never count again, and nobody has seen the other: it must not come unheard
    [step] = _course(_alert(state), [replace(GRAVE, key="b"), MILD])
    assert (step.tier, step.state, step.moves) == (Tier.A, AlertState.OPEN, (Action.WORSEN,))
    assert is_news(step)


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.SNOOZED])
def test_what_goes_at_once_with_graver_evidence_says_nothing_more(state: AlertState) -> None:
    until_ms = ALERT_NOW + 9 * DAY
    alert = _alert(state, snoozed_until_ms=until_ms, mutes={Tier.C: until_ms})
    for row, move in ((replace(GRAVE, key="b"), Action.WORSEN), (GRAVE, Action.RESTORE)):
        more, less = _course(alert, [row])
        assert (more.kind, more.tier, more.state) == (StepKind.APPEND, Tier.A, AlertState.OPEN)
        assert more.moves == (move,)
        assert (less.kind, less.tier, less.state) == (StepKind.DROP, Tier.A, AlertState.OPEN)
        assert less.moves == ()


def test_a_snooze_of_a_milder_tier_goes_on_once_where_evidence_comes_and_goes() -> None:
    until_ms = ALERT_NOW + 9 * DAY
    alert = replace(alert_of(GRAVE, tier=Tier.A), mutes={Tier.C: until_ms}, unseen_since_ms=0)
    more, less = _course(alert, [MILD])
    assert (more.kind, more.tier, more.state) == (StepKind.APPEND, Tier.C, AlertState.SNOOZED)
    assert (more.moves, more.snoozed_until_ms) == ((Action.SNOOZE,), until_ms)
    assert (less.kind, less.tier, less.state) == (StepKind.DROP, Tier.C, AlertState.SNOOZED)
    assert less.moves == ()


def test_a_snooze_of_the_milder_tier_does_not_hide_it_and_one_of_its_own_does() -> None:
    until_ms = ALERT_NOW + 9 * DAY
    snoozed = _alert(AlertState.SNOOZED, mutes={Tier.C: until_ms}, snoozed_until_ms=until_ms)
    [step] = _course(snoozed, [GRAVE, MILD])
    assert (step.tier, step.state, step.moves) == (Tier.A, AlertState.OPEN, (Action.RESTORE,))
    assert not is_news(step)
    [step] = _course(replace(snoozed, mutes={Tier.A: until_ms}), [GRAVE, MILD])
    assert (step.tier, step.state, step.moves) == (Tier.A, AlertState.SNOOZED, ())


def test_evidence_that_was_milder_for_a_while_is_no_news_either() -> None:
    # such as an answer whose session was restricted: it was about exercise, and is so again
    mild = replace(GRAVE, tier=Tier.B, evidence={"session": ""})
    lost = {f"{GRAVE.rule}:a": LostFinding(finding=GRAVE, lost_ms=_LOST_MS)}
    alert = replace(alert_of(mild, state=AlertState.ACKNOWLEDGED), lost=lost)
    [step] = _course(alert, [GRAVE])
    assert (step.tier, step.state, step.moves) == (
        Tier.A,
        AlertState.ACKNOWLEDGED,
        (Action.RESTORE,),
    )
    # and where it is too old to be looked for, it is judged as of when it became milder
    looks: list[int] = []

    def judged_at(at_ms: int) -> tuple[Finding, ...]:
        looks.append(at_ms)
        return (GRAVE,)

    returning = returning_findings([alert], [], judged_at, ALERT_NOW + 40 * DAY)
    assert (returning, looks) == ((GRAVE,), [_LOST_MS])
    [step] = _course(alert, [], days=40, returning=returning)
    assert (step.tier, step.moves) == (Tier.A, (Action.RESTORE,))


def test_what_was_over_the_budget_is_so_again() -> None:
    over = finding_of("b", Tier.B, ALERT_NOW)
    had = replace(alert_of(over, MILD, tier=Tier.C), is_demoted=True, unseen_since_ms=ALERT_NOW)
    [drop] = _course(had, [MILD])
    assert (drop.kind, drop.tier, drop.is_demoted) == (StepKind.DROP, Tier.C, True)
    lost = {f"{over.rule}:b": LostFinding(finding=over, lost_ms=_LOST_MS)}
    # meanwhile nothing of it waits for room in a budget
    left = _alert(lost=lost, is_demoted=True)
    assert waiting_alerts([left], [], [MILD], ALERT_NOW + DAY) == ()
    [step] = _course(_alert(lost=lost, is_demoted=True), [over, MILD])
    assert (step.kind, step.tier, step.moves) == (StepKind.APPEND, Tier.C, ())


def test_graver_evidence_ends_what_was_over_the_budget_whatever_goes_with_it() -> None:
    over = finding_of("b", Tier.B, ALERT_NOW)
    had = replace(alert_of(over, tier=Tier.C), is_demoted=True, unseen_since_ms=ALERT_NOW)
    more, less = _course(had, [GRAVE])
    assert (more.kind, more.tier, more.is_demoted) == (StepKind.APPEND, Tier.A, False)
    assert (less.kind, less.tier, less.is_demoted) == (StepKind.DROP, Tier.A, False)
    # what is milder leaves it as it was: its evidence of tier B may come back
    more, less = _course(had, [replace(MILD, key="d")])
    assert (less.kind, less.tier, less.is_demoted) == (StepKind.DROP, Tier.C, True)


def test_what_is_too_old_to_be_looked_for_comes_back_as_well() -> None:
    [step] = _course(_alert(AlertState.IN_PROGRESS), [], days=40, returning=[GRAVE])
    assert (step.tier, step.state, step.moves) == (
        Tier.A,
        AlertState.IN_PROGRESS,
        (Action.RESTORE,),
    )
    assert not step.findings[0].fresh


def test_an_expired_alert_stays_so_unless_it_had_lost_what_keeps_it() -> None:
    expired = _alert(AlertState.EXPIRED, changed_ms=ALERT_NOW + 28 * DAY)
    assert _course(expired, [MILD], days=30) == ()
    # an alert of tier A never expires, because it would pass unseen
    [step] = _course(expired, [], days=30, returning=[GRAVE])
    assert (step.kind, step.tier, step.state) == (StepKind.RESTORE, Tier.A, AlertState.OPEN)
    assert [row.key for row in step.findings] == ["a", "c"]
    assert not is_news(step)
    # with evidence of the same age it would have expired all the same
    old = replace(GRAVE, tier=Tier.B)
    lost = {f"{GRAVE.rule}:a": LostFinding(finding=old, lost_ms=_LOST_MS)}
    assert _course(replace(expired, lost=lost), [], days=30, returning=[old]) == ()
