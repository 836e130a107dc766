"""Where derived rows may have become stale: where facts lie, and what facts say about each other. It never writes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeAlias

from model.calendar import epoch_ms
from model.spans import Span
from storage.facts.fact_rows import Removed
from storage.pg.pool import Connection

AffectedSpans: TypeAlias = dict[int, list[Span]]  # by patient (a surrogate)
Names: TypeAlias = set[tuple[int, str]]  # (patient, record)

_TARGETS = """
select k.patient, min(f.start_at), max(f.end_at)
from unnest(%s::int[], %s::text[]) as k (patient, record)
join record r using (patient, record) join fact f on f.record = r.id
group by k.patient, r.id"""
_SESSIONS = """
with k as (select * from unnest(%s::int[], %s::text[]) as k (patient, record))
select k.patient, f.start_at, f.end_at
from k join record r using (patient, record) join fact f on f.record = r.id and f.kind in ('workout', 'report')
union all
select k.patient, f.start_at, f.end_at
from k join fact f on f.patient = k.patient and f.kind = 'report' and f.payload ->> 'session' = k.record"""


def removed_spans(removed: Iterable[Removed]) -> AffectedSpans:
    """Return where removed facts lay."""
    spans: AffectedSpans = defaultdict(list)
    for item in removed:
        spans[item.patient].append(item.span)
    return spans


async def add_spoken_of(
    conn: Connection, spans: AffectedSpans, *, spoken_of: Names, told_of: Names
) -> None:
    """Touch also what facts say about each other, wherever in time that lies.

    `spoken_of` are the records that deletions delete and reports report on, `told_of` those of workouts, of sessions
    that were reported and of whatever was replaced. What else goes by these names, and the reports that speak of them,
    may now belong elsewhere.
    """
    await _add(conn, spans, _TARGETS, {item for item in spoken_of if item[1]})
    await _add(conn, spans, _SESSIONS, {item for item in spoken_of | told_of if item[1]})


async def _add(conn: Connection, spans: AffectedSpans, query: str, named: Names) -> None:
    if not named:
        return
    patients, records = zip(*sorted(named), strict=True)
    matches = await conn.execute(query.encode(), [list(patients), list(records)])
    for patient, start, end in await matches.fetchall():
        spans[patient].append(Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end)))
