"""All that happens to a patient's alerts at an instant. Pure.

The steps are waking, restoring, judging, time and promoting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from alerts.lifecycle.clock import after_steps, clock_steps, next_clock, waking_steps
from alerts.lifecycle.closed import wakes
from alerts.lifecycle.duty import hours_of, responsible
from alerts.lifecycle.promoting import promotion_steps, tried_at, waiting_alerts
from alerts.lifecycle.restoring import restored, restoring_steps
from alerts.lifecycle.returning import regained_findings
from alerts.lifecycle.settling import settle
from model.alert import Alert, Finding
from model.alerting.steps import JudgementResult, Step, StepKind
from model.messages.alert_move import DutyRoster
from model.messages.withdrawal import WithdrawalReason


def course_at(
    live: Sequence[Alert],
    recent: Sequence[Alert],
    findings: Iterable[Finding],
    roster: DutyRoster,
    now_ms: int,
    returning: Iterable[Finding] = (),
    why: WithdrawalReason = WithdrawalReason.CORRECTED,
) -> JudgementResult:
    """Return the steps at `now_ms` (epoch ms), and when the alerts must be looked at again.

    `live` and `recent` are as for `settle`, `returning` is of `returning_findings`, and `why` the
    reason for which an alert is withdrawn. The next look is only what alerts ask for: rules may ask
    for an earlier one.
    """
    current, returning = tuple(findings), tuple(returning)
    # Rules must see an alert whose snooze has ended as open.
    waking = waking_steps(live, now_ms)
    awake = after_steps(live, waking, now_ms)
    # What was retracted and holds again is live before findings could raise it a second time.
    restoring = restoring_steps(awake, recent, (*returning, *current), now_ms)
    back = restored(recent, restoring, now_ms)
    awake, live = (*awake, *back), (*live, *back)
    returned = {row.id for row in back}
    recent = [alert for alert in recent if alert.id not in returned]
    settled = settle(
        awake, recent, (*current, *regained_findings(awake, returning, now_ms)), now_ms, why
    )
    after = after_steps(awake, settled, now_ms)
    ticking = clock_steps(after, roster, now_ms)
    last = after_steps(after, ticking, now_ms)
    day = hours_of(roster)
    day_from_ms, day_until_ms = day.last_closing(now_ms), day.next_closing(now_ms)
    waiting = waiting_alerts(last, recent, current, now_ms)
    times = [wakes(recent, current, now_ms), next_clock(last, roster, now_ms)]
    # also where there is room now: only the caller knows
    times += [tried_at(alert.raised_ms, day_until_ms) for alert in waiting]
    promotions = promotion_steps(waiting, day_from_ms)
    return JudgementResult(
        steps=_with_responsible(live, (*waking, *restoring, *settled, *ticking), roster, now_ms),
        next_due_ms=min(filter(None, times), default=None),
        day_from_ms=day_from_ms,
        day_until_ms=day_until_ms,
        promotions=_with_responsible(last, promotions, roster, now_ms),
    )


def _with_responsible(
    live: Sequence[Alert], steps: Sequence[Step], roster: DutyRoster, now_ms: int
) -> tuple[Step, ...]:
    """Return the steps with those who have to act after each."""
    alerts = {alert.id: alert for alert in live}
    named: list[Step] = []
    for step in steps:
        alert = alerts.get(step.alert or "")
        # Only what was passed on is with a later person of the line.
        level = alert.escalations + 1 if alert and step.kind is StepKind.ESCALATE else 0
        people = responsible(roster, alert, step.tier, now_ms, level)
        named.append(replace(step, responsible=people))
    return tuple(named)
