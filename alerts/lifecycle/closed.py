"""What closed alerts have dealt with, and for how long they delay a new alert. Pure."""

from collections.abc import Iterable, Sequence

from alerts.lifecycle.returning import graver
from alerts.registry import RULE
from model.alert import Alert, AlertState, Finding, Tier, is_contact
from model.calendar import DAY_MS

# Closed by a person or by time: what they rest on is dealt with. A retracted alert is not: its
# finding may come back.
DEALT_WITH = frozenset({AlertState.RESOLVED, AlertState.EXPIRED})
_MOST_DAYS_OF_B = 7  # of a cooldown, also of a rule that is of tier C for most patients


def wakes(recent: Sequence[Alert], findings: Iterable[Finding], now_ms: int) -> int | None:
    """Return when the first cooldown ends that holds back a fresh finding, None without any.

    The result is in epoch ms; the patient must be judged again at that time.
    """
    ends: set[int] = set()
    for finding in not_dealt_with(findings, recent):
        end_ms = _held_until(finding, recent)
        if finding.fresh and end_ms > now_ms:
            ends.add(end_ms)
    return min(ends, default=None)


def may_raise(finding: Finding, recent: Iterable[Alert], now_ms: int) -> bool:
    """Return whether a finding may raise an alert now: fresh, and held back by no cooldown."""
    return finding.fresh and _held_until(finding, recent) <= now_ms


def not_dealt_with(findings: Iterable[Finding], recent: Iterable[Alert]) -> list[Finding]:
    """Return the findings that no closed alert has dealt with.

    A closed alert has dealt with a finding when it had the same finding at that tier or a graver.
    """
    closed = list(recent)
    gravest: dict[str, Tier] = {}
    for alert in filter(_is_dealt_with, closed):
        for finding in alert.findings.values():
            name = finding.name
            if name not in gravest or graver(finding.tier, gravest[name]):
                gravest[name] = finding.tier
    new: list[Finding] = []
    for finding in findings:
        dealt = gravest.get(finding.name)
        is_graver = dealt is None or graver(finding.tier, dealt)
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
        of_family = alert.family == finding.family and alert.state is AlertState.RESOLVED
        if of_family and is_contact(alert.resolution) and finding.from_ms < alert.changed_ms:
            return True
    return False


def _held_until(finding: Finding, recent: Iterable[Alert]) -> int:
    """Return the epoch ms at which the cooldown ends for a finding, 0 without a cooldown.

    A finding that is graver than the closed alert has no cooldown.
    """
    after_ms = cooldown_ms(finding.rule, finding.tier)
    end_ms = 0
    for alert in recent:
        # only a person's answer: nobody has looked at what expired, so what is new is told
        if alert.state is not AlertState.RESOLVED:
            continue
        # The tier of its evidence counts: the budget makes no finding milder.
        over = alert.is_demoted and any(row.tier is Tier.B for row in alert.findings.values())
        tier = Tier.B if over else alert.tier
        if after_ms and alert.family == finding.family and not graver(finding.tier, tier):
            end_ms = max(end_ms, alert.changed_ms + after_ms)
    return end_ms


def cooldown_ms(rule: str, tier: Tier) -> int:
    """Return how long a resolved alert holds a finding of a rule back, 0 for tier A."""
    days = RULE[rule].cooldown_days
    most = {Tier.A: 0, Tier.B: min(days, _MOST_DAYS_OF_B), Tier.C: days}
    return most[tier] * DAY_MS


def _is_dealt_with(alert: Alert) -> bool:
    return alert.state in DEALT_WITH
