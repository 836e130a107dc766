"""Reads how patients' accounts at vendors are connected, without any account or token.

What a row means is decided in `model.connection_state`.
"""

from dataclasses import dataclass

from model.vendors.vendor_api import TAKEN
from storage.pg import rows
from storage.pg.pool import Connection

# Of several accounts the one that broke counts: its state is the later word of the two. Of several
# links the latest counts.
_ROWS = """
with known as (
  select patient, connector from vendor_connection
  union select patient, connector from vendor_invitation
  union select patient, connector from vendor_withdrawal)
select p.pseudonym as patient, k.connector, i.created_at as invited_ms,
  i.expires_at as link_expires_ms, i.used_at as link_used_ms, coalesce(c.state, '') as connection,
  c.connected_at as connected_ms, c.broken_at as broken_ms, w.withdrawn_at as withdrawn_ms,
  b.received_at as received_ms, f.ended - f.taken as fetched, f.taken as requested,
  f.all_of_them as announced
from known k join patient p on p.id = k.patient join care_unit u on u.id = p.care_unit
left join lateral (
  select created_at, expires_at, used_at from vendor_invitation
  where patient = k.patient and connector = k.connector order by created_at desc limit 1) i on true
left join lateral (
  select max(state) as state, min(connected_at) as connected_at,
    min(changed_at) filter (where state = 'needs_reconnecting') as broken_at from vendor_connection
  where patient = k.patient and connector = k.connector) c on true
left join lateral (
  select max(withdrawn_at) as withdrawn_at from vendor_withdrawal
  where patient = k.patient and connector = k.connector) w on true
left join lateral (
  select max(received_at) as received_at from body
  where patient = k.patient and connector = k.connector) b on true
left join lateral (
  select count(*) as all_of_them, count(*) filter (where state in ('done', 'given_up')) as ended,
    count(*) filter (where state = 'done' and reason = any(%(taken)s)) as taken
  from vendor_fetch where patient = k.patient and connector = k.connector and is_past) f on true
where (%(patient)s = '' or p.pseudonym = %(patient)s) and (%(unit)s = '' or u.name = %(unit)s)
order by p.pseudonym, k.connector limit %(most)s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A patient's connection to a vendor; instants are epoch ms, None where there is none.

    `connection` is the state of the account, "" without one; `broken_ms` is since when it needs
    connecting again. Of `announced` fetches of the time before the account was linked, `fetched`
    have ended, and `requested` were taken by a vendor that answers by pushes alone: they say
    nothing of data.
    """

    patient: str
    connector: str
    invited_ms: int | None
    link_expires_ms: int | None
    link_used_ms: int | None
    connection: str
    connected_ms: int | None
    broken_ms: int | None
    withdrawn_ms: int | None
    received_ms: int | None
    fetched: int
    requested: int
    announced: int


async def connection_rows(
    conn: Connection, *, patient: str = "", unit: str = "", most: int = 10_000
) -> list[ConnectionRow]:
    """Return connections by patient and connector; "" leaves a filter out."""
    named = {"patient": patient, "unit": unit, "most": most, "taken": list(TAKEN)}
    return await rows.fetch_as(conn, _ROWS, named, ConnectionRow)
