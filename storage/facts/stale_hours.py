"""Marks hours whose rollups no longer match their samples, until they are refreshed.

A mark is written in the transaction that changes the samples. It is removed in the transaction that
writes the new rollups. A reader of rollups reads the samples instead where an hour is marked, so an
answer is always exact. Both transactions hold the patient's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from model.calendar import HOUR_MS, epoch_ms, utc
from model.spans import Span, merge, outer
from storage.pg.pool import Connection
from storage.pg.rows import as_arrays

# By the clock and not by the transaction: a long transaction must not look like an old mark.
_MARK = """
insert into rollup_stale (patient, from_at, to_at, marked_at)
select *, clock_timestamp()
from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) order by 1, 2
on conflict (patient, from_at) do update set to_at = excluded.to_at
where excluded.to_at > rollup_stale.to_at"""
# The patient is locked before the marks are removed; the writer also marks under this lock.
_PICK = """
select p.id from rollup_stale d join patient p on p.id = d.patient
where d.marked_at <= clock_timestamp() - %s * interval '1 ms'
order by d.marked_at limit 1 for no key update of p skip locked"""
_TAKE = "delete from rollup_stale where patient = %s returning from_at, to_at, marked_at"
# after a failure: the next patients must not wait behind one that always fails
_POSTPONE = f"""
with picked as ({_PICK})
update rollup_stale set marked_at = clock_timestamp() + interval '1 hour'
from picked where patient = picked.id"""  # noqa: S608 - a constant of this module
_PUT_BACK = """
insert into rollup_stale (patient, from_at, to_at, marked_at)
select %s, *, %s from unnest(%s::timestamptz[], %s::timestamptz[])"""
_MARKED = """
select from_at, to_at from rollup_stale where patient = %s and from_at < %s and to_at > %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHours:
    """Marks taken from a patient (by id): the merged hours, and the time of the oldest mark."""

    patient: int
    spans: tuple[Span, ...]
    marked_at: datetime


async def mark_stale(conn: Connection, changed: Mapping[int, Iterable[Span]]) -> None:
    """Mark the hours that these spans (by patient id) touch.

    Call it in the transaction that changes the samples, with the patients' locks. It is one
    statement for any batch. Marking an hour again adds no row.
    """
    rows: list[tuple[int, datetime, datetime]] = []
    for patient, spans in changed.items():
        hours = merge((outer(span, HOUR_MS) for span in spans), gap_ms=0)
        rows += [(patient, utc(hour.start_ms), utc(hour.end_ms)) for hour in hours]
    if rows:
        # in order of patient and hour, the order in which every transaction locks these rows
        await conn.execute(_MARK, as_arrays(sorted(rows), 3))


async def marked(conn: Connection, patient: int, span: Span) -> tuple[Span, ...]:
    """Return the marked hours of a patient (by id) that overlap a span, in order."""
    cursor = await conn.execute(_MARKED, [patient, utc(span.end_ms), utc(span.start_ms)])
    return merge(starmap(_span, await cursor.fetchall()), gap_ms=0)


async def take_stale(conn: Connection, settle_ms: int) -> TakenHours | None:
    """Lock the patient with the oldest mark, and remove and return its marks; None without any.

    Marks younger than `settle_ms` and patients that another transaction has locked are skipped.
    """
    picked = await (await conn.execute(_PICK, [settle_ms])).fetchone()
    if picked is None:
        return None
    patient = int(picked[0])
    rows = await (await conn.execute(_TAKE, [patient])).fetchall()
    starts, ends, marks = as_arrays(rows, 3)
    # the time of the oldest mark is kept: if all of it is put back, its delay can still be measured
    return TakenHours(
        patient=patient, spans=merge(map(_span, starts, ends), gap_ms=0), marked_at=min(marks)
    )


async def put_back(conn: Connection, taken: TakenHours, spans: Sequence[Span]) -> None:
    """Mark these spans of what was taken again, with the time of the oldest mark."""
    if spans:
        rows = [(utc(span.start_ms), utc(span.end_ms)) for span in spans]
        starts, ends = as_arrays(rows, 2)
        await conn.execute(_PUT_BACK, [taken.patient, taken.marked_at, starts, ends])


async def postpone(conn: Connection, settle_ms: int) -> bool:
    """Let the next patient of `take_stale` wait for an hour; return False if there is none."""
    return (await conn.execute(_POSTPONE, [settle_ms])).rowcount > 0


def _span(low: datetime, high: datetime) -> Span:
    return Span(start_ms=epoch_ms(low), end_ms=epoch_ms(high))
