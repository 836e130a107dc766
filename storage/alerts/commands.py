"""Stores what a clinician does with an alert: its move, its audit row and when to look again.

Everything runs in one short transaction of the caller, who decides which moves are allowed. The
patient is locked before the alert is read. The judge locks in the same order, so the two cannot
deadlock.
"""

from dataclasses import dataclass

from model.alert import AlertState
from storage import audit
from storage.alerts import due, outbox
from storage.audit_actions import AuditAction
from storage.pg import rows
from storage.pg.pool import Connection
from storage.reads import evidence
from storage.reads.views import AlertBrief

# The patient is locked, not the alert: the judge holds patients, and may raise a second alert.
_LOCK = """
select p.pseudonym from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.id = (select a.patient from alert a where a.id = %(alert)s) \
for update of p
"""
_MOVE = """
update alert set state = %(to)s, changed_at = to_timestamp(%(now)s / 1000.0),
       snoozed_until = to_timestamp(%(until)s / 1000.0), resolution = %(resolution)s
 where id = %(alert)s
"""
_LIVE = """
select exists (select from alert a join patient p on p.id = a.patient
 where p.pseudonym = %(patient)s and a.family = %(family)s
   and a.state in ('open', 'acknowledged', 'in_progress', 'snoozed')) as is_live
"""
# rows are only added, so that the course of an alert can be shown
_HISTORY = """
insert into alert_move (alert, at, actor, from_state, to_state, reason)
values (%(alert)s, to_timestamp(%(now)s / 1000.0), %(actor)s, %(from)s, %(to)s, %(reason)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCommand:
    """An action on an alert, and the clinician who takes it.

    `until_ms` is when a snooze ends, in epoch ms. `reason` is the text that the lifecycle of alerts
    requires for the action.
    """

    alert: str
    action: str
    actor: audit.Actor
    reason: str = ""
    until_ms: int | None = None


async def lock_alert(conn: Connection, unit: str, alert: str) -> AlertBrief | None:
    """Lock the patient of an alert and return the alert; None if the care unit has no such alert.

    The judge locks in the same order: first the patient, then the patient's alerts.
    """
    arguments = {"unit": unit, "alert": rows.uuid(alert)}
    locked = await rows.fetch(conn, _LOCK, arguments, lambda row: str(row["pseudonym"]))
    return await evidence.alert_brief(conn, unit, alert) if locked else None


async def has_live(conn: Connection, pseudonym: str, family: str) -> bool:
    """Return whether a patient has a live alert of a family. The patient must be locked."""
    arguments = {"patient": pseudonym, "family": family}
    return any(await rows.fetch(conn, _LIVE, arguments, lambda row: bool(row["is_live"])))


async def move_alert(
    conn: Connection, order: AlertCommand, before: AlertBrief, state: AlertState, now_ms: int
) -> AlertBrief:
    """Store that an alert has another state, with its audit row; return the alert afterwards."""
    await _store(conn, order, before, state, now_ms)
    # The same transaction as the move: a crash cannot leave a snooze that nobody ends.
    # The judge looks again when a snooze ends, and at once after any other move
    await due.mark_due(conn, before.pseudonym, order.until_ms or now_ms, f"alert {state.value}")
    await outbox.notify(conn, [before.pseudonym])
    return await evidence.alert_brief(conn, order.actor.care_unit, order.alert) or before


async def _store(
    conn: Connection, order: AlertCommand, before: AlertBrief, state: AlertState, now_ms: int
) -> None:
    row = {
        "alert": order.alert,
        "from": before.state,
        "to": state.value,
        "now": now_ms,
        "until": order.until_ms if state is AlertState.SNOOZED else None,
        # a live alert has no resolution: one that is opened again loses the one it had
        "resolution": order.reason if state is AlertState.RESOLVED else "",
        "actor": order.actor.subject,
        "reason": order.reason,
    }
    await conn.execute(_MOVE, row)
    await conn.execute(_HISTORY, row)
    entry = audit.AuditEntry(
        at_ms=now_ms,
        actor=order.actor,
        action=AuditAction(f"alert.{order.action}"),
        patient=before.pseudonym,
        object=f"alert:{order.alert}",
        detail={"reason": order.reason} if order.reason else None,
    )
    await audit.write_entry(conn, entry)
