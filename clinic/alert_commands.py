"""Carries out a clinician's command on an alert.

It reads the alert, checks the move against the table of `alerts.lifecycle` and stores the result.
"""

from collections.abc import Mapping

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
from model.words.language import N_, _, translated
from storage.alerts import commands, duty
from storage.alerts.commands import AlertCommand, LastMove, LockedAlert
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.shown_values import AlertBrief

# What somebody did: a sentence each, because other languages order the words otherwise.
_DID: Mapping[str, str] = {
    Action.RAISE: N_("%(who)s raised this alert %(ago)s."),
    Action.WORSEN: N_("%(who)s opened this alert again %(ago)s, because it got worse."),
    Action.RETRACT: N_("%(who)s withdrew this alert %(ago)s."),
    Action.RESTORE: N_("%(who)s brought this alert back %(ago)s."),
    Action.WAKE: N_("%(who)s ended the snooze of this alert %(ago)s."),
    Action.ESCALATE: N_("%(who)s passed this alert on %(ago)s."),
    Action.EXPIRE: N_("%(who)s let this alert expire %(ago)s."),
    Action.DEMOTE: N_("%(who)s left this alert to the digest %(ago)s."),
    Action.PROMOTE: N_("%(who)s moved this alert up from the digest %(ago)s."),
    Action.ACKNOWLEDGE: N_("%(who)s acknowledged this alert %(ago)s."),
    Action.CLAIM: N_("%(who)s took this alert %(ago)s."),
    Action.HAND_OVER: N_("%(who)s handed this alert over %(ago)s."),
    Action.START: N_("%(who)s began to work on this alert %(ago)s."),
    Action.SNOOZE: N_("%(who)s snoozed this alert %(ago)s."),
    Action.RESOLVE: N_("%(who)s resolved this alert %(ago)s."),
    Action.REOPEN: N_("%(who)s opened this alert again %(ago)s."),
}
# What the state of an alert does not allow, by the action of a clinician.
_CANNOT: Mapping[Action, str] = {
    Action.ACKNOWLEDGE: N_("An alert that is %(state)s cannot be acknowledged."),
    Action.CLAIM: N_("An alert that is %(state)s cannot be taken."),
    Action.HAND_OVER: N_("An alert that is %(state)s cannot be handed over."),
    Action.START: N_("Nobody can begin to work on an alert that is %(state)s."),
    Action.SNOOZE: N_("An alert that is %(state)s cannot be snoozed."),
    Action.RESOLVE: N_("An alert that is %(state)s cannot be resolved."),
    Action.REOPEN: N_("An alert that is %(state)s cannot be opened again."),
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
        raise NotAllowedError(_who(last, now_ms) + _("Look at it again before you act."))
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
        raise NotAllowedError(_who(last, now_ms) + _why(error)) from error
    return after


def _why(error: MoveRefusedError | ReasonMissingError | TakenAlertError) -> str:
    """Return why an action is refused, in the reader's language."""
    if isinstance(error, MoveRefusedError):
        return _(_CANNOT[error.action], state=words.label(error.state).lower())
    return translated(str(error))


def _is_own(last: LastMove | None, order: AlertCommand) -> bool:
    return last is not None and last.actor == order.actor.subject


def _who(last: LastMove | None, now_ms: int) -> str:
    if last is None or last.kind not in _DID:
        return ""
    name = "Kadens" if last.actor == "kadens" else last.actor_name
    return _(_DID[last.kind], who=name, ago=words.ago(last.at_ms, now_ms)) + " "


async def _refuse_second(conn: Connection, before: Alert, after: Alert) -> None:
    """Refuse to open an alert beside another live one of its family (section 6)."""
    is_opening = before.state not in LIVE_STATES and after.state in LIVE_STATES
    if is_opening and await commands.has_live(conn, before.patient, before.family):
        raise NotAllowedError(_("Another alert of this kind is open already."))
