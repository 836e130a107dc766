"""A clinician's command on an alert: looked up, judged by the table of moves, stored."""

from alerts.lifecycle import Action, MoveRefusedError, ReasonMissingError, move
from model.alert import Alert, AlertState, Tier
from storage.alerts import commands
from storage.alerts.commands import AlertCommand
from storage.pg.pool import Connection
from storage.reads.views import AlertBrief


class NoSuchAlertError(LookupError):
    """The actor's care unit has no such alert."""


class NotAllowedError(ValueError):
    """The alert's state does not allow the action, or the reason will not do; nothing was changed."""


async def carry_out(conn: Connection, order: AlertCommand, now_ms: int) -> AlertBrief:
    """Do it in the caller's transaction, and return the alert afterwards.

    Raises `NoSuchAlertError` or `NotAllowedError`.
    """
    before = await commands.lock_alert(conn, order.actor.care_unit, order.alert)
    if before is None:
        raise NoSuchAlertError("there is no such alert")
    try:
        state = move(_alert(before), Action(order.action), order.reason)
    except (MoveRefusedError, ReasonMissingError) as error:
        raise NotAllowedError(str(error)) from error
    return await commands.move_alert(conn, order, before, state, now_ms)


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
