"""Stores the moves of alerts. Rows are only added: they show the course of an alert.

Call it in the transaction that makes the move, which holds the patient's lock. It decides nothing.
"""

from dataclasses import replace

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
