"""Reads reported facts of many patients in one query, corrected where they were. It never writes.

The argument of every query is a list of rows, each with a span, a date or a name. The lateral
sub-query makes the planner look up each row in an index, whatever it estimates about their number.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from model.calendar import epoch_ms, utc
from model.facts import AttributedFact, OffsetOrigin
from model.spans import Span
from model.storable import LONGEST_SESSION_MS
from storage.facts import fact_rows, retractions
from storage.facts.ids import SOURCE_COLUMNS
from storage.facts.retractions import PatientId, Retractions
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

ReportedFacts: TypeAlias = dict[PatientId, list[AttributedFact]]

_FACTS = """
select f.patient, p.pseudonym, f.connector, f.received_at, f.body, f.kind,
       case when c.fields is null then f.payload else f.payload || c.fields end as payload,
       r.record, r.revision, r.stated_ms,
       coalesce(c.start_at, f.start_at) as start_at, coalesce(c.end_at, f.end_at) as end_at,
       f.offset_min, f.offset_origin, s.vendor, s.app, s.device, s.device_type, s.method
from (
  select distinct on (f.record, f.kind) f.*
  from unnest(%s::int[], {types}) as k (patient, {names})
  cross join lateral (select fact.* from {where} offset 0) f) f
join patient p on p.id = f.patient
join record r on r.id = f.record
join source s on s.id = f.source
left join correction c on c.patient = f.patient and c.source = f.source and c.record = r.record
  and c.kind = f.kind and c.ended_at is null
where c.is_void is not true
order by coalesce(c.start_at, f.start_at), r.record, f.record"""
# Where a correction has placed a session, its fact may not be.
_PLACED = """
      select o.* from correction n
      join record m on m.patient = n.patient and m.source = n.source and m.record = n.record
      join fact o on o.record = m.id and o.kind = n.kind
      where n.patient = k.patient and n.ended_at is null"""
# No session is longer than 31 days (`LONGEST_SESSION_MS`), so the lower bound of the start loses
# nothing and lets an index on the start serve the query.
_NEAR = _FACTS.format(
    types="%s::timestamptz[], %s::timestamptz[]",
    names="low, high",
    where=f"""(
      select o.* from fact o
      where o.patient = k.patient and o.kind in ('workout', 'report')
        and o.start_at < k.high and o.start_at >= k.low - interval '31 days'
        and o.end_at >= k.low
      union all {_PLACED} and n.start_at < k.high and n.end_at >= k.low
    ) fact""",  # noqa: S608 - a constant of this module
)
# two sub-queries, because an "or" over two tables could use neither of the indexes
_NAMED = _FACTS.format(
    types="%s::text[]",
    names="record",
    where="""(
      select o.* from record
      join fact o on o.record = record.id and o.kind in ('workout', 'report')
      where record.patient = k.patient and record.record = k.record
      union all
      select o.* from fact o
      where o.patient = k.patient and o.kind = 'report' and o.payload ->> 'session' = k.record
    ) fact""",
)
# bounded below only: a report may be dated ahead, and counts as soon as it is there
_SINCE = _FACTS.format(
    types="%s::timestamptz[]",
    names="low",
    where=f"""(
      select o.* from fact o
      where o.patient = k.patient and o.kind = 'report' and o.start_at >= k.low
      union all {_PLACED} and n.kind = 'report' and n.start_at >= k.low
    ) fact""",  # noqa: S608 - a constant of this module
)
# A local date is within two days of its instant in every zone. The bounds on the start let an index
# serve the query.
_OF_DATES = _FACTS.format(
    types="%s::date[]",
    names="day",
    where="""fact
    where fact.patient = k.patient and fact.kind = 'day' and fact.local_date = k.day
      and fact.start_at between k.day - interval '2 days' and k.day + interval '2 days'""",
)


async def facts_near(conn: Connection, spans: Mapping[PatientId, Iterable[Span]]) -> ReportedFacts:
    """Return the workouts and reports of each patient that overlap its spans, in order of time."""
    rows: list[tuple[Any, ...]] = []
    for patient, many in spans.items():
        rows += [(patient, *_bounds(span)) for span in sorted(many)]
    return await _fetch(conn, _NEAR, rows)


async def facts_of_dates(
    conn: Connection, dates: Mapping[PatientId, Iterable[date]]
) -> ReportedFacts:
    """Return the day summaries of each patient's local dates."""
    rows: list[tuple[Any, ...]] = []
    for patient, days in dates.items():
        rows += [(patient, day) for day in days]
    return await _fetch(conn, _OF_DATES, rows)


async def facts_named(conn: Connection, names: Iterable[tuple[PatientId, str]]) -> ReportedFacts:
    """Return the workouts and reports of these records, and the reports about them.

    `names` are (patient id, record).
    """
    return await _fetch(conn, _NAMED, sorted(names))


async def current_reports(
    conn: Connection, patients: Sequence[PatientId], since_ms: int
) -> dict[PatientId, tuple[AttributedFact, ...]]:
    """Return each patient's reports since an instant, without what is not to be used, in order."""
    reports = await _fetch(conn, _SINCE, [(patient, utc(since_ms)) for patient in patients])
    retracted = {patient: Retractions() for patient in patients}
    await retractions.add_restrictions(conn, retracted)
    names: list[tuple[PatientId, str]] = []
    for patient, facts in reports.items():
        names += [(patient, item.fact.head.record) for item in facts]
    await retractions.add_records(conn, retracted, names)
    current: dict[PatientId, tuple[AttributedFact, ...]] = {}
    for patient, mask in retracted.items():
        # a correction may have placed a session before the instant
        since = (item for item in reports.get(patient, ()) if item.fact.head.start_ms >= since_ms)
        current[patient] = mask.current(since)
    return current


async def _fetch(conn: Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> ReportedFacts:
    facts: ReportedFacts = {}
    if not rows:
        return facts
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), as_arrays(rows, len(rows[0])))
        for row in await cursor.fetchall():
            facts.setdefault(row["patient"], []).append(read_reported(row))
    return facts


def _bounds(span: Span) -> tuple[Any, Any]:
    """Return a span as instants, from which the query can subtract 31 days without an error."""
    return utc(max(span.start_ms, -LONGEST_SESSION_MS)), utc(span.end_ms)


def read_reported(row: Mapping[str, Any]) -> AttributedFact:
    """Return the fact of a row of the queries here: its columns, its record and its source."""
    # plain values, as in a fact's JSON, because the codec makes the types of both
    source = {name: row[name] for name in SOURCE_COLUMNS}
    head = {
        "source": source,
        "record": row["record"],
        "revision": row["revision"],
        "start_ms": epoch_ms(row["start_at"]),
        "end_ms": epoch_ms(row["end_at"]),
        "offset_min": row["offset_min"],
        "offset_origin": OffsetOrigin(row["offset_origin"]),
    }
    return AttributedFact(
        patient=row["pseudonym"],
        connector=row["connector"],
        received_ms=epoch_ms(row["received_at"]),
        body=row["body"].hex(),
        fact=fact_rows.read_fact(row["kind"], head, row["payload"]),
        stated_ms=row["stated_ms"],
    )
