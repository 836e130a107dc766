"""Carries out a clinician's command on an alert.

It reads the alert, checks the move against the table of `alerts.lifecycle` and stores the result.
"""

from alerts.lifecycle import Action, MoveRefusedError, ReasonMissingError, move
from model.alert import LIVE_STATES, Alert, AlertState, Tier
from storage.alerts import commands
from storage.alerts.commands import AlertCommand
from storage.pg.pool import Connection
from storage.reads.views import AlertBrief


class NoSuchAlertError(LookupError):
    """The actor's care unit has no such alert."""


class NotAllowedError(ValueError):
    """The state of the alert does not allow the action, or the reason is not valid.

    Nothing was changed.
    """


async def carry_out(conn: Connection, order: AlertCommand, now_ms: int) -> AlertBrief:
    """Carry out `order` in the caller's transaction, and return the alert as it is afterwards.

    Raises `NoSuchAlertError` or `NotAllowedError`.
    """
    # The lock holds until the transaction ends: the state cannot change between check and move.
    before = await commands.lock_alert(conn, order.actor.care_unit, order.alert)
    if before is None:
        raise NoSuchAlertError("there is no such alert")
    try:
        state = move(_alert(before), Action(order.action), order.reason)
        await _refuse_second(conn, before, state)
    # The caller handles the two errors of this module, and knows none of `alerts`.
    except (MoveRefusedError, ReasonMissingError) as error:
        raise NotAllowedError(str(error)) from error
    return await commands.move_alert(conn, order, before, state, now_ms)


async def _refuse_second(conn: Connection, before: AlertBrief, state: AlertState) -> None:
    """Refuse to open an alert beside another live one of its family (section 6)."""
    is_opening = AlertState(before.state) not in LIVE_STATES and state in LIVE_STATES
    if is_opening and await commands.has_live(conn, before.pseudonym, before.family):
        raise NotAllowedError("another alert of this kind is open already")


def _alert(brief: AlertBrief) -> Alert:
    return Alert(
        id=brief.id,
        patient=brief.pseudonym,
        family=brief.family,
        rule=brief.rule,
        tier=Tier(brief.tier),
        state=AlertState(brief.state),
        raised_ms=brief.raised_ms,
        changed_ms=brief.changed_ms,
        sentence=brief.sentence,
    )
