"""Stores what a clinician does with an alert: its move, its audit row and when to look again.

Everything runs in one short transaction of the caller, who decides which moves are allowed. The
patient is locked before the alert is read. The judge locks in the same order, so the two cannot
deadlock.
"""

from dataclasses import dataclass

from psycopg.types.json import Jsonb

from model import codec
from model.alert import Action, Alert, AlertState
from model.messages.alert_move import AlertMove, DutyRoster
from storage import audit
from storage.alerts import duty, outbox, to_judge
from storage.alerts.moves import put_move
from storage.alerts.recent_alerts import typed_columns
from storage.audit_actions import AuditAction
from storage.pg import rows
from storage.pg.pool import Connection

# The patient is locked, not the alert: the judge holds patients, and may raise a second alert.
_LOCK = """
select p.id from patient p join care_unit u on u.id = p.care_unit
 where u.name = %(unit)s and p.id = (select a.patient from alert a where a.id = %(alert)s) \
for update of p
"""
_ALERT = """
select a.id, p.pseudonym as patient, a.family, a.rule, a.tier, a.state, a.raised_at as raised_ms,
       a.changed_at as changed_ms, a.sentence, a.resolution, a.assignee,
       a.unseen_since as unseen_since_ms, a.escalations, a.snoozed_until as snoozed_until_ms,
       a.mutes, a.is_demoted, a.taken_up_tier, a.last_move
  from alert a join patient p on p.id = a.patient where a.id = %(alert)s
"""
_MOVE = """
update alert set state = %(state)s, changed_at = to_timestamp(%(now)s / 1000.0),
       snoozed_until = to_timestamp(%(until)s / 1000.0), resolution = %(resolution)s,
       assignee = %(assignee)s, unseen_since = to_timestamp(%(unseen)s / 1000.0),
       escalations = %(escalations)s, mutes = %(mutes)s, useful = %(useful)s,
       taken_up_tier = %(taken)s
 where id = %(alert)s
"""
_LIVE = """
select exists (select from alert a join patient p on p.id = a.patient
 where p.pseudonym = %(patient)s and a.family = %(family)s
   and a.state in ('open', 'acknowledged', 'in_progress', 'snoozed')) as is_live
"""
_LAST = """
select m.kind, m.actor, coalesce(c.name, m.actor) as actor_name, m.at as at_ms
  from alert a join alert_move m on m.id = a.last_move left join clinician c on c.subject = m.actor
 where a.id = %(alert)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCommand:
    """An action on an alert, and the clinician who takes it.

    `until_ms` is when a snooze ends, in epoch ms. `reason` is the text that the lifecycle of alerts
    requires for the action. `to` is the subject who gets an alert that is handed over. `useful` is
    what the clinician thinks of a resolved alert. `seen` is the number of the last move that the
    clinician saw, None where it is unknown.
    """

    alert: str
    action: str
    actor: audit.Actor
    reason: str = ""
    until_ms: int | None = None
    to: str = ""
    useful: bool | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAlert:
    """An alert, without its findings, whose patient is locked; who may have to act; its moves."""

    alert: Alert
    last_move: int
    roster: DutyRoster


@dataclass(frozen=True, slots=True, kw_only=True)
class LastMove:
    """What happened last to an alert: the kind of the move, by whom, and when (epoch ms)."""

    kind: str
    actor: str
    actor_name: str
    at_ms: int


async def lock_alert(conn: Connection, unit: str, alert: str, now_ms: int) -> LockedAlert | None:
    """Lock the patient of an alert and return the alert; None if the care unit has no such alert.

    The judge locks in the same order: first the patient, then the patient's alerts.
    """
    params: rows.Row = {"unit": unit, "alert": rows.uuid(alert)}
    for number in await rows.fetch_column(conn, _LOCK, params):
        rosters = await duty.load_rosters(conn, [number], now_ms)
        for row in await rows.fetch(conn, _ALERT, params, lambda row: row):
            last = row.pop("last_move")
            return LockedAlert(
                alert=Alert(**typed_columns(row)), last_move=last, roster=rosters[number]
            )
    return None


async def has_live(conn: Connection, pseudonym: str, family: str) -> bool:
    """Return whether a patient has a live alert of a family. The patient must be locked."""
    arguments = {"patient": pseudonym, "family": family}
    return any(await rows.fetch(conn, _LIVE, arguments, lambda row: bool(row["is_live"])))


async def last_move(conn: Connection, alert: str) -> LastMove | None:
    """Return what happened last to an alert (id), None for an alert from before moves had kinds."""
    moves = await rows.fetch_as(conn, _LAST, {"alert": rows.uuid(alert)}, LastMove)
    return moves[0] if moves else None


async def move_alert(
    conn: Connection,
    order: AlertCommand,
    before: Alert,
    after: Alert,
    responsible: tuple[str, ...],
    now_ms: int,
) -> AlertMove:
    """Store an alert as it is after a clinician's action, with its audit row; return the move."""
    made = await _store(conn, order, before, after, responsible, now_ms)
    # The same transaction as the move: a crash cannot leave a snooze that nobody ends. The judge
    # looks at once, tells whom it concerns, and looks again when a snooze ends.
    await to_judge.mark_due(conn, before.patient, now_ms, f"{to_judge.MOVED}{after.state.value}")
    await outbox.notify(conn, [before.patient])
    return made


async def _store(
    conn: Connection,
    order: AlertCommand,
    before: Alert,
    after: Alert,
    responsible: tuple[str, ...],
    now_ms: int,
) -> AlertMove:
    await conn.execute(_MOVE, _columns(order, after, now_ms))
    made = AlertMove(
        id=0,
        alert=order.alert,
        patient=before.patient,
        at_ms=now_ms,
        actor=order.actor.subject,
        kind=Action(order.action),
        from_state=before.state,
        to_state=after.state,
        tier=after.tier,
        reason=order.reason,
        responsible=responsible,
    )
    await audit.write_entry(conn, _audit_entry(order, before.patient, now_ms))
    return await put_move(conn, made)


def _columns(order: AlertCommand, after: Alert, now_ms: int) -> rows.Row:
    mutes = {tier.value: end_ms for tier, end_ms in after.mutes.items()}
    return {
        "alert": order.alert,
        "state": after.state.value,
        "now": now_ms,
        "until": after.snoozed_until_ms,
        "resolution": after.resolution,
        "assignee": after.assignee,
        "unseen": after.unseen_since_ms,
        "escalations": after.escalations,
        "mutes": Jsonb(mutes, dumps=codec.dumps),
        "taken": after.taken_up_tier.value if after.taken_up_tier else None,
        "useful": order.useful if after.state is AlertState.RESOLVED else None,
    }


def _audit_entry(order: AlertCommand, patient: str, now_ms: int) -> audit.AuditEntry:
    detail = {"reason": order.reason, "to": order.to, "useful": order.useful}
    return audit.AuditEntry(
        at_ms=now_ms,
        actor=order.actor,
        action=AuditAction(f"alert.{order.action.replace('_', '')}"),
        patient=patient,
        object=f"alert:{order.alert}",
        detail={name: item for name, item in detail.items() if item not in {"", None}} or None,
    )
