"""Hour and day bands of every metric: a pure function of the samples that speak (`series`), kept up behind them.

A row is what one source says in the minutes in which it is the one that speaks, so rows of all sources add up.

The writer only marks hours as dirty, in its own transaction; `refresh` recomputes them later, a patient at a time,
and takes the marks away in the transaction of the new rows. Whoever reads bands asks the samples where a mark lies
(`timeline` does): so what is read is exact at every moment. Marking and refreshing both hold the patient's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model.calendar import DAY_MS, HOUR_MS, epoch_ms, utc
from model.facts import Source
from model.spans import Span, merge, outer
from storage.derived.series import read
from storage.facts.ids import read_source
from storage.pg import binary_columns
from storage.pg.pool import Connection
from stream.compute.series.rollups import Cells, cells, wider

SETTLE_MS = 30_000  # what is still being written to is left alone so long: a live hour is not computed at each batch
EVER = (0, 1 << 62)
PIECE_MS = 7 * DAY_MS  # of one patient in one transaction

_MARK = """
insert into band_dirty (patient, from_at, to_at, marked_at)
select *, clock_timestamp() from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[]) order by 1, 2
on conflict (patient, from_at) do update set to_at = excluded.to_at where excluded.to_at > band_dirty.to_at"""
_PICK = """
select p.id from band_dirty d join patient p on p.id = d.patient
where d.marked_at <= clock_timestamp() - %s * interval '1 ms'
order by d.marked_at limit 1 for no key update of p skip locked"""
_TAKE = "delete from band_dirty where patient = %s returning from_at, to_at, marked_at"
_POSTPONE = f"""
with picked as ({_PICK})
update band_dirty set marked_at = clock_timestamp() + interval '1 hour' from picked where patient = picked.id"""  # noqa: S608 - a constant of this module
_KEEP = """
insert into band_dirty (patient, from_at, to_at, marked_at)
select %s, *, %s from unnest(%s::timestamptz[], %s::timestamptz[])"""
_DIRTY = "select from_at, to_at from band_dirty where patient = %s and from_at < %s and to_at > %s"
_DROP = {
    "band_hour": "delete from band_hour where patient = %s and hour >= %s and hour < %s",
    "band_day": "delete from band_day where patient = %s and day >= %s and day < %s",
}
_PUT = {
    "band_hour": """
insert into band_hour (patient, metric, hour, source, n, low, high, total)
select %s, %s, * from unnest(%s::timestamptz[], %s::int[], %s::int[], %s::float8[], %s::float8[], %s::float8[])""",
    "band_day": """
insert into band_day (patient, metric, day, source, n, low, high, total)
select %s, %s, * from unnest(%s::timestamptz[], %s::int[], %s::int[], %s::float8[], %s::float8[], %s::float8[])""",
}
_ARRAYS = """
array_agg(source::bigint), array_agg(n::bigint), array_agg(low), array_agg(high), array_agg(total)"""
_HOURS = f"""
select array_agg(hour), {_ARRAYS} from band_hour
where patient = %s and metric = %s and hour >= %s and hour < %s"""  # noqa: S608 - a constant of this module
_DAYS = f"""
select array_agg(day), {_ARRAYS} from band_day
where patient = %s and metric = %s and day >= %s and day < %s"""  # noqa: S608 - a constant of this module
_METRICS = "select distinct metric from band_hour where patient = %s and hour >= %s and hour < %s order by 1"
_SOURCES = "select id, vendor, app, device, device_type, method from source where id = any(%s)"


async def mark(conn: Connection, touched: Mapping[int, Iterable[Span]]) -> None:
    """Mark the hours of these spans dirty, by patient (surrogate), in the transaction that changes their samples.

    The caller holds the patients' locks. One statement whatever the batch; an hour marked already costs no new row.
    """
    rows = sorted(
        (patient, utc(span.start_ms), utc(span.end_ms))
        for patient, spans in touched.items()
        for span in merge((outer(item, HOUR_MS) for item in spans), gap_ms=0)
    )
    if rows:
        await conn.execute(_MARK, [list(column) for column in zip(*rows, strict=True)])


async def dirty(conn: Connection, patient: int, span: Span) -> tuple[Span, ...]:
    """Return the whole hours that meet a span and whose bands cannot be relied on, in order."""
    matches = await conn.execute(_DIRTY, [patient, utc(span.end_ms), utc(span.start_ms)])
    return merge((_span(low, high) for low, high in await matches.fetchall()), gap_ms=0)


async def refresh(conn: Connection, settle_ms: int = SETTLE_MS) -> bool:
    """Recompute up to `PIECE_MS` of the patient marked for longest, in the caller's transaction; False when none is.

    A patient that somebody else holds is left for later, and so is what was marked less than `settle_ms` ago.
    """
    picked = await (await conn.execute(_PICK, [settle_ms])).fetchone()
    if picked is None:
        return False
    patient = int(picked[0])
    taken = await (await conn.execute(_TAKE, [patient])).fetchall()
    now, later = _parted(merge((_span(low, high) for low, high, _ in taken), gap_ms=0), PIECE_MS)
    if later:
        starts, ends = [utc(s.start_ms) for s in later], [utc(s.end_ms) for s in later]
        await conn.execute(_KEEP, [patient, min(at for _, _, at in taken), starts, ends])
    await _hours(conn, patient, now)
    await _days(conn, patient, merge((outer(span, DAY_MS) for span in now), gap_ms=0))
    return True


async def postpone(conn: Connection, settle_ms: int = SETTLE_MS) -> bool:
    """Put the patient whose turn it is last, an hour from now; False when it is nobody's."""
    return (await conn.execute(_POSTPONE, [settle_ms])).rowcount > 0


async def drain(conn: Connection) -> None:
    """Refresh until no mark is left that nobody else holds; for tests and for comparing two databases."""
    refreshing = True
    while refreshing:
        async with conn.transaction():
            refreshing = await refresh(conn, settle_ms=0)


async def hours(conn: Connection, patient: int, metric: int, span: Span) -> Cells:
    """Return the hour bands that begin in a span; a cell's `source` is the surrogate. Dirty ones may be wrong."""
    return await _read(conn, _HOURS, patient, metric, span)


async def days(conn: Connection, patient: int, metric: int, span: Span) -> Cells:
    """Return the day bands that begin in a span, as `hours`."""
    return await _read(conn, _DAYS, patient, metric, span)


async def sources_of(conn: Connection, numbers: Iterable[int]) -> dict[int, Source]:
    """Return the sources of these surrogates."""
    rows = await (await conn.execute(_SOURCES, [sorted(set(numbers))])).fetchall()
    return {number: read_source(result) for number, *result in rows}


async def _hours(conn: Connection, patient: int, spans: Sequence[Span]) -> None:
    result = await read(conn, patient, spans)
    await _drop(conn, "band_hour", patient, spans)
    for metric, resolved in result.resolved.items():
        await _put(conn, "band_hour", patient, metric, cells(resolved, result.numbers, EVER))


async def _days(conn: Connection, patient: int, spans: Sequence[Span]) -> None:
    """Add up the days from their hours, of which some may still be dirty: then the day is, too."""
    await _drop(conn, "band_day", patient, spans)
    for span in spans:
        bounds = [utc(span.start_ms), utc(span.end_ms)]
        for (metric,) in await (await conn.execute(_METRICS, [patient, *bounds])).fetchall():
            matches = await hours(conn, patient, metric, span)
            await _put(conn, "band_day", patient, metric, wider(matches, DAY_MS))


async def _read(conn: Connection, query: str, patient: int, metric: int, span: Span) -> Cells:
    async with conn.cursor(binary=True) as cursor:
        binary_columns.arrays_as_bytes(cursor)
        await cursor.execute(
            query.encode(), [patient, metric, utc(span.start_ms), utc(span.end_ms)]
        )
        at, source, n, *bounds = await cursor.fetchone() or [None] * 6
    low, high, total = map(binary_columns.values, bounds)
    source_, n_ = binary_columns.integers(source), binary_columns.integers(n)
    return Cells(
        at=binary_columns.instants(at), source=source_, n=n_, low=low, high=high, total=total
    )


async def _put(conn: Connection, table: str, patient: int, metric: int, value: Cells) -> None:
    if not len(value.at):
        return
    rows: list[list[Any]] = [[utc(ms) for ms in value.at.tolist()]]
    rows += [getattr(value, name).tolist() for name in ("source", "n", "low", "high", "total")]
    await conn.execute(_PUT[table].encode(), [patient, metric, *rows])


async def _drop(conn: Connection, table: str, patient: int, spans: Iterable[Span]) -> None:
    for span in spans:
        await conn.execute(_DROP[table].encode(), [patient, utc(span.start_ms), utc(span.end_ms)])


def _parted(spans: Sequence[Span], room_ms: int) -> tuple[list[Span], list[Span]]:
    """Return what of the spans comes first, `room_ms` of it at most, and the rest."""
    now: list[Span] = []
    for n, span in enumerate(spans):
        end = min(span.end_ms, span.start_ms + room_ms)
        now.append(Span(start_ms=span.start_ms, end_ms=end))
        room_ms -= end - span.start_ms
        if room_ms <= 0:
            rest = [Span(start_ms=end, end_ms=span.end_ms)] if end < span.end_ms else []
            return now, [*rest, *spans[n + 1 :]]
    return now, []


def _span(low: Any, high: Any) -> Span:  # noqa: ANN401 - datetimes of a row
    return Span(start_ms=epoch_ms(low), end_ms=epoch_ms(high))
