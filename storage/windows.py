"""Reads what deriving needs: the facts around some local dates of one patient, as they stand now. It never writes.

What a source has taken back is left out here, and only here: a deletion is a fact like any other, so facts that
come after it, or before it, end in the same window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg.sql import SQL, Composable

from ..model.calendar import DAY_MS, MINUTE_MS, day_bounds, epoch_ms, utc
from ..model.facts import Instants, OffsetOrigin, Source, Told, Values
from ..model.metrics import METRIC
from ..stream.compute.derive import Column, Window, dates_touched
from . import columns, factrows
from .pool import Connection
from .prescriptions import prescriptions_of
from .profiles import profiles
from .spans import Span, merge
from .surrogates import lock_patient, read_source

LONGEST_SESSION_MS = 31 * DAY_MS
AROUND_MS = 6 * 60 * MINUTE_MS + 2 * MINUTE_MS  # an answer comes up to six hours later, twins start within two minutes
HEART = METRIC["heart_rate"].id

_FACTS = SQL("""
select p.pseudonym, f.connector, f.received_at, f.body, f.kind, f.payload, r.record, r.revision, f.start_at, f.end_at,
       f.offset_min, f.offset_origin, s.vendor, s.app, s.device, s.device_type, s.method
from fact f join patient p on p.id = f.patient join record r on r.id = f.record join source s on s.id = f.source
where f.patient = %(patient)s and f.kind = any(%(kinds)s) and {}
order by f.start_at, r.record, f.record""")
# the outer bounds are for the index; the spans within them may lie far apart
_NEAR = SQL("""
f.start_at >= %(first)s and f.start_at < %(last)s
and exists (select from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as k (low, high)
        where f.start_at >= k.low - %(longest)s * interval '1 ms' and f.start_at < k.high and f.end_at >= k.low)""")
_SINCE = SQL("f.start_at >= %(since)s")
_NAMING = SQL("f.payload ->> 'session' = any(%(records)s)")
_NAMED = SQL("r.record = any(%(records)s)")
_HEARTS = """
select s.vendor, s.app, s.device, s.device_type, s.method, coalesce(r.record, ''), coalesce(r.revision, 0),
       x.time, x.value, x.revision
from (select source, record, array_agg(time) as time, array_agg(value) as value,
             array_agg(revision) filter (where %s) as revision
      from sample where patient = %s and metric = %s and time >= %s and time < %s group by source, record) x
join source s on s.id = x.source left join record r on r.id = x.record"""
_DELETIONS = """
select s.vendor, r.revision, f.start_at, f.end_at, f.payload
from fact f join record r on r.id = f.record join source s on s.id = f.source
where f.patient = %s and f.kind = 'deletion'"""
_STARTS = """
select f.start_at, f.end_at from fact f
where f.patient = %(patient)s and f.kind in ('workout', 'report') and f.end_at > f.start_at
and f.start_at >= %(first)s and f.start_at <= %(last)s
and exists (select from unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) as k (low, high)
            where f.start_at >= k.low - %(longest)s * interval '1 ms' and f.start_at <= k.high and f.end_at >= k.low)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """What sources took back: the greatest revision of a deletion for each (vendor, record), and intervals."""

    records: Mapping[tuple[str, str], int]
    intervals: tuple[tuple[str, int, Span], ...] = ()  # vendor, revision, where

    def hides(self, source: Source, record: str, revision: int) -> bool:
        """Tell whether a record of this revision was taken back."""
        return self.records.get((source.vendor, record), -1) >= revision


async def load_window(conn: Connection, patient: str, spans: Iterable[Span]) -> Window:
    """Return everything that the sessions and days touched by these spans are derived from.

    Locks the patient until the transaction ends; raises `KeyError` when there is none. Dates are in the patient's
    zone. The spans need not touch each other: what lies between two far-off ones is not read.
    """
    row = await lock_patient(conn, patient)
    dates = dates_touched([(s.start_ms, s.end_ms) for s in await _widened(conn, row.id, spans)], row.zone)
    around = _around(dates, row.zone)
    workouts, reports = await _claims(conn, row.id, around)
    masks = await _masks(conn, row.id)
    whole = [Span(start_ms=t.fact.head.start_ms, end_ms=t.fact.head.end_ms) for t in workouts]
    reach = merge([*around, *(s for s in whole if any(_meet(s, a) for a in around))], gap_ms=0)
    if reach != around:  # sessions of several days: what they meet far from the dates counts too
        workouts, reports = await _claims(conn, row.id, tuple(_wider(s) for s in reach))
    return Window(
        patient=patient,
        zone=row.zone,
        profiles=await profiles(conn, patient),
        dates=dates,
        workouts=_kept(workouts, masks),
        columns=await _hearts(conn, row.id, reach, masks),
        reports=_kept(reports, masks),
        prescriptions=(await prescriptions_of(conn, [patient])).get(patient, ()),
    )


async def extent(conn: Connection, patient: str) -> Span | None:
    """Return from when to when a patient has facts, to derive everything again; None when there are none."""
    found = await conn.execute(
        "select min(f.start_at), max(f.end_at) from fact f join patient p on p.id = f.patient "
        "where p.pseudonym = %s and f.kind <> 'deletion'",
        [patient],
    )
    row = await found.fetchone()
    return Span(start_ms=epoch_ms(row[0]), end_ms=epoch_ms(row[1])) if row and row[0] else None


async def reports_since(conn: Connection, patient: int, since_ms: int) -> tuple[Told, ...]:
    """Return the reports of a patient (a surrogate) from an instant on that nobody took back, by time."""
    told = await _facts(conn, patient, ["report"], _SINCE, {"since": utc(since_ms)})
    return _kept(told, await _masks(conn, patient))


async def _widened(conn: Connection, patient: int, spans: Iterable[Span]) -> list[Span]:
    """Return the spans, and those of every session that reaches near one of them."""
    touched = list(spans)
    near = [Span(start_ms=s.start_ms - AROUND_MS, end_ms=s.end_ms + AROUND_MS) for s in touched]
    rows = await (await conn.execute(_STARTS, {"patient": patient, **_bounds(near)})).fetchall()
    return [*touched, *(Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end)) for start, end in rows)]


def _around(dates: Sequence[date], zone: str) -> tuple[Span, ...]:
    bounds = [day_bounds(day, zone) for day in dates]
    return merge((Span(start_ms=low - DAY_MS, end_ms=high + DAY_MS) for low, high in bounds), gap_ms=0)


async def _claims(conn: Connection, patient: int, around: Sequence[Span]) -> tuple[list[Told], list[Told]]:
    """Return workouts and reports near the dates, and those elsewhere that name or are named by one of them."""
    workouts = await _facts(conn, patient, ["workout"], _NEAR, _bounds(around))
    reports = await _facts(conn, patient, ["report"], _NEAR, _bounds(around))
    named = sorted({factrows.target_of(t.fact) for t in reports} - {""} - {t.fact.head.record for t in workouts})
    workouts += await _facts(conn, patient, ["workout"], _NAMED, {"records": named}) if named else []
    there = {(t.fact.head.source, t.fact.head.record) for t in reports}
    records = {"records": sorted({t.fact.head.record for t in workouts})}
    naming = await _facts(conn, patient, ["report"], _NAMING, records) if workouts else []
    reports += [t for t in naming if (t.fact.head.source, t.fact.head.record) not in there]
    return workouts, reports


async def _facts(
    conn: Connection, patient: int, kinds: Sequence[str], where: Composable, more: Mapping[str, Any]
) -> list[Told]:
    found = await conn.execute(_FACTS.format(where), {"patient": patient, "kinds": kinds, **more})
    return [_told(row) for row in await found.fetchall()]


def _told(row: tuple[Any, ...]) -> Told:
    pseudonym, connector, received, body, kind, payload, record, revision, start, end, offset, origin, *source = row
    head = {
        "source": dict(zip(("vendor", "app", "device", "device_type", "method"), source, strict=True)),
        "record": record,
        "revision": revision,
        "start_ms": epoch_ms(start),
        "end_ms": epoch_ms(end),
        "offset_min": offset,
        "offset_origin": OffsetOrigin(origin),
    }
    return Told(
        patient=pseudonym,
        connector=connector,
        received_ms=epoch_ms(received),
        body=body.hex(),
        fact=factrows.read(kind, head, payload),
    )


async def _masks(conn: Connection, patient: int) -> Masks:
    rows = await (await conn.execute(_DELETIONS, [patient])).fetchall()
    records: dict[tuple[str, str], int] = {}
    intervals: list[tuple[str, int, Span]] = []
    for vendor, revision, start, end, said in rows:
        if said["target"]:
            key = vendor, said["target"]
            records[key] = max(records.get(key, revision), revision)
        if said["metric"] == METRIC["heart_rate"].name:
            intervals.append((vendor, revision, Span(start_ms=epoch_ms(start), end_ms=epoch_ms(end))))
    return Masks(records=records, intervals=tuple(intervals))


def _kept(told: Iterable[Told], masks: Masks) -> tuple[Told, ...]:
    heads = ((one, one.fact.head) for one in told)
    return tuple(one for one, head in heads if not masks.hides(head.source, head.record, head.revision))


async def _hearts(conn: Connection, patient: int, spans: Iterable[Span], masks: Masks) -> tuple[Column, ...]:
    found: list[Column] = []
    async with conn.cursor(binary=True) as cursor:
        columns.arrays_as_bytes(cursor)
        for span in spans:
            where = [patient, HEART, utc(span.start_ms), utc(span.end_ms)]
            await cursor.execute(_HEARTS, [bool(masks.intervals), *where])
            found += [column for row in await cursor.fetchall() if (column := _column(row, masks)) is not None]
    return tuple(found)


def _column(row: tuple[Any, ...], masks: Masks) -> Column | None:
    *names, record, revision, time, value, revisions = row
    source = read_source(names)
    if record and masks.hides(source, record, revision):
        return None
    t, v = columns.instants(time), columns.values(value)
    t, v = _unmasked(source, t, v, columns.integers(revisions), masks)
    return Column(metric="heart_rate", source=source, record=record, t=t, v=v)


def _unmasked(source: Source, t: Instants, v: Values, revision: Instants, masks: Masks) -> tuple[Instants, Values]:
    for vendor, deleted, span in masks.intervals:
        if vendor == source.vendor:
            kept = ~((t >= span.start_ms) & (t < span.end_ms) & (revision <= deleted))
            t, v, revision = t[kept], v[kept], revision[kept]
    return t, v


def _bounds(spans: Iterable[Span]) -> dict[str, Any]:
    """Return spans as the arguments of a query; a session that began up to 31 days before may reach into one."""
    ordered = sorted(spans)
    starts = [max(span.start_ms, -LONGEST_SESSION_MS) for span in ordered]
    ends = [span.end_ms for span in ordered]
    return {
        "first": utc(min(starts, default=0) - LONGEST_SESSION_MS),
        "last": utc(max(ends, default=0)),
        "starts": [utc(ms) for ms in starts],
        "ends": [utc(ms) for ms in ends],
        "longest": LONGEST_SESSION_MS,
    }


def _wider(span: Span) -> Span:
    return Span(start_ms=span.start_ms - DAY_MS, end_ms=span.end_ms + DAY_MS)


def _meet(one: Span, other: Span) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms
