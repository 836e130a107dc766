"""What time alone does to alerts: it escalates them, ends their snooze, or expires them. Pure.

`now` is always an argument. The results ask for the next look, so that nothing here needs traffic.
That an alert got worse is another thing, which judging finds (`settling`).
"""

from collections.abc import Iterable
from dataclasses import replace

from alerts.lifecycle.duty import chain, hours_of
from alerts.lifecycle.transitions import TRANSITIONS
from model.alert import LIVE_STATES, Action, Alert, AlertState, Tier
from model.alerting.steps import Step, StepKind
from model.calendar import DAY_MS, HOUR_MS
from model.messages.alert_move import DutyRoster

# [P] Working hours after which an alert that nobody has acknowledged goes to the next in line.
UNSEEN_HOURS: dict[Tier, int] = {Tier.A: 4}
# [P] Days after its newest evidence at which an alert that nobody took up expires. One of tier A
# never does: it would pass unseen.
EXPIRY_DAYS: dict[Tier, int] = {Tier.B: 28, Tier.C: 28}


def clock_steps(live: Iterable[Alert], roster: DutyRoster, now_ms: int) -> tuple[Step, ...]:
    """Return the steps of a patient's live alerts that follow from the time `now_ms` alone."""
    steps: list[Step] = []
    for alert in live:
        at_expiry, at_escalation = expires_at(alert), escalates_at(alert, roster)
        if at_expiry is not None and at_expiry <= now_ms:
            steps.append(_step(StepKind.EXPIRE, alert, f"no new evidence for {_days(alert)} days"))
        elif at_escalation is not None and at_escalation <= now_ms:
            hours = UNSEEN_HOURS[alert.tier]
            reason = f"nobody acknowledged it within {hours} working hours"
            steps.append(_step(StepKind.ESCALATE, alert, reason))
    return tuple(steps)


def waking_steps(live: Iterable[Alert], now_ms: int) -> tuple[Step, ...]:
    """Return the steps that open the alerts whose snooze has ended by `now_ms`.

    They come before judging, so that findings meet an alert that is open.
    """
    steps: list[Step] = []
    for alert in live:
        until_ms = alert.snoozed_until_ms
        if alert.state is AlertState.SNOOZED and until_ms is not None and until_ms <= now_ms:
            steps.append(_step(StepKind.WAKE, alert, "the time asked for is over"))
    return tuple(steps)


def next_clock(live: Iterable[Alert], roster: DutyRoster, now_ms: int) -> int | None:
    """Return when time alone next changes one of the live alerts (epoch ms), None for never."""
    times: list[int | None] = []
    for alert in live:
        times += expires_at(alert), escalates_at(alert, roster)
        if alert.state is AlertState.SNOOZED:
            times.append(alert.snoozed_until_ms)
    return min((at_ms for at_ms in filter(None, times) if at_ms > now_ms), default=None)


def escalates_at(alert: Alert, roster: DutyRoster) -> int | None:
    """Return when an alert goes to the next in line because nobody has acknowledged it.

    The result is in epoch ms. None when it was acknowledged, for a tier that does not escalate, and
    when everybody in line has had it, everybody of the unit last.
    """
    hours = UNSEEN_HOURS.get(alert.tier)
    if alert.state is not AlertState.OPEN or hours is None or alert.unseen_since_ms is None:
        return None
    people = chain(roster, alert.assignee, alert.unseen_since_ms)
    # Where nobody in particular has it, everybody gets it once more.
    if alert.escalations >= max(1, len(people)):
        return None
    return hours_of(roster).add_working_ms(alert.unseen_since_ms, hours * HOUR_MS)


def expires_at(alert: Alert) -> int | None:
    """Return when an alert that nobody took up expires (epoch ms), None for never."""
    if alert.state is not AlertState.OPEN or alert.tier not in EXPIRY_DAYS:
        return None
    newest = max((finding.at_ms for finding in alert.findings.values()), default=alert.raised_ms)
    # A person who opened it again has looked at it: that counts as the evidence does.
    since = max(newest, alert.raised_ms, alert.unseen_since_ms or 0)
    return since + EXPIRY_DAYS[alert.tier] * DAY_MS


def _days(alert: Alert) -> int:
    return EXPIRY_DAYS[alert.tier]


_ACTIONS = {
    StepKind.EXPIRE: Action.EXPIRE,
    StepKind.ESCALATE: Action.ESCALATE,
    StepKind.WAKE: Action.WAKE,
}
# After these moves an alert is open and new to the person who has to act.
ANEW = frozenset({Action.RAISE, Action.WORSEN, Action.WAKE, Action.REOPEN, Action.PROMOTE})


def _step(kind: StepKind, alert: Alert, reason: str) -> Step:
    return Step(
        kind=kind,
        family=alert.family,
        alert=alert.id,
        findings=(),
        tier=alert.tier,
        state=TRANSITIONS[alert.state, _ACTIONS[kind]],
        rule=alert.rule,
        rule_version=0,  # evidence and rule stay as they are
        sentence=alert.sentence,
        reason=reason,
        moves=(_ACTIONS[kind],),
        is_demoted=alert.is_demoted,
    )


def after_steps(live: Iterable[Alert], steps: Iterable[Step], now_ms: int) -> tuple[Alert, ...]:
    """Return the alerts that are live after steps at `now_ms`, as `next_clock` needs them."""
    alerts = {alert.id: alert for alert in live}
    for step in steps:
        if step.alert is None:
            alerts[f"new:{step.family}"] = _raised(step, now_ms)
        elif step.state in LIVE_STATES:
            alerts[step.alert] = _stepped(alerts[step.alert], step, now_ms)
        else:
            del alerts[step.alert]
    return tuple(alerts.values())


def _raised(step: Step, now_ms: int) -> Alert:
    return Alert(
        id="",
        patient="",
        family=step.family,
        rule=step.rule,
        tier=step.tier,
        state=step.state,
        raised_ms=now_ms,
        changed_ms=now_ms,
        sentence=step.sentence,
        findings={finding.name: finding for finding in step.findings},
        unseen_since_ms=now_ms,
        is_demoted=step.is_demoted,
    )


def _stepped(alert: Alert, step: Step, now_ms: int) -> Alert:
    findings = dict(alert.findings)
    for finding in step.findings:
        if step.kind is StepKind.APPEND:
            findings[finding.name] = finding
        else:
            findings.pop(finding.name, None)
    passed_on = step.kind is StepKind.ESCALATE
    is_back = Action.RESTORE in step.moves and step.state is AlertState.OPEN
    is_anew = is_back or not ANEW.isdisjoint(step.moves)
    level = 0 if is_anew else alert.escalations + passed_on
    return replace(
        alert,
        rule=step.rule,
        sentence=step.sentence,
        tier=step.tier,
        state=step.state,
        findings=findings,
        # The timer begins anew for the next in line; new evidence alone does not stop it.
        unseen_since_ms=now_ms if is_anew or passed_on else alert.unseen_since_ms,
        escalations=level,
        snoozed_until_ms=step.snoozed_until_ms or alert.snoozed_until_ms,
        is_demoted=step.is_demoted,
    )
