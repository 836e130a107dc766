"""Opens an alert again that was closed because its evidence was lost, once that counts again. Pure.

A restriction that is lifted, a correction that is taken back, or data that returns make evidence
count again. The alert then gets back the state that it had. A new alert would be wrong: a person
may have dealt with the old one. No alert would be wrong, too: the pain may be old by now, but
nobody has seen it. Nobody is told again of what is old; it waits on the worklist.

An alert that has expired is not opened again, because for 28 days nobody took it up. There is one
exception: evidence that it had lost when it expired, and with which it would not have expired.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

from alerts.lifecycle.clock import expires_at
from alerts.lifecycle.closed import DEALT_WITH
from alerts.lifecycle.returning import HOLDS_AGAIN, graver, state_given_back
from alerts.lifecycle.settling import in_sight, muted_until
from alerts.wording import headline, weight
from model.alert import Action, Alert, AlertState, Finding, LostFinding, Tier
from model.alerting.steps import Step, StepKind

JudgedAt = Callable[[int], Iterable[Finding]]


def returning_findings(
    live: Iterable[Alert], recent: Iterable[Alert], judged_at: JudgedAt, now_ms: int
) -> tuple[Finding, ...]:
    """Return findings that alerts have lost and that are too old to be found by judging now.

    `judged_at` judges today's facts as of an earlier instant: that at which the alert lost them,
    when each was still looked for.
    """
    busy = {alert.family for alert in live}
    away = [alert for alert in recent if alert.family not in busy]
    old: dict[int, set[str]] = defaultdict(set)
    for alert in (*live, *away):
        for lost in _away(alert):
            if not in_sight(lost.finding, now_ms):
                old[lost.lost_ms].add(lost.finding.name)
    again: dict[str, Finding] = {}
    # most of it is young: only for what is old the past is judged again
    for at_ms, names in sorted(old.items()):
        again |= {row.name: row for row in judged_at(at_ms) if row.name in names}
    return tuple(again.values())


def restoring_steps(
    live: Iterable[Alert], recent: Sequence[Alert], findings: Iterable[Finding], now_ms: int
) -> tuple[Step, ...]:
    """Return the steps that give closed alerts back: at most one alert for each family.

    `findings` are those of now and those of `returning_findings`.
    """
    busy = {alert.family for alert in live}
    # what is held back, by a pause or a restriction that still holds, gives nothing back
    holds = {row.name: row for row in findings if not row.suppressed}
    steps: list[Step] = []
    for alert in sorted(recent, key=_latest_first):
        if alert.family in busy:
            continue
        mine = tuple(_again(alert, holds, now_ms))
        if _comes_back(alert, mine, now_ms) and not _is_past(alert, recent):
            busy.add(alert.family)
            steps.append(_step(alert, mine, now_ms))
    return tuple(steps)


def restored(recent: Iterable[Alert], steps: Iterable[Step], now_ms: int) -> tuple[Alert, ...]:
    """Return the alerts that steps of `restoring_steps` give back, as they then are."""
    alerts = {alert.id: alert for alert in recent}
    return tuple(_after(alerts[step.alert or ""], step, now_ms) for step in steps)


def is_news(step: Step) -> bool:
    """Return whether people are told of a step: of an alert given back only if they can act on it.

    Somebody had seen it where it is not open, and where it is old nothing is gained by a message.
    An alert that only got a part of its evidence back was on the worklist all the time.
    """
    if step.kind is not StepKind.RESTORE:
        return Action.RESTORE not in step.moves
    return step.state is AlertState.OPEN and any(row.fresh for row in step.findings)


def _again(alert: Alert, holds: dict[str, Finding], now_ms: int) -> Iterator[Finding]:
    """Yield what a closed alert had lost and that holds again, as it was stored."""
    for lost in _away(alert):
        now = holds.get(lost.finding.name)
        if now is not None:
            # a changed one is stored as it was; settling then adds what it is now
            row = lost.finding if lost.finding.tier is now.tier else now
            yield replace(row, fresh=now.fresh_until_ms >= now_ms)


def _away(alert: Alert) -> Iterable[LostFinding]:
    """Return what an alert has lost, and may get back: all of it, where it was retracted."""
    if alert.state is not AlertState.RETRACTED:
        return alert.lost.values()
    at_ms = alert.changed_ms
    return [LostFinding(finding=row, lost_ms=at_ms) for row in alert.findings.values()]


def _comes_back(alert: Alert, mine: Sequence[Finding], now_ms: int) -> bool:
    """Return whether an alert is given back by findings that hold again."""
    if alert.state is AlertState.EXPIRED:
        first = min((*alert.findings.values(), *mine), key=weight, default=None)
        if not mine or first is None:
            return False
        findings = alert.findings | {row.name: row for row in mine}
        kept = replace(alert, state=AlertState.OPEN, tier=first.tier, findings=findings)
        at_ms = expires_at(kept)
        return at_ms is None or at_ms > now_ms
    # one of them could have raised the alert when it was raised
    could = any(row.fresh or row.fresh_until_ms >= alert.raised_ms for row in mine)
    return could and alert.state is AlertState.RETRACTED


def _is_past(alert: Alert, recent: Iterable[Alert]) -> bool:
    """Return whether a person or time has closed a later alert of the family.

    That alert would have been this one, had it not been retracted.
    """
    for other in recent:
        if other.id == alert.id:
            continue
        is_later = other.family == alert.family and other.changed_ms >= alert.changed_ms
        if is_later and other.state in DEALT_WITH:
            return True
    return False


def _step(alert: Alert, mine: Sequence[Finding], now_ms: int) -> Step:
    # what an expired alert rests on has never ceased to hold
    if alert.state is AlertState.EXPIRED:
        own = [replace(row, fresh=row.fresh_until_ms >= now_ms) for row in alert.findings.values()]
        mine = tuple({row.name: row for row in (*own, *mine)}.values())
    # of what holds again, which may be less than what the alert rested on
    first = min(mine, key=weight)
    demoted = alert.is_demoted and first.tier is Tier.B
    tier = Tier.C if demoted else first.tier
    state = state_given_back(alert, alert.retracted_from or AlertState.OPEN, tier)
    until_ms = muted_until(alert, tier) if state is AlertState.SNOOZED else 0
    # a snooze that ended meanwhile is over
    if state is AlertState.SNOOZED and until_ms <= now_ms:
        state = AlertState.OPEN
    return Step(
        kind=StepKind.RESTORE,
        family=alert.family,
        alert=alert.id,
        findings=tuple(sorted(mine, key=attrgetter("sort_key"))),
        tier=tier,
        state=state,
        rule=first.rule,
        rule_version=first.rule_version,
        sentence=headline(mine),
        reason=HOLDS_AGAIN,
        moves=(Action.RESTORE,),
        snoozed_until_ms=until_ms if state is AlertState.SNOOZED else None,
        is_demoted=demoted,
    )


def _after(alert: Alert, step: Step, now_ms: int) -> Alert:
    is_open = step.state is AlertState.OPEN
    back = {row.name: row for row in step.findings}
    return replace(
        alert,
        tier=step.tier,
        state=step.state,
        rule=step.rule,
        sentence=step.sentence,
        changed_ms=now_ms,
        findings=back,
        lost=_still_lost(alert, back),
        # nobody could see it while it was away, so the time to acknowledge it begins anew
        unseen_since_ms=now_ms if is_open else None,
        escalations=0 if is_open else alert.escalations,
        snoozed_until_ms=step.snoozed_until_ms,
        is_demoted=step.is_demoted,
    )


def _still_lost(alert: Alert, back: Mapping[str, Finding]) -> dict[str, LostFinding]:
    """Return what an alert has lost and not got back, or not as gravely."""
    lost = {row.finding.name: row for row in _away(alert)} | dict(alert.lost)
    return {
        name: row
        for name, row in lost.items()
        if name not in back or graver(row.finding.tier, back[name].tier)
    }


def _latest_first(alert: Alert) -> tuple[int, str]:
    return -alert.changed_ms, alert.id
