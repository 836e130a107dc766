"""Objections that patients sent as requests and that pause nothing yet."""

from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection

# One that holds pauses already; one that was recorded since the request was about it.
_UNRECORDED = """
select r.id as number, p.pseudonym as patient, r.received_at as received_ms
from rights_request r join patient p on p.id = r.patient
where r.kind = 'objection' and r.closed_at is null and r.identified <> '' and not exists (
  select from restriction x where x.patient = r.patient and x.kind = 'objection'
  and (x.lifted_at is null or x.set_at >= r.received_at))
order by r.received_at, r.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingObjection:
    """An objection of a patient (pseudonym) that nobody has recorded."""

    number: int
    patient: str
    received_ms: int


async def unrecorded(conn: Connection) -> list[WaitingObjection]:
    """Return the open requests of identified people whose processing goes on, oldest first."""
    return await rows.fetch_as(conn, _UNRECORDED, {}, WaitingObjection)
