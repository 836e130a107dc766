"""Brings hour and day rollups up to date after new samples, one patient in each transaction.

The writer marks hours as stale. This computes their rollups from the samples and replaces the rows.
"""

from collections.abc import Iterable, Mapping, Sequence

from model.calendar import DAY_MS
from model.columns.rollups import Cells
from model.facts import Source
from model.spans import Span, merge, outer
from runtime.log_lines import describe
from storage.derived import rollups
from storage.facts import current_samples, stale_hours
from storage.pg.pool import Connection
from stream.collaborators import Collaborators
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.rollups import cells, concatenated, resolved_by_metric, wider
from stream.dead.isolate import blames_message
from stream.faults import report_fault

TURN = 20  # patients
# A mark must be this old: an hour that still gets samples is not computed again at each batch.
SETTLE_MS = 30_000
REFRESH_PIECE_MS = 7 * DAY_MS  # of one patient in one transaction


async def refresh_rollups(parts: Collaborators) -> int:
    """Refresh up to `TURN` patients, those with the oldest marks first; return how many."""
    for done in range(TURN):
        if not await _refresh(parts):
            return done
    return TURN


async def refresh_patient(conn: Connection, settle_ms: int = SETTLE_MS) -> bool:
    """Refresh up to `REFRESH_PIECE_MS` of the patient with the oldest mark; False if there is none.

    It works in the caller's transaction. Patients who are locked by another transaction and marks
    younger than `settle_ms` are left for later.
    """
    taken = await stale_hours.take_stale(conn, settle_ms)
    if taken is None:
        return False
    now, later = _split(taken.spans, REFRESH_PIECE_MS)
    await stale_hours.put_back(conn, taken, later)
    await _refresh_hours(conn, taken.patient, now)
    await _refresh_days(conn, taken.patient, merge((outer(s, DAY_MS) for s in now), gap_ms=0))
    return True


async def refresh_all(conn: Connection) -> None:
    """Refresh all marks that are not locked; for tests and for comparing databases."""
    refreshing = True
    while refreshing:
        async with conn.transaction():
            refreshing = await refresh_patient(conn, settle_ms=0)


async def _refresh(parts: Collaborators) -> bool:
    """Refresh one patient; after an error that is no outage, postpone that patient."""
    try:
        async with parts.pool.connection() as conn:
            return await refresh_patient(conn)
    except Exception as error:
        if not blames_message(error):
            raise
        report_fault(parts.metrics, "refresh a patient's rollups", describe(error))
    async with parts.pool.connection() as conn:
        return await stale_hours.postpone(conn, SETTLE_MS)


async def _refresh_hours(conn: Connection, patient: int, spans: Sequence[Span]) -> None:
    columns = await current_samples.read_hours(conn, patient, spans)
    source_ids = {item.column.source: item.source_id for item in columns}
    await rollups.drop_rollups(conn, rollups.HOUR_ROLLUPS, patient, spans)
    resolved = resolved_by_metric(item.column for item in columns)
    hours = {metric: _hours(series, source_ids, spans) for metric, series in resolved.items()}
    await rollups.put_rollups(conn, rollups.HOUR_ROLLUPS, patient, hours)


def _hours(
    resolved: ResolvedMetric, source_ids: Mapping[Source, int], spans: Iterable[Span]
) -> Cells:
    return concatenated(cells(resolved, source_ids, (span.start_ms, span.end_ms)) for span in spans)


async def _refresh_days(conn: Connection, patient: int, spans: Sequence[Span]) -> None:
    """Compute the days' rollups from those of their hours.

    Hours that are still marked may be old here. Their day is then computed again after them.
    """
    await rollups.drop_rollups(conn, rollups.DAY_ROLLUPS, patient, spans)
    for span in spans:
        hours = await rollups.rollups_by_metric(conn, rollups.HOUR_ROLLUPS, patient, span)
        days = {metric: wider(value, DAY_MS) for metric, value in hours.items()}
        await rollups.put_rollups(conn, rollups.DAY_ROLLUPS, patient, days)


def _split(spans: Sequence[Span], room_ms: int) -> tuple[list[Span], list[Span]]:
    """Return the first `room_ms` of the spans at most, and the rest."""
    now: list[Span] = []
    for index, span in enumerate(spans):
        end = min(span.end_ms, span.start_ms + room_ms)
        now.append(Span(start_ms=span.start_ms, end_ms=end))
        room_ms -= end - span.start_ms
        if room_ms <= 0:
            rest = [Span(start_ms=end, end_ms=span.end_ms)] if end < span.end_ms else []
            return now, [*rest, *spans[index + 1 :]]
    return now, []
