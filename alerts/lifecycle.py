"""The life of an alert: the table of moves, and what findings do to alerts.

Nothing is stored or sent here. A patient has at most one live alert for each family of rules
(clinical definition section 6). Judging again changes nothing. A correction of data removes
findings, and retracts the alert when no finding is left that could raise it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from alerts.registry import RULE
from alerts.wording import headline, weight
from model.alert import LIVE_STATES, Alert, AlertState, Contact, Finding, Step, StepKind, Tier
from model.calendar import DAY_MS

RESOLUTIONS: tuple[str, ...] = ("contacted", "plan changed", "not relevant", "data error", "other")
# A person has dealt with the patient's training as such: what came before is no news any more.
RENEWING = frozenset({"contacted", "plan changed"})
CORRECTED = "corrected"  # the reason of a retraction that follows from data

# Closed by a person or by time: what they rest on is dealt with. A retracted alert is not: its
# finding may come back.
DEALT_WITH = frozenset({AlertState.RESOLVED, AlertState.EXPIRED})

MAILED = frozenset({Tier.A, Tier.B})  # tier C waits for the digest

_Name = tuple[str, str]  # rule and key of a finding


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
    REOPEN = "reopen"
    ESCALATE = "escalate"
    RETRACT = "retract"
    EXPIRE = "expire"


# A move that is not here is refused, whoever asks for it. An alert that a person has taken up does
# not expire. Of closed alerts only one that a person has resolved can be opened again: what data or
# time have closed stays closed.
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
    (AlertState.RESOLVED, Action.REOPEN): AlertState.OPEN,
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
    # `_step` gives an APPEND a reason only when the tier rose.
    graver = step.kind is StepKind.APPEND and bool(step.reason)
    return step.tier in MAILED and (step.kind is StepKind.RAISE or graver)


def recipients(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """Return the addresses for mails about a patient, in order.

    They are those of the responsible clinicians, or of all contacts when nobody is responsible.
    """
    # Mail to nobody would hide an alert, so without a responsible clinician all of them get it.
    everybody = list(contacts)
    responsible = [contact for contact in everybody if contact.responsible]
    addresses = {contact.email for contact in responsible or everybody}
    return tuple(sorted(addresses - {""}))


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
    alerts = {alert.family: alert for alert in live if alert.state in LIVE_STATES}
    by_family: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_family[finding.family].append(finding)
    steps: list[Step] = []
    # A family without a finding is visited too: its alert may have to be retracted.
    for family in sorted(by_family.keys() | alerts.keys()):
        steps += _family(family, alerts.get(family), recent, by_family[family], now_ms)
    return tuple(steps)


def wakes(recent: Sequence[Alert], findings: Iterable[Finding], now_ms: int) -> int | None:
    """Return when the first cooldown ends that holds back a fresh finding, None without any.

    The result is in epoch ms; the patient must be judged again at that time.
    """
    ends: set[int] = set()
    for finding in _new(findings, recent):
        end_ms = _held_until(finding, recent)
        if finding.fresh and end_ms > now_ms:
            ends.add(end_ms)
    return min(ends, default=None)


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
    new = _new(mine, recent)
    # One finding is enough to raise the alert, which then lists the others as well.
    if any(finding.fresh and _held_until(finding, recent) <= now_ms for finding in new):
        return [_step(StepKind.RAISE, family, None, new, new)]
    return []


def _changed(
    alert: Alert, recent: Sequence[Alert], mine: Sequence[Finding], now_ms: int
) -> list[Step]:
    """Return the steps of a live alert: findings are added or dropped, or it is retracted."""
    had = _by_name(alert.findings.values())
    # A finding of the live alert stays, even where a closed alert has dealt with the same finding.
    holds = _by_name(_new(mine, recent))
    for finding in mine:
        if _name(finding) in had:
            holds[_name(finding)] = finding
    standing = had | holds
    # A finding that has slid out of the look-back cannot come again and is not gone.
    gone = [old for name, old in had.items() if name not in holds and _in_sight(old, now_ms)]
    for old in gone:
        del standing[_name(old)]
    if not _is_kept_alive(alert, standing.values()):
        return [_retraction(alert, had.values())]
    added = [new for name, new in holds.items() if _differs(had.get(name), new)]
    steps: list[Step] = []
    # Added first, so that the alert is never without a finding in between.
    if added:
        steps.append(_step(StepKind.APPEND, alert.family, alert, added, standing.values()))
    if gone:
        steps.append(_step(StepKind.DROP, alert.family, alert, gone, standing.values()))
    return steps


def _step(
    kind: StepKind,
    family: str,
    alert: Alert | None,
    findings: Iterable[Finding],
    standing: Collection[Finding],
) -> Step:
    """Return a step for some findings; `standing` are all on which the alert then rests."""
    first = min(standing, key=weight)
    rose = alert is not None and _graver(first.tier, alert.tier)
    state = AlertState.OPEN if alert is None else alert.state
    return Step(
        kind=kind,
        family=family,
        alert=None if alert is None else alert.id,
        findings=tuple(sorted(findings, key=_in_time)),
        tier=first.tier,
        # A graver finding opens an alert again that a clinician has put off.
        state=TRANSITIONS[state, Action.ESCALATE] if rose else state,
        rule=first.rule,
        rule_version=first.rule_version,
        sentence=headline(standing),
        reason="a graver finding" if rose else "",
    )


def _retraction(alert: Alert, had: Iterable[Finding]) -> Step:
    findings = tuple(sorted(had, key=_in_time))
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
        reason=CORRECTED,
    )


def _new(findings: Iterable[Finding], recent: Iterable[Alert]) -> list[Finding]:
    """Return the findings that no closed alert has dealt with.

    A closed alert has dealt with a finding when it had the same finding at that tier or a graver.
    """
    closed = list(recent)
    gravest: dict[_Name, Tier] = {}
    for alert in filter(_is_dealt_with, closed):
        for finding in alert.findings.values():
            name = _name(finding)
            if name not in gravest or _graver(finding.tier, gravest[name]):
                gravest[name] = finding.tier
    new: list[Finding] = []
    for finding in findings:
        dealt = gravest.get(_name(finding))
        is_graver = dealt is None or _graver(finding.tier, dealt)
        if is_graver and not _is_before_contact(finding, closed):
            new.append(finding)
    return new


def _is_before_contact(finding: Finding, recent: Iterable[Alert]) -> bool:
    """Return whether a finding rests on what began before a clinician's last contact.

    Only for rules that are renewed by a contact (clinical definition section 5.3).
    """
    if not RULE[finding.rule].renewed:
        return False
    for alert in recent:
        is_contact = alert.resolution.partition(":")[0].strip() in RENEWING
        of_family = alert.family == finding.family and alert.state is AlertState.RESOLVED
        if of_family and is_contact and finding.from_ms < alert.changed_ms:
            return True
    return False


def _held_until(finding: Finding, recent: Iterable[Alert]) -> int:
    """Return the epoch ms at which the cooldown ends for a finding, 0 without a cooldown.

    Findings of tier A have no cooldown. Neither has a finding that is graver than the closed alert.
    """
    cooldown_ms = RULE[finding.rule].cooldown_days * DAY_MS
    if finding.tier is Tier.A:
        return 0
    end_ms = 0
    for alert in filter(_is_dealt_with, recent):
        if alert.family == finding.family and not _graver(finding.tier, alert.tier):
            end_ms = max(end_ms, alert.changed_ms + cooldown_ms)
    return end_ms


def _is_dealt_with(alert: Alert) -> bool:
    return alert.state in DEALT_WITH


def _in_sight(finding: Finding, now_ms: int) -> bool:
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


def _graver(tier: Tier, other: Tier) -> bool:
    return tier.value < other.value


def _name(finding: Finding) -> _Name:
    return finding.rule, finding.key


def _by_name(findings: Iterable[Finding]) -> dict[_Name, Finding]:
    return {_name(finding): finding for finding in findings}


def _differs(old: Finding | None, new: Finding) -> bool:
    """Return whether a finding is new, or rests on something else than before."""
    if old is None:
        return True
    # Whether it is fresh is left out: time alone changes that, and nobody needs to be told.
    before = old.tier, old.rule_version, old.evidence
    return before != (new.tier, new.rule_version, new.evidence)


def _in_time(finding: Finding) -> tuple[int, str, str]:
    return finding.at_ms, finding.rule, finding.key
