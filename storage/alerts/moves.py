"""Stores and reads the moves of alerts. Rows are only added: they show the course of an alert.

Call it in a transaction that holds the patient's lock. It decides nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from model.alert import Action, AlertState, Tier
from model.messages.alert_move import AlertMove
from storage.pg import rows
from storage.pg.pool import Connection

SYSTEM_ACTOR = "kadens"  # the actor of what follows from data or from time

_PUT = """
with added as (
  insert into alert_move (alert, at, actor, from_state, to_state, reason, kind, tier, responsible)
  values (%(alert)s, to_timestamp(%(at_ms)s / 1000.0), %(actor)s, %(from_state)s, %(to_state)s, \
%(reason)s, %(kind)s, %(tier)s, %(responsible)s::text[]) returning id)
update alert set last_move = added.id from added where alert.id = %(alert)s returning last_move"""


# A later move of the alert has taken it from whom it was handed to, or shows that it was seen.
_HANDED_OVER = """
select p.id as number, a.rule, m.id, m.alert::text as alert, p.pseudonym as patient,
  m.at as at_ms, m.actor, m.kind, m.from_state, m.to_state, m.tier, m.reason, m.responsible
from patient p join alert a on a.patient = p.id join alert_move m on m.id = a.last_move
where p.pseudonym = any(%(patients)s) and m.kind = 'hand_over'
  and a.state in ('open', 'acknowledged', 'in_progress', 'snoozed')
  and m.at > to_timestamp(%(since)s / 1000.0)
order by m.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The last move of an alert that was handed over, its patient (by id) and its rule."""

    number: int
    rule: str
    move: AlertMove


async def put_move(conn: Connection, move: AlertMove) -> AlertMove:
    """Add a move, whose `id` is 0, and return it with its number."""
    row: rows.Row = {
        "alert": move.alert,
        "at_ms": move.at_ms,
        "actor": move.actor,
        "from_state": move.from_state,
        "to_state": move.to_state,
        "reason": move.reason,
        "kind": move.kind,
        "tier": move.tier,
        "responsible": list(move.responsible),
    }
    [number] = await rows.fetch_column(conn, _PUT, row)
    return replace(move, id=number)


async def last_hand_overs(
    conn: Connection, patients: Collection[str], since_ms: int
) -> list[HandedOver]:
    """Return the live alerts of patients (pseudonyms) whose last move after `since_ms` is one."""
    params: rows.Row = {"patients": list(patients), "since": since_ms}
    return await rows.fetch(conn, _HANDED_OVER, params, _handed_over)


def _handed_over(row: rows.Row) -> HandedOver:
    number, rule = row.pop("number"), row.pop("rule")
    typed = {
        "kind": Action(row["kind"]),
        "tier": Tier(row["tier"]),
        "from_state": AlertState(row["from_state"]),
        "to_state": AlertState(row["to_state"]),
        "responsible": tuple(row["responsible"]),
    }
    return HandedOver(number=number, rule=rule, move=AlertMove(**{**row, **typed}))
