"""What a clinician does with an alert: one short transaction of the caller, with its move, its audit row and `due`.

Which moves there are is the table of `alerts.lifecycle`; this only stores them. It locks the patient before the
alert, as the judge does.
"""

from dataclasses import dataclass

from alerts.lifecycle import Action, MoveRefusedError, ReasonMissingError, move
from model.alert import Alert, AlertState, Tier
from storage import audit
from storage.alerts import due, outbox
from storage.audit_actions import Action as AuditAction
from storage.pg import rows
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.views import AlertBrief

_LOCK = """
select p.pseudonym from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.id = (select a.patient from alert a where a.id = %(alert)s) for update of p
"""
_MOVE = """
update alert set state = %(to)s, changed_at = to_timestamp(%(now)s / 1000.0),
       snoozed_until = to_timestamp(%(until)s / 1000.0), resolution = %(resolution)s
 where id = %(alert)s
"""
_HISTORY = """
insert into alert_move (alert, at, actor, from_state, to_state, reason)
values (%(alert)s, to_timestamp(%(now)s / 1000.0), %(actor)s, %(from)s, %(to)s, %(reason)s)
"""


class NoSuchAlertError(LookupError):
    """The actor's care unit has no such alert."""


class NotAllowedError(ValueError):
    """The alert's state does not allow the action, or the reason will not do; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCommand:
    """One action on one alert. `until_ms` is when a snooze ends; `reason` as `lifecycle.move` wants it."""

    alert: str
    action: str
    actor: audit.Actor
    reason: str = ""
    until_ms: int | None = None


async def carry_out(conn: Connection, order: AlertCommand, now_ms: int) -> AlertBrief:
    """Do it and return the alert afterwards. Raises `NoSuchAlertError` or `NotAllowedError`; commits nothing itself."""
    unit = order.actor.care_unit
    requested = {"unit": unit, "alert": rows.uuid(order.alert)}
    locked = await rows.fetch(conn, _LOCK, requested, lambda row: str(row["pseudonym"]))
    before = await evidence.alert(conn, unit, order.alert)
    if not locked or before is None:
        raise NoSuchAlertError("there is no such alert")
    state = _moved(before, order)
    await _store(conn, order, before, state, now_ms)
    await due.mark(conn, before.pseudonym, order.until_ms or now_ms, f"alert {state.value}")
    await outbox.notify(conn, [before.pseudonym])
    after = await evidence.alert(conn, unit, order.alert)
    return after or before


def _moved(before: AlertBrief, order: AlertCommand) -> AlertState:
    alert = Alert(
        id=before.id,
        patient=before.pseudonym,
        family=before.family,
        rule=before.rule,
        tier=Tier(before.tier),
        state=AlertState(before.state),
        raised_ms=before.raised_ms,
        changed_ms=before.changed_ms,
        sentence=before.sentence,
    )
    try:
        return move(alert, Action(order.action), order.reason)
    except (MoveRefusedError, ReasonMissingError) as error:
        raise NotAllowedError(str(error)) from error


async def _store(
    conn: Connection, order: AlertCommand, before: AlertBrief, state: AlertState, now_ms: int
) -> None:
    row = {
        "alert": order.alert,
        "from": before.state,
        "to": state.value,
        "now": now_ms,
        "until": order.until_ms if state is AlertState.SNOOZED else None,
        "resolution": order.reason if state is AlertState.RESOLVED else before.resolution,
        "actor": order.actor.subject,
        "reason": order.reason,
    }
    await conn.execute(_MOVE, row)
    await conn.execute(_HISTORY, row)
    entry = audit.Entry(
        at_ms=now_ms,
        actor=order.actor,
        action=AuditAction(f"alert.{order.action}"),
        patient=before.pseudonym,
        object=f"alert:{order.alert}",
        detail={"reason": order.reason} if order.reason else None,
    )
    await audit.write(conn, entry)
