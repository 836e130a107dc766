"""Finds where derived rows may be stale because facts refer to each other. It never writes.

A deletion names the record that it deletes, and a report names its session. When such a fact
changes, rows derived from the other fact may change too, wherever in time that fact is.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from model.calendar import epoch_ms, utc
from model.fact_properties import BESIDE_MS
from model.metrics import INTERVAL_METRICS
from model.spans import Span
from storage.facts.fact_rows import Removed
from storage.pg import rows
from storage.pg.pool import Connection

AffectedSpans: TypeAlias = dict[int, list[Span]]  # by patient id
RecordNames: TypeAlias = set[tuple[int, str]]  # (patient id, record); "" is no record

# A deleted record may hold counts, which act on those beside them.
_TARGETS = f"""
select k.patient, min(f.start_at - b.beside), max(f.end_at + b.beside)
from unnest(%s::int[], %s::text[]) as k (patient, record)
join record r using (patient, record)
join fact f on f.record = r.id
cross join lateral (
  select case when f.metric in ({", ".join(map(str, INTERVAL_METRICS))})
         then interval '{BESIDE_MS} milliseconds' else interval '0' end as beside) b
group by k.patient, r.id"""  # noqa: S608 - constants of the registry
_SESSIONS = """
with k as (select * from unnest(%s::int[], %s::text[]) as k (patient, record))
select k.patient, f.start_at, f.end_at
from k
join record r using (patient, record)
join fact f on f.record = r.id and f.kind in ('workout', 'report')
union all
select k.patient, f.start_at, f.end_at
from k
join fact f on f.patient = k.patient and f.kind = 'report' and f.payload ->> 'session' = k.record
union all
select k.patient, c.start_at, c.end_at
from k
join correction c using (patient, record) where c.ended_at is null and c.start_at is not null"""

_BEGUN = """
select distinct k.patient, r.record
from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) as k (patient, low, high)
join fact f on f.patient = k.patient and f.kind = 'workout'
  and f.start_at >= k.low and f.start_at < k.high
join record r on r.id = f.record"""
_NAMED_BY = """
select distinct k.patient, f.payload ->> 'session'
from unnest(%s::int[], %s::text[]) as k (patient, record)
join record r using (patient, record)
join fact f on f.record = r.id and f.kind = 'report'"""


def removed_spans(removed: Iterable[Removed]) -> AffectedSpans:
    """Return the spans of removed facts, by patient id."""
    spans: AffectedSpans = defaultdict(list)
    for item in removed:
        spans[item.patient].append(item.span)
    return spans


async def add_named_spans(
    conn: Connection, spans: AffectedSpans, *, targets: RecordNames, sessions: RecordNames
) -> None:
    """Add to `spans` the spans of facts that refer to changed facts, or that these refer to.

    `targets` are the records that changed deletions and reports refer to. `sessions` are the names
    of changed workouts and declared sessions, and of every replaced record.
    """
    await _add(conn, spans, _TARGETS, targets)
    # a report may be about a session that a changed deletion hides or shows, so targets count too,
    # and so do the sessions that a deleted report is about
    await _add(conn, spans, _SESSIONS, targets | sessions | await _named_by(conn, targets))


async def workouts_begun_in(conn: Connection, spans: AffectedSpans) -> RecordNames:
    """Return the workouts that begin in these spans, as (patient id, record).

    A deletion of an interval may hide or show them, and reports elsewhere may be about them.
    """
    wanted: list[tuple[int, object, object]] = []
    for patient, many in spans.items():
        wanted += [(patient, utc(span.start_ms), utc(span.end_ms)) for span in many]
    if not wanted:
        return set()
    return set(await (await conn.execute(_BEGUN, rows.as_arrays(wanted, 3))).fetchall())


async def _named_by(conn: Connection, records: RecordNames) -> RecordNames:
    """Return the sessions that the reports of these records are about."""
    named = sorted(name for name in records if name[1])
    if not named:
        return set()
    return set(await (await conn.execute(_NAMED_BY, rows.as_arrays(named, 2))).fetchall())


async def _add(conn: Connection, spans: AffectedSpans, query: str, names: RecordNames) -> None:
    named = sorted(name for name in names if name[1])
    if not named:
        return
    cursor = await conn.execute(query.encode(), rows.as_arrays(named, 2))
    for patient, start, end in await cursor.fetchall():
        spans[patient].append(Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end)))
