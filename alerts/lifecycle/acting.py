"""What a clinician's action does to an alert. Pure.

Two clinicians may act at the same moment. The second acts on the state that the first has left:
what the table of moves does not allow from there is refused, and nothing is changed. People are
subjects here, never names.
"""

from dataclasses import dataclass, replace

from alerts.lifecycle.settling import muted_until
from alerts.lifecycle.transitions import move
from model.alert import TAKEN_UP_STATES, Action, Alert, AlertState, Tier
from model.words.language import N_

# Who begins to work on an alert has taken it.
_TAKING = frozenset({Action.CLAIM, Action.START})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianAction:
    """An action of a clinician (`actor`, a subject).

    `to` is the subject who gets an alert that is handed over. `until_ms` is the end of a snooze.
    """

    action: Action
    actor: str
    reason: str = ""
    to: str = ""
    until_ms: int | None = None


class TakenAlertError(ValueError):
    """Somebody has the alert already; nothing was changed."""


def acted(alert: Alert, wish: ClinicianAction, now_ms: int) -> Alert:
    """Return an alert after a clinician's action at `now_ms` (epoch ms).

    Raises the errors of `transitions.move`, and `TakenAlertError` for the claim of an alert that
    somebody has, or for handing it over to the person who has it.
    """
    state = move(alert, wish.action, wish.reason)
    is_taken = wish.action is Action.CLAIM and alert.assignee
    if is_taken and alert.state is not AlertState.OPEN:
        raise TakenAlertError(N_("Somebody works on this alert already."))
    if wish.action is Action.HAND_OVER and wish.to in {"", alert.assignee}:
        raise TakenAlertError(N_("An alert is handed over to a colleague who does not have it."))
    after = replace(
        alert,
        state=state,
        changed_ms=now_ms,
        assignee=_assignee(alert, wish),
        resolution=wish.reason if state is AlertState.RESOLVED else "",
        mutes=_mutes(alert, wish, now_ms),
        unseen_since_ms=_unseen_since(alert, state, now_ms),
        taken_up_tier=alert.tier if _takes_up(alert, state) else alert.taken_up_tier,
        escalations=0,
    )
    until_ms = muted_until(after, after.tier) if state is AlertState.SNOOZED else None
    return replace(after, snoozed_until_ms=until_ms)


def _assignee(alert: Alert, wish: ClinicianAction) -> str:
    if wish.action is Action.HAND_OVER:
        return wish.to
    if wish.action is Action.CLAIM or (wish.action in _TAKING and not alert.assignee):
        return wish.actor
    return "" if wish.action is Action.REOPEN else alert.assignee


def _unseen_since(alert: Alert, state: AlertState, now_ms: int) -> int | None:
    if state is not AlertState.OPEN:
        return None
    # Handed over before anybody acknowledged it, it is as late as it was.
    return alert.unseen_since_ms if alert.state is AlertState.OPEN else now_ms


def _takes_up(alert: Alert, state: AlertState) -> bool:
    return alert.state not in TAKEN_UP_STATES and state in TAKEN_UP_STATES


def _mutes(alert: Alert, wish: ClinicianAction, now_ms: int) -> dict[Tier, int]:
    """Return up to when each tier is muted: at most one end for a tier, whatever came before."""
    # Whoever takes an alert up again wants to see it.
    earlier = alert.mutes if wish.action in {Action.SNOOZE, Action.HAND_OVER} else {}
    mutes = {tier: end_ms for tier, end_ms in earlier.items() if end_ms > now_ms}
    if wish.action is Action.SNOOZE and wish.until_ms is not None:
        mutes[alert.tier] = wish.until_ms
    return mutes
