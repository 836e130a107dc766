"""Derives anew what a batch of facts, or a change of a patient's settings, has made stale.

Each use case loads windows, derives from them and replaces the rows, in the caller's transaction.
However many dates a batch touches, the samples of a few weeks at most are in memory at a time.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.calendar import DAY_MS
from model.derived.changes import DerivedChange
from model.spans import Span, pieces
from storage.derived.derived_tables import extent
from storage.facts import samples
from storage.facts.sample_reads import UnwrittenBlock
from storage.facts.writer import Written
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving.replace import WindowResult, replace_rows, replace_window
from stream.deriving.windows import load_window, load_windows

PIECE_MS = 28 * DAY_MS  # derived at once: years of samples need not fit in memory
# of all patients together: a patient's day may have a hundred thousand samples
DAYS_AT_ONCE = 32
_Rounds = Iterator[dict[str, list[Span]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedBatch:
    """The result of a batch: changes by pseudonym, and how much was written and read for it.

    `offered` counts the sample rows sent to the table, `read` the samples that were derived from,
    and `dates` the local dates that were derived.
    """

    changes: Mapping[str, tuple[DerivedChange, ...]]
    offered: int
    read: int
    dates: int


async def derive_written(conn: Connection, written: Written) -> DerivedBatch:
    """Write the samples that `put_facts` left over, and derive anew all that the batch affects.

    Deriving comes first, from the samples in memory, so that they need not be read back. The result
    is right if all of these samples are new to the table. If some were stored already (a
    redelivery, or another revision of the same stream), the stored samples may be current. Then
    everything is derived once more, from the table.
    """
    results, read = await _derive(conn, written.affected, written.unwritten)
    offered = await samples.write_samples(conn, [block.put for block in written.unwritten])
    # Rows are replaced only at the end, so a first result that is wrong is never published.
    if not offered.all_new:
        results, read = await _derive(conn, written.affected)
    changes: dict[str, tuple[DerivedChange, ...]] = {}
    for layer in _layers(results):
        for patient, more in (await replace_rows(conn, layer)).items():
            changes[patient] = (*changes.get(patient, ()), *more)
    dates = 0
    for window, _ in results:
        dates += len(window.dates)
    return DerivedBatch(changes=changes, offered=offered.rows, read=read, dates=dates)


async def derive_since(
    conn: Connection, patient: str, since_ms: int = 0, margin_ms: int = 0
) -> tuple[DerivedChange, ...]:
    """Derive a patient anew from an instant on, although no fact is new; return what changed.

    This is for a new heart profile, zone, prescription or algorithm. It takes a few weeks at a
    time. `margin_ms` extends the span before the first and after the last fact, to dates that have
    facts only in another time zone.
    """
    total = await extent(conn, patient)
    if total is None or total.end_ms < since_ms:
        return ()
    start_ms, end_ms = max(total.start_ms - margin_ms, since_ms), total.end_ms + margin_ms
    changes: list[DerivedChange] = []
    for piece in pieces([Span(start_ms=start_ms, end_ms=end_ms)], PIECE_MS):
        changes += await derive_span(conn, patient, piece)
    return tuple(changes)


async def derive_span(conn: Connection, patient: str, span: Span) -> tuple[DerivedChange, ...]:
    """Derive anew the dates that a span touches; return what changed."""
    window = await load_window(conn, patient, [span])
    return await replace_window(conn, window, derive(window))


async def _derive(
    conn: Connection,
    affected: Mapping[str, Sequence[Span]],
    unwritten: Sequence[UnwrittenBlock] = (),
) -> tuple[list[WindowResult], int]:
    """Return the windows, without their samples, with their results; and the number of samples."""
    results: list[WindowResult] = []
    read = 0
    for some in rounds(affected):
        for window in await load_windows(conn, some, unwritten):
            for column in window.columns:
                read += len(column.t)
            # the samples are dropped here: they would fill the memory until the rows are replaced
            results.append((dataclasses.replace(window, columns=()), derive(window)))
    return results, read


def rounds(affected: Mapping[str, Sequence[Span]]) -> _Rounds:
    """Yield spans by patient, `DAYS_AT_ONCE` days or fewer at a time, to be derived in turn.

    Dates are derived from facts alone, so it does not matter which of them come together.
    """
    some: dict[str, list[Span]] = {}
    days = 0
    for patient, spans in affected.items():
        for piece in pieces(spans, PIECE_MS):
            days += _days(piece)
            if some and days > DAYS_AT_ONCE:
                yield some
                some, days = {}, _days(piece)
            some.setdefault(patient, []).append(piece)
    if some:
        yield some


def _days(span: Span) -> int:
    return max(-(-(span.end_ms - span.start_ms) // DAY_MS), 1)


def _layers(results: Sequence[WindowResult]) -> Sequence[Sequence[WindowResult]]:
    """Return the results in groups with at most one window of each patient, to be replaced."""
    layers: list[list[WindowResult]] = []
    so_far: Counter[str] = Counter()
    for result in results:
        patient = result[0].patient
        if so_far[patient] == len(layers):
            layers.append([])
        layers[so_far[patient]].append(result)
        so_far[patient] += 1
    return layers
