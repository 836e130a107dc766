"""Settles alerts with the findings of now: they are raised, added to, worse or retracted. Pure.

Nothing is stored or sent here. A patient has at most one live alert for each family of rules
(clinical definition section 6). Judging again changes nothing. A correction of data removes
findings, and retracts the alert when no finding is left that could raise it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from alerts.lifecycle.closed import may_raise, not_dealt_with
from alerts.lifecycle.returning import given_back, graver, is_no_news, is_return
from alerts.lifecycle.transitions import TRANSITIONS
from alerts.registry import RULE
from alerts.wording import headline, weight
from model.alert import LIVE_STATES, Action, Alert, AlertState, Finding, Tier
from model.alerting.steps import Step, StepKind
from model.calendar import DAY_MS
from model.messages.withdrawal import WithdrawalReason


def settle(
    live: Sequence[Alert],
    recent: Sequence[Alert],
    findings: Iterable[Finding],
    now_ms: int,
    why: WithdrawalReason = WithdrawalReason.CORRECTED,
) -> tuple[Step, ...]:
    """Return the steps that follow from judging, family by family.

    There are none when the alerts already agree with the findings. `live` are the patient's live
    alerts with the findings that hold. `recent` are the closed alerts whose findings may still be
    within a look-back; 60 days are enough. `findings` is the result of `registry.judge` at `now_ms`
    (epoch ms), and `why` the reason of a retraction.
    """
    alerts = {alert.family: alert for alert in live if alert.state in LIVE_STATES}
    by_family: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_family[finding.family].append(finding)
    steps: list[Step] = []
    # A family without a finding is visited too: its alert may have to be retracted.
    for family in sorted(by_family.keys() | alerts.keys()):
        steps += _family(family, alerts.get(family), recent, by_family[family], now_ms)
    return tuple(_explained(step, why) for step in steps)


def _explained(step: Step, why: WithdrawalReason) -> Step:
    return replace(step, reason=why.value) if step.kind is StepKind.RETRACT else step


def _family(
    family: str,
    alert: Alert | None,
    recent: Sequence[Alert],
    mine: Sequence[Finding],
    now_ms: int,
) -> list[Step]:
    """Return the steps of a family; `mine` are its findings."""
    if alert is not None:
        return _changed(alert, recent, mine, now_ms)
    new = not_dealt_with(mine, recent)
    # One finding is enough to raise the alert, which then lists the others as well.
    if any(may_raise(finding, recent, now_ms) for finding in new):
        return [_step(StepKind.RAISE, family, None, new, new, now_ms)]
    return []


def _changed(
    alert: Alert, recent: Sequence[Alert], mine: Sequence[Finding], now_ms: int
) -> list[Step]:
    """Return the steps of a live alert: findings are added or dropped, or it is retracted."""
    had = _by_name(alert.findings.values())
    # A finding of the live alert stays, even where a closed alert has dealt with the same finding.
    holds = _by_name(not_dealt_with(mine, recent))
    lost = _by_name(row.finding for row in alert.lost.values())
    for finding in mine:
        if finding.name in had or finding.name in lost:
            holds[finding.name] = finding
    standing = had | holds
    # A finding that has slid out of the look-back cannot come again and is not gone.
    gone = [old for name, old in had.items() if name not in holds and in_sight(old, now_ms)]
    for old in gone:
        del standing[old.name]
    if not _is_kept_alive(alert, standing.values()):
        return [_retraction(alert, had.values())]
    added = [new for name, new in holds.items() if _differs(had.get(name), new)]
    steps: list[Step] = []
    # Added first, so that the alert is never without a finding in between.
    if added:
        back = [row for name, row in standing.items() if is_return(lost.get(name), row)]
        step = _step(StepKind.APPEND, alert.family, alert, added, standing.values(), now_ms)
        steps.append(given_back(step, alert) if is_no_news(step, alert, back) else step)
        # It is as grave by then as all that holds makes it: what goes does not make it worse again.
        alert = replace(alert, tier=steps[-1].tier, state=steps[-1].state)
    if gone:
        steps.append(_step(StepKind.DROP, alert.family, alert, gone, standing.values(), now_ms))
    return steps


def _step(
    kind: StepKind,
    family: str,
    alert: Alert | None,
    findings: Iterable[Finding],
    standing: Collection[Finding],
    now_ms: int,
) -> Step:
    """Return a step for some findings; `standing` are all on which the alert then rests."""
    first = min(standing, key=weight)
    step = Step(
        kind=kind,
        family=family,
        alert=None if alert is None else alert.id,
        findings=tuple(sorted(findings, key=attrgetter("sort_key"))),
        tier=first.tier,
        state=AlertState.OPEN,
        rule=first.rule,
        rule_version=first.rule_version,
        sentence=headline(standing),
        moves=(Action.RAISE,),
    )
    return step if alert is None else _kept(step, alert, now_ms)


def _kept(step: Step, alert: Alert, now_ms: int) -> Step:
    """Return a step of a live alert with the tier, the state and the move that it leads to."""
    # Evidence of the tier that was over the budget leaves the alert where it is; graver does not.
    demoted = alert.is_demoted and step.tier is Tier.B
    tier = Tier.C if demoted else step.tier
    # What is lost may come back, and is over the budget then as before, unless graver has ended it.
    is_left = alert.is_demoted and step.kind is StepKind.DROP and tier is Tier.C
    kept = demoted or is_left
    step = replace(step, tier=tier, state=alert.state, moves=(), is_demoted=kept)
    # What was graver before and is so again is muted as long as its clinician wanted.
    still_muted = alert.state is AlertState.SNOOZED and muted_until(alert, tier) > now_ms
    if graver(tier, alert.tier) and not still_muted:
        # A graver finding opens an alert again that a clinician has put off.
        state, reason = TRANSITIONS[alert.state, Action.WORSEN], "a graver finding"
        return replace(step, state=state, reason=reason, moves=(Action.WORSEN,))
    return _milder(step, alert, now_ms) if graver(alert.tier, tier) else step


def _milder(step: Step, alert: Alert, now_ms: int) -> Step:
    """Return a step after which an alert is of a milder tier, muted as its clinician wanted it.

    A snooze of a graver tier ends no longer snooze of a milder one.
    """
    until_ms = muted_until(alert, step.tier)
    if alert.state not in {AlertState.OPEN, AlertState.SNOOZED} or until_ms <= now_ms:
        return step
    moves = (Action.SNOOZE,) if alert.state is AlertState.OPEN else ()
    reason = "the snooze of this tier goes on" if moves else ""
    return replace(
        step,
        state=AlertState.SNOOZED,
        snoozed_until_ms=until_ms,
        moves=moves,
        reason=reason,
    )


def muted_until(alert: Alert, tier: Tier) -> int:
    """Return up to when an alert is snoozed at a tier (epoch ms), 0 when it is not.

    Who has snoozed a graver tier has snoozed the milder ones with it.
    """
    ends = [0]
    for snoozed, end_ms in alert.mutes.items():
        if not graver(tier, snoozed):
            ends.append(end_ms)
    return max(ends)


def _retraction(alert: Alert, had: Iterable[Finding]) -> Step:
    findings = tuple(sorted(had, key=attrgetter("sort_key")))
    version = 0
    for finding in findings:
        if finding.rule == alert.rule:
            version = max(version, finding.rule_version)
    # Tier and sentence stay as they were: the record shows what the clinician saw.
    return Step(
        kind=StepKind.RETRACT,
        family=alert.family,
        alert=alert.id,
        findings=findings,
        tier=alert.tier,
        state=TRANSITIONS[alert.state, Action.RETRACT],
        rule=alert.rule,
        rule_version=version,
        sentence=alert.sentence,
        moves=(Action.RETRACT,),
        is_demoted=alert.is_demoted,
    )


def in_sight(finding: Finding, now_ms: int) -> bool:
    """Return whether a finding is still within the look-back of its rule.

    A finding that is missing but no longer in sight has aged; it has not ceased to hold.
    """
    rule = RULE.get(finding.rule)
    return (
        rule is not None and finding.from_ms >= now_ms - rule.thresholds["look_back_days"] * DAY_MS
    )


def _is_kept_alive(alert: Alert, standing: Iterable[Finding]) -> bool:
    """Return whether a finding could raise the alert, now or at the time when it was raised.

    Other findings are only listed with it, and do not keep it alive.
    """
    return any(finding.fresh or finding.fresh_until_ms >= alert.raised_ms for finding in standing)


def _by_name(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def _differs(old: Finding | None, new: Finding) -> bool:
    """Return whether a finding is new, or rests on something else than before."""
    if old is None:
        return True
    # Whether it is fresh is left out: time alone changes that, and nobody needs to be told.
    before = old.tier, old.rule_version, old.evidence
    return before != (new.tier, new.rule_version, new.evidence)
