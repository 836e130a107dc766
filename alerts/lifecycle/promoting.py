"""Promotes alerts that the budget had left to tier C, on a later day with room. Pure.

Each is tried on every later working day of its care unit, until it is promoted to the tier of its
evidence or ends. Whether a day has room is for `budget`, and nothing is counted here.
"""

from collections.abc import Collection, Iterable, Sequence

from alerts.lifecycle.closed import may_raise
from alerts.lifecycle.settling import muted_until
from alerts.lifecycle.transitions import TRANSITIONS
from model.alert import Action, Alert, AlertState, Finding, Tier
from model.alerting.steps import Step, StepKind
from model.calendar import DAY_MS

# Within this time after a working day has begun, the alerts that wait are tried: the longer an
# alert has waited, the earlier, by a second for each day.
_SPREAD_DAYS = 60
_SECOND_MS = 1_000


def waiting_alerts(
    live: Iterable[Alert], recent: Sequence[Alert], findings: Collection[Finding], now_ms: int
) -> tuple[Alert, ...]:
    """Return the live alerts that wait in the digest for room in a budget, the oldest first.

    A person has taken up or put off none of them, and each has a finding among `findings` that may
    still raise an alert.
    """
    waiting: list[Alert] = []
    for alert in live:
        mine = (item for item in findings if item.name in alert.findings)
        # what is left of one that lost its evidence of tier B is milder, and was over no budget
        may = (may_raise(item, recent, now_ms) for item in mine if item.tier is Tier.B)
        if _is_left(alert, now_ms) and any(may):
            waiting.append(alert)
    return tuple(sorted(waiting, key=lambda alert: (alert.raised_ms, alert.family)))


def promotion_steps(waiting: Iterable[Alert], day_from_ms: int) -> tuple[Step, ...]:
    """Return the promotions of alerts that were demoted before the working day began (epoch ms)."""
    return tuple(_step(alert) for alert in waiting if alert.raised_ms < day_from_ms)


def tried_at(raised_ms: int, day_ms: int) -> int:
    """Return when an alert is tried on the working day that begins at `day_ms` (epoch ms).

    Patients are judged in the order of these times, so the oldest alert gets the room first.
    """
    waited = (day_ms - raised_ms) // DAY_MS
    return day_ms + max(0, _SPREAD_DAYS - waited) * _SECOND_MS


def _is_left(alert: Alert, now_ms: int) -> bool:
    is_snoozed = muted_until(alert, alert.tier) > now_ms
    return alert.is_demoted and alert.state is AlertState.OPEN and not is_snoozed


def _step(alert: Alert) -> Step:
    return Step(
        kind=StepKind.PROMOTE,
        family=alert.family,
        alert=alert.id,
        findings=(),
        # only evidence of tier B is demoted: milder needs no room, and graver has ended it
        tier=Tier.B,
        state=TRANSITIONS[alert.state, Action.PROMOTE],
        rule=alert.rule,
        rule_version=0,  # evidence and rule stay as they are
        sentence=alert.sentence,
        moves=(Action.PROMOTE,),
    )
