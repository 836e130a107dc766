"""What stays of a patient's prescriptions after an erasure: no identity, no health value.

The law on patient records asks for ten years. A row names the number of the receipt, by which the
clinic's own journal can refer to it.
"""

from model.calendar import utc
from storage.pg.pool import Connection

# The prescription's own id is left out: a clinician may have written a name in it. What was done
# of it is only a mean of sessions over the weeks that have data.
_KEEP = """
with plan as (
  select r.patient, r.prescription, count(*) as versions, min(r.recorded_at) as recorded_at,
    min(r.valid_from) as valid_from,
    (array_agg(r.valid_to order by r.version desc))[1] as valid_to,
    (array_agg(coalesce(r.body->>'prescriber', '') order by r.version desc))[1] as prescriber
  from prescription r where r.patient = %(patient)s group by r.patient, r.prescription)
insert into journal_extract (erasure, number, care_unit, prescriber, recorded_at, valid_from,
  valid_to, versions, weeks_followed, sessions_per_week, kept_until)
select %(erasure)s, row_number() over (order by plan.recorded_at, plan.prescription), u.name,
  plan.prescriber, plan.recorded_at, plan.valid_from, plan.valid_to, plan.versions,
  done.weeks, coalesce(done.sessions, 0),
  (%(now)s::timestamptz at time zone 'UTC')::date + interval '10 years'
from plan join patient p on p.id = plan.patient join care_unit u on u.id = p.care_unit
cross join lateral (
  select count(*) as weeks, round(avg(w.sessions), 1) as sessions from week w
  where w.patient = plan.patient and w.monday between plan.valid_from and plan.valid_to
) done"""
_SWEEP = "delete from journal_extract where kept_until < (%s::timestamptz at time zone 'UTC')::date"


async def keep_extract(conn: Connection, patient: int, erasure: int, now_ms: int) -> int:
    """Keep a row for each prescription of a patient (an id), and return how many."""
    values = {"patient": patient, "erasure": erasure, "now": utc(now_ms)}
    return (await conn.execute(_KEEP, values)).rowcount


async def remove_old_extracts(conn: Connection, now_ms: int) -> int:
    """Remove the rows whose ten years are over, and return how many."""
    return (await conn.execute(_SWEEP, [utc(now_ms)])).rowcount
