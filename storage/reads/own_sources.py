"""Reads a patient's own sources for the patient door: consent, connection, and what came last.

It never writes, and reads no token. Patients are named by the id of their row.
"""

from dataclasses import dataclass

from model.calendar import utc
from storage.pg import rows
from storage.pg.pool import Connection

# Of several accounts the one that broke counts, as on the clinic's page. Of the states that are
# stored, 'connected' and 'needs_reconnecting', `max` gives the one that broke.
_SOURCES = """
with known as (
  select vendor as connector from consent
  where patient = %(patient)s and kind = 'source_fetch'
  union select connector from vendor_connection where patient = %(patient)s
  union select connector from vendor_invitation where patient = %(patient)s)
select k.connector, p.zone, g.consented_at as consented_ms, w.withdrawn_at as withdrawn_ms,
  x.withdrawn_at as cut_off_ms, coalesce(c.state, '') as connection, c.connected_at as connected_ms,
  b.received_at as received_ms, coalesce(d.device, '') as device,
  i.expires_at as link_expires_ms, i.used_at as link_used_ms
from known k join patient p on p.id = %(patient)s
left join lateral (
  select max(given_at) as consented_at from consent
  where patient = p.id and vendor = k.connector and kind = 'source_fetch'
    and given_at <= %(now)s and (withdrawn_at is null or withdrawn_at > %(now)s)) g on true
left join lateral (
  select max(withdrawn_at) as withdrawn_at from consent
  where patient = p.id and vendor = k.connector and kind = 'source_fetch'
    and withdrawn_at <= %(now)s) w on true
left join lateral (
  select max(withdrawn_at) as withdrawn_at from vendor_withdrawal
  where patient = p.id and connector = k.connector) x on true
left join lateral (
  select max(state) as state, min(connected_at) as connected_at from vendor_connection
  where patient = p.id and connector = k.connector) c on true
left join lateral (
  select max(received_at) as received_at from body
  where patient = p.id and connector = k.connector) b on true
left join lateral (
  select coalesce(nullif(s.device, ''), s.app) as device from record r
  join source s on s.id = r.source
  where r.patient = p.id and s.vendor = k.connector and s.device_type <> 'person'
  order by r.id desc limit 1) d on true
left join lateral (
  select expires_at, used_at from vendor_invitation
  where patient = p.id and connector = k.connector order by created_at desc limit 1) i on true
order by k.connector
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSourceRow:
    """A patient's source; instants are epoch ms, None where there is none.

    `consented_ms` is the beginning of the consent that holds now. `connection` is the state of the
    account at the vendor, "" without one, and `cut_off_ms` when such an account ended last.
    `device` is what recorded the newest record: the watch, else the watch's service, "" where
    nothing says it. The link is the latest that was made.
    """

    connector: str
    zone: str
    consented_ms: int | None
    withdrawn_ms: int | None
    cut_off_ms: int | None
    connection: str
    connected_ms: int | None
    received_ms: int | None
    device: str
    link_expires_ms: int | None
    link_used_ms: int | None


async def own_sources(conn: Connection, patient: int, now_ms: int) -> list[OwnSourceRow]:
    """Return a patient's sources as they are at an instant, by connector."""
    question = {"patient": patient, "now": utc(now_ms)}
    return await rows.fetch_as(conn, _SOURCES, question, OwnSourceRow)
