"""Spot checks of a care unit: accesses to the data of its patients.

`model.audit_log.sampling` decides. What an access was is in the log, which shows a unit the rows
about its own patients. An access to the data of a patient who was erased, or who is in another unit
by now, is no part of a sample here.
"""

from collections.abc import Sequence

from model.audit_log.sampling import AuditSample, SampledAccess
from model.calendar import utc
from storage.people.errors import UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection
from storage.rights.audit_samples import put_sampled_rows

# Those of the unit's patients alone: the condition is that of the log's policy, said again.
_OF_UNIT = """
join patient p on p.id = a.patient join care_unit u on u.id = p.care_unit and u.name = %(unit)s"""
_NUMBERS = f"""
select a.id from audit a {_OF_UNIT}
where a.role <> 'patient' and a.at >= %(since)s and a.at <= %(until)s
order by a.id"""  # noqa: S608 - a constant of this module
_PUT = """
insert into audit_sample (drawn_at, drawn_by, since_at, until_at, seed, due_at, care_unit)
select %(drawn)s, %(by)s, %(since)s, %(until)s, %(seed)s, %(due)s, id
from care_unit where name = %(unit)s returning id"""
_SAMPLES = f"""
select s.id as number, s.drawn_at as drawn_ms, s.drawn_by, s.since_at as since_ms,
  s.until_at as until_ms, s.seed, s.due_at as due_ms, count(*)::int as size,
  count(d.verdict)::int as judged
from audit_sample s join audit_sampled d on d.sample = s.id join audit a on a.id = d.audit
{_OF_UNIT} and s.care_unit = u.id
where %(number)s = 0 or s.id = %(number)s
group by s.id order by count(*) = count(d.verdict), s.id desc"""  # noqa: S608 - same
_SAMPLED = f"""
select d.audit as row, d.verdict, d.reason, d.reviewer, d.reviewed_at as reviewed_ms
from audit_sampled d join audit_sample s on s.id = d.sample join audit a on a.id = d.audit
{_OF_UNIT} and s.care_unit = u.id
where d.sample = %(number)s order by d.verdict is not null, d.audit"""  # noqa: S608 - same


async def unit_access_numbers(
    conn: Connection, unit: str, since_ms: int, until_ms: int
) -> list[int]:
    """Return the numbers of the accesses to the data of a unit's patients, but by themselves."""
    wanted = {"unit": unit, "since": utc(since_ms), "until": utc(until_ms)}
    return [int(number) for number in await rows.fetch_column(conn, _NUMBERS, wanted)]


async def put_unit_sample(
    conn: Connection, unit: str, drawn: Sequence[int], sample: AuditSample
) -> int:
    """Store a unit's sample with its rows, and return its number; that of `sample` is not used."""
    values = {
        "unit": unit,
        "drawn": utc(sample.drawn_ms),
        "by": sample.drawn_by,
        "since": utc(sample.since_ms),
        "until": utc(sample.until_ms),
        "seed": sample.seed,
        "due": utc(sample.due_ms),
    }
    [number] = await rows.fetch_column(conn, _PUT, values)
    await put_sampled_rows(conn, int(number), drawn)
    return int(number)


async def unit_samples(conn: Connection, unit: str) -> list[AuditSample]:
    """Return a unit's samples: those that are open first, then the newest."""
    return await rows.fetch_as(conn, _SAMPLES, {"unit": unit, "number": 0}, AuditSample)


async def unit_sample(
    conn: Connection, unit: str, number: int
) -> tuple[AuditSample, list[SampledAccess]]:
    """Return a sample of the unit with its accesses, those that are open first.

    Raises `UnknownNameError` where the unit has none of this number.
    """
    wanted = {"unit": unit, "number": number}
    # no sample has the number 0, which stands for all of them
    kept = await rows.fetch_as(conn, _SAMPLES, wanted, AuditSample) if number else []
    if not kept:
        raise UnknownNameError("there is no such sample")
    return kept[0], await rows.fetch_as(conn, _SAMPLED, wanted, SampledAccess)
