"""What a clinician can do with an alert, for forms and API alike.

This module checks the reason and the days. `alerts.lifecycle` decides which moves a state allows.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clinic import alert_commands
from clinic.request_scope import RequestScope
from model.calendar import DAY_MS
from model.words.language import N_, _
from storage.alerts.commands import AlertCommand
from storage.reads.shown_values import AlertBrief
from web.problems import RequestRefused

ActionName: TypeAlias = Literal[
    "acknowledge", "claim", "hand_over", "start", "snooze", "resolve", "reopen"
]
Resolution: TypeAlias = Literal["contacted", "plan changed", "not relevant", "data error", "other"]
SnoozeReason: TypeAlias = Literal["waiting for the patient", "contact is planned", "other"]

# The keys are stored with an action; the texts are only what a page shows.
RESOLVING: dict[str, str] = {
    "contacted": N_("Patient contacted"),
    "plan changed": N_("Plan changed"),
    "not relevant": N_("Not relevant"),
    "data error": N_("Data error"),
    "other": N_("Other"),
}
SNOOZING: dict[str, str] = {
    "waiting for the patient": N_("Waiting for the patient"),
    "contact is planned": N_("Contact is planned"),
    "other": N_("Other"),
}
_REASONS: dict[str, dict[str, str]] = {"resolve": RESOLVING, "snooze": SNOOZING}
# What the form offers. The API takes any number of days up to the longest snooze.
SNOOZE_DAYS = (1, 3, 7, 14)
# Days. An alert may be put off, but snoozing must not be a way to close it.
LONGEST_SNOOZE = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRequest:
    """An action on an alert. `reason` is for resolve and snooze, `days` for snooze only.

    `to` is the subject who gets an alert that is handed over. `useful` is for resolve. `seen` is
    the number of the last move that the clinician saw.
    """

    action: ActionName
    reason: str = ""
    days: int = 0
    to: str = ""
    useful: bool | None = None
    seen: int | None = None


async def act(scope: RequestScope, alert: str, wish: AlertRequest) -> AlertBrief:
    """Carry out an action in the scope's transaction, with its move and audit rows.

    Raises `RequestRefused`: 404 when this care unit has no such alert, 409 when the alert's state
    does not allow the action or somebody else acted first, and 422 for a reason, a number of days
    or a colleague that does not fit it.
    """
    _check_fit(wish)
    until = scope.now_ms + wish.days * DAY_MS if wish.action == "snooze" else None
    order = AlertCommand(
        alert=alert,
        action=wish.action,
        reason=wish.reason,
        until_ms=until,
        actor=scope.actor,
        to=wish.to,
        useful=wish.useful,
        seen=wish.seen,
    )
    try:
        return await alert_commands.carry_out(scope.conn, order, scope.now_ms)
    except alert_commands.NoSuchAlertError as error:
        raise RequestRefused(404, "This care unit has no such alert.") from error
    except alert_commands.NoSuchColleagueError as error:
        raise RequestRefused(422, "This care unit has no such colleague.") from error
    except alert_commands.NotAllowedError as error:
        # The text names states, actions, reasons and a colleague, and no patient.
        raise RequestRefused(409, str(error)) from error


def _check_fit(wish: AlertRequest) -> None:
    """Raise `RequestRefused` (422) for what does not belong to the action."""
    # Actions that are not in the table take no reason: their only valid reason is "".
    if wish.reason not in _REASONS.get(wish.action, {"": ""}):
        raise RequestRefused(
            422, "To resolve or snooze an alert takes one of its reasons; other actions take none."
        )
    if (wish.action == "hand_over") is not bool(wish.to):
        raise RequestRefused(422, "To hand an alert over takes a colleague; no other action does.")
    if wish.useful is not None and wish.action != "resolve":
        raise RequestRefused(422, "Whether an alert was useful is said when it is resolved.")
    if wish.action == "snooze" and not 0 < wish.days <= LONGEST_SNOOZE:
        raise RequestRefused(
            422, _("An alert is snoozed for 1 to %(most)s days.", most=LONGEST_SNOOZE)
        )
