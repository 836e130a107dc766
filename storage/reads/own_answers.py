"""Reads a patient's own answers for the patient door, with the corrections that hold.

It never writes and decides nothing. What the clinic has stated is no answer of the patient. What is
restricted is here: the patient sees it, and nobody else uses it.
"""

from dataclasses import dataclass
from datetime import date

from model.marks import CLINIC_VENDOR
from storage.facts.corrected import CORRECTED_FACT
from storage.pg import rows
from storage.pg.pool import Connection

_ANSWERS = f"""
select f.local_date, f.payload ->> 'instrument' as instrument,
  coalesce(f.payload ->> 'phase', 'none') as phase,
  (f.payload ->> 'value')::double precision as value,
  coalesce(f.payload ->> 'scale', '') as scale, coalesce(f.payload ->> 'site', '') as site,
  coalesce(f.payload ->> 'reason', '') as reason,
  exists (select from correction c where c.patient = f.patient and c.source = f.source
    and c.record = r.record and c.kind = f.kind and c.ended_at is null) as is_corrected
from patient p cross join lateral (
  select x.* from {CORRECTED_FACT} x where x.patient = p.id and x.kind = 'report' offset 0) f
join record r on r.id = f.record join source o on o.id = f.source
where p.id = %(patient)s and f.local_date >= %(since)s and o.vendor <> %(clinic)s
order by f.start_at desc, r.record limit %(limit)s"""  # noqa: S608 - constants of this package


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswerRow:
    """An answer as it counts now; `value` is on `scale`, and `reason` is the sign of a question."""

    local_date: date
    instrument: str
    phase: str
    value: float | None
    scale: str
    site: str
    reason: str
    is_corrected: bool


async def own_answers(
    conn: Connection, patient: int, since: date, limit: int
) -> tuple[OwnAnswerRow, ...]:
    """Return a patient's answers from a local date on, newest first."""
    params = {"patient": patient, "since": since, "limit": limit, "clinic": CLINIC_VENDOR}
    return tuple(await rows.fetch_as(conn, _ANSWERS, params, OwnAnswerRow))
