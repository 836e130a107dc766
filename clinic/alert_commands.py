"""Carries out a clinician's command on an alert.

It reads the alert, checks the move against the table of `alerts.lifecycle` and stores the result.
"""

from alerts.lifecycle import (
    ClinicianAction,
    MoveRefusedError,
    ReasonMissingError,
    TakenAlertError,
    acted,
    responsible,
)
from clinic.pages import words
from model.alert import LIVE_STATES, Action, Alert
from model.messages.alert_move import EVERYBODY
from storage.alerts import commands, duty
from storage.alerts.commands import AlertCommand, LastMove, LockedAlert
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.views import AlertBrief

# What somebody did, to be read after a name.
_DID: dict[str, str] = {
    Action.RAISE: "raised",
    Action.WORSEN: "opened, because it got worse,",
    Action.RETRACT: "withdrew",
    Action.RESTORE: "brought back",
    Action.WAKE: "woke",
    Action.ESCALATE: "passed on",
    Action.EXPIRE: "let expire",
    Action.DEMOTE: "demoted",
    Action.PROMOTE: "promoted",
    Action.ACKNOWLEDGE: "acknowledged",
    Action.CLAIM: "took",
    Action.HAND_OVER: "handed over",
    Action.START: "started on",
    Action.SNOOZE: "snoozed",
    Action.RESOLVE: "resolved",
    Action.REOPEN: "opened again",
}


class NoSuchAlertError(LookupError):
    """The actor's care unit has no such alert."""


class NoSuchColleagueError(LookupError):
    """The care unit has no clinician of that subject to hand an alert over to."""


class NotAllowedError(ValueError):
    """The state of the alert does not allow the action, or the reason is not valid.

    Nothing was changed. The text says who did what last.
    """


async def carry_out(conn: Connection, order: AlertCommand, now_ms: int) -> AlertBrief:
    """Carry out `order` in the caller's transaction, and return the alert as it is afterwards.

    Raises `NoSuchAlertError`, `NoSuchColleagueError` or `NotAllowedError`.
    """
    unit = order.actor.care_unit
    # The lock holds until the transaction ends: the state cannot change between check and move.
    locked = await commands.lock_alert(conn, unit, order.alert, now_ms)
    if locked is None:
        raise NoSuchAlertError("there is no such alert")
    if order.to and order.to not in await duty.colleagues(conn, unit):
        raise NoSuchColleagueError("there is no such colleague")
    after = await _checked(conn, order, locked, now_ms)
    people = EVERYBODY
    if after.state in LIVE_STATES:
        people = responsible(locked.roster, after, after.tier, now_ms)
    await commands.move_alert(conn, order, locked.alert, after, people, now_ms)
    brief = await evidence.alert_brief(conn, unit, order.alert)
    if brief is None:
        raise NoSuchAlertError("there is no such alert")
    return brief


async def _checked(
    conn: Connection, order: AlertCommand, locked: LockedAlert, now_ms: int
) -> Alert:
    """Return the alert after the command; `NotAllowedError` says who did what instead."""
    last = await commands.last_move(conn, order.alert)
    # A page that is older than what another person did does not know what it acts on.
    if order.seen not in {None, locked.last_move} and not _is_own(last, order):
        raise NotAllowedError(_who(last, now_ms) + "Look at it again before you act.")
    wish = ClinicianAction(
        action=Action(order.action),
        actor=order.actor.subject,
        reason=order.reason,
        to=order.to,
        until_ms=order.until_ms,
    )
    try:
        after = acted(locked.alert, wish, now_ms)
        await _refuse_second(conn, locked.alert, after)
    # The caller handles the errors of this module, and knows none of `alerts`.
    except (MoveRefusedError, ReasonMissingError, TakenAlertError) as error:
        text = str(error)
        raise NotAllowedError(f"{_who(last, now_ms)}{text[:1].upper()}{text[1:]}.") from error
    return after


def _is_own(last: LastMove | None, order: AlertCommand) -> bool:
    return last is not None and last.actor == order.actor.subject


def _who(last: LastMove | None, now_ms: int) -> str:
    if last is None or last.kind not in _DID:
        return ""
    name = "Kadens" if last.actor == "kadens" else last.actor_name
    return f"{name} {_DID[last.kind]} this alert {words.ago(last.at_ms, now_ms)}. "


async def _refuse_second(conn: Connection, before: Alert, after: Alert) -> None:
    """Refuse to open an alert beside another live one of its family (section 6)."""
    is_opening = before.state not in LIVE_STATES and after.state in LIVE_STATES
    if is_opening and await commands.has_live(conn, before.patient, before.family):
        raise NotAllowedError("Another alert of this kind is open already.")
