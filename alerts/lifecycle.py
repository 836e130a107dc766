"""The life of an alert: the table of moves, and what findings do to alerts.

Nothing is stored or sent here. A patient has at most one live alert for each family of rules
(clinical definition section 6). Judging again changes nothing. A correction of data removes
findings, and retracts the alert when no finding is left that could raise it.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from alerts.registry import RULE
from alerts.wording import headline, weight
from model.alert import LIVE_STATES, Alert, AlertState, Contact, Finding, Step, StepKind, Tier
from model.calendar import DAY_MS

RESOLUTIONS: tuple[str, ...] = ("contacted", "plan changed", "not relevant", "data error", "other")
CORRECTED = "corrected"

# Closed by a person or by time: what they rest on is dealt with. A retracted alert is not: its
# finding may come back.
DEALT_WITH = frozenset({AlertState.RESOLVED, AlertState.EXPIRED})


MAILED = frozenset({Tier.A, Tier.B})


class Action(StrEnum):
    """What may be done to an alert.

    Time wakes and expires alerts, and judging escalates and retracts them. All other actions are a
    clinician's.
    """

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    RETRACT = "retract"
    EXPIRE = "expire"


TRANSITIONS: dict[tuple[AlertState, Action], AlertState] = {
    (AlertState.OPEN, Action.ACKNOWLEDGE): AlertState.ACKNOWLEDGED,
    (AlertState.OPEN, Action.START): AlertState.IN_PROGRESS,
    (AlertState.OPEN, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.OPEN, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.OPEN, Action.ESCALATE): AlertState.OPEN,
    (AlertState.OPEN, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.OPEN, Action.EXPIRE): AlertState.EXPIRED,
    (AlertState.ACKNOWLEDGED, Action.START): AlertState.IN_PROGRESS,
    (AlertState.ACKNOWLEDGED, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.ACKNOWLEDGED, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.ACKNOWLEDGED, Action.ESCALATE): AlertState.OPEN,
    (AlertState.ACKNOWLEDGED, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.IN_PROGRESS, Action.SNOOZE): AlertState.SNOOZED,
    (AlertState.IN_PROGRESS, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.IN_PROGRESS, Action.ESCALATE): AlertState.OPEN,
    (AlertState.IN_PROGRESS, Action.RETRACT): AlertState.RETRACTED,
    (AlertState.SNOOZED, Action.WAKE): AlertState.OPEN,
    (AlertState.SNOOZED, Action.ACKNOWLEDGE): AlertState.ACKNOWLEDGED,
    (AlertState.SNOOZED, Action.START): AlertState.IN_PROGRESS,
    (AlertState.SNOOZED, Action.RESOLVE): AlertState.RESOLVED,
    (AlertState.SNOOZED, Action.ESCALATE): AlertState.OPEN,
    (AlertState.SNOOZED, Action.RETRACT): AlertState.RETRACTED,
}

NEEDS_REASON = frozenset({Action.SNOOZE, Action.RETRACT, Action.RESOLVE})


class MoveRefusedError(ValueError):
    """The table has no such move; nothing was changed."""

    def __init__(self, state: AlertState, action: Action) -> None:
        super().__init__(f"an alert that is {state.value} cannot take the action {action.value}")
        self.state = state
        self.action = action


class ReasonMissingError(ValueError):
    """The move needs a reason, and for resolving one of `RESOLUTIONS`; nothing was changed."""


def move(alert: Alert, action: Action, reason: str = "") -> AlertState:
    """Return the state of an alert after an action.

    For RESOLVE, `reason` begins with an item of `RESOLUTIONS`; ": text" may follow. Raises
    `MoveRefusedError` when the table has no such move and `ReasonMissingError` when the reason is
    missing or unknown.
    """
    if (alert.state, action) not in TRANSITIONS:
        raise MoveRefusedError(alert.state, action)
    if action in NEEDS_REASON and not reason.strip():
        raise ReasonMissingError(f"the action {action.value} needs a reason")
    if action is Action.RESOLVE and reason.partition(":")[0].strip() not in RESOLUTIONS:
        raise ReasonMissingError(f"a resolution is one of: {', '.join(RESOLUTIONS)}")
    return TRANSITIONS[alert.state, action]


def is_mailed(step: Step) -> bool:
    """Return whether clinicians get a mail about a step.

    They do when the alert is of tier A or B, and is new or graver than before.
    """
    graver = step.kind is StepKind.APPEND and bool(step.reason)
    return step.tier in MAILED and (step.kind is StepKind.RAISE or graver)


def recipients(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """Return the addresses for mails about a patient, in order.

    They are those of the responsible clinicians, or of all contacts when nobody is responsible.
    """
    everybody = list(contacts)
    responsible = [contact for contact in everybody if contact.responsible]
    return tuple(sorted({contact.email for contact in responsible or everybody} - {""}))


def actions(state: AlertState) -> tuple[Action, ...]:
    """Return the actions that the table allows in a state, in the order of the table."""
    return tuple(action for (from_state, action) in TRANSITIONS if from_state is state)


def settle(
    live: Sequence[Alert], recent: Sequence[Alert], findings: Iterable[Finding], now_ms: int
) -> tuple[Step, ...]:
    """Return the steps that follow from judging, family by family.

    There are none when the alerts already agree with the findings. `live` are the patient's live
    alerts with the findings that hold. `recent` are the closed alerts whose findings may still be
    within a look-back; 60 days are enough. `findings` is the result of `registry.judge` at `now_ms`
    (epoch ms).
    """
    matches = list(findings)
    alerts = {alert.family: alert for alert in live if alert.state in LIVE_STATES}
    families = sorted({finding.family for finding in matches} | set(alerts))
    return tuple(
        step
        for family in families
        for step in _family(family, alerts.get(family), recent, matches, now_ms)
    )


def wakes(recent: Sequence[Alert], findings: Iterable[Finding], now_ms: int) -> int | None:
    """Return when the first cooldown ends that holds back a fresh finding, None without any.

    The result is in epoch ms; the patient must be judged again at that time.
    """
    ends = [_held_until(finding, recent) for finding in _new(findings, recent) if finding.fresh]
    return min((at for at in ends if at > now_ms), default=None)


def _family(
    family: str,
    alert: Alert | None,
    recent: Sequence[Alert],
    findings: Iterable[Finding],
    now_ms: int,
) -> list[Step]:
    mine = [finding for finding in findings if finding.family == family]
    if alert is not None:
        return _changed(alert, recent, mine, now_ms)
    new = _new(mine, recent)
    may_raise = [
        finding for finding in new if finding.fresh and _held_until(finding, recent) <= now_ms
    ]
    return [_step(StepKind.RAISE, family, None, new, new)] if may_raise else []


def _changed(
    alert: Alert, recent: Sequence[Alert], mine: Sequence[Finding], now_ms: int
) -> list[Step]:
    had = {_name(finding): finding for finding in alert.findings.values()}
    holds = {_name(f): f for f in (*_new(mine, recent), *(f for f in mine if _name(f) in had))}
    # A finding that has slid out of the look-back cannot come again and is not gone.
    gone = [old for name, old in had.items() if name not in holds and _in_sight(old, now_ms)]
    added = [
        new
        for name, new in holds.items()
        if name not in had or _reason_text(had[name]) != _reason_text(new)
    ]
    standing = [
        *({**had, **holds}[name] for name in sorted({*had, *holds} - {_name(old) for old in gone}))
    ]
    # Findings that could never raise an alert by themselves do not keep it alive.
    if not any(finding.fresh or _was_fresh(finding, alert) for finding in standing):
        return [_retraction(alert, list(had.values()))]
    steps = [(StepKind.APPEND, added), (StepKind.DROP, gone)]
    return [
        _step(kind, alert.family, alert, findings, standing) for kind, findings in steps if findings
    ]


def _step(
    kind: StepKind,
    family: str,
    alert: Alert | None,
    findings: Sequence[Finding],
    standing: Sequence[Finding],
) -> Step:
    first = min(standing, key=weight)
    rose = alert is not None and _graver(first.tier, alert.tier)
    state = AlertState.OPEN if alert is None else alert.state
    return Step(
        kind=kind,
        family=family,
        alert=None if alert is None else alert.id,
        findings=tuple(sorted(findings, key=_in_time)),
        tier=first.tier,
        state=TRANSITIONS[state, Action.ESCALATE] if rose else state,
        rule=first.rule,
        rule_version=first.rule_version,
        sentence=headline(standing),
        reason="a graver finding" if rose else "",
    )


def _retraction(alert: Alert, had: Sequence[Finding]) -> Step:
    return Step(
        kind=StepKind.RETRACT,
        family=alert.family,
        alert=alert.id,
        findings=tuple(sorted(had, key=_in_time)),
        tier=alert.tier,
        state=TRANSITIONS[alert.state, Action.RETRACT],
        rule=alert.rule,
        rule_version=max(
            (finding.rule_version for finding in had if finding.rule == alert.rule), default=0
        ),
        sentence=alert.sentence,
        reason=CORRECTED,
    )


def _new(findings: Iterable[Finding], recent: Iterable[Alert]) -> list[Finding]:
    """Return the findings that no closed alert has dealt with.

    A closed alert has dealt with a finding when it had the same finding at that tier or a graver.
    """
    dealt = [f for alert in recent if alert.state in DEALT_WITH for f in alert.findings.values()]
    known = {(_name(f), tier) for f in dealt for tier in Tier if not _graver(tier, f.tier)}
    return [finding for finding in findings if (_name(finding), finding.tier) not in known]


def _held_until(finding: Finding, recent: Iterable[Alert]) -> int:
    """Return the epoch ms at which the cooldown ends for a finding, 0 without a cooldown.

    Findings of tier A have no cooldown. Neither has a finding that is graver than the closed alert.
    """
    closed = [
        alert for alert in recent if alert.family == finding.family and alert.state in DEALT_WITH
    ]
    like = [
        alert
        for alert in closed
        if finding.tier is not Tier.A and not _graver(finding.tier, alert.tier)
    ]
    cooldown_ms = RULE[finding.rule].cooldown_days * DAY_MS
    return max((alert.changed_ms + cooldown_ms for alert in like), default=0)


def _in_sight(finding: Finding, now_ms: int) -> bool:
    """Return whether a finding is still within the look-back of its rule.

    A finding that is missing but no longer in sight has aged; it has not ceased to hold.
    """
    rule = RULE.get(finding.rule)
    return (
        rule is not None and finding.from_ms >= now_ms - rule.thresholds["look_back_days"] * DAY_MS
    )


def _was_fresh(finding: Finding, alert: Alert) -> bool:
    """Return whether a finding could itself raise the alert at the time when it was raised.

    Other findings are only listed with it.
    """
    return finding.fresh_until_ms >= alert.raised_ms


def _graver(tier: Tier, other: Tier) -> bool:
    return tier.value < other.value


def _name(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.key


def _reason_text(finding: Finding) -> tuple[object, ...]:
    return finding.tier, finding.rule_version, finding.evidence


def _in_time(finding: Finding) -> tuple[int, str, str]:
    return finding.at_ms, finding.rule, finding.key
