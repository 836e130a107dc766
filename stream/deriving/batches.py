"""Derives anew what a batch of facts, or a change of a patient's settings, has made stale.

Each use case loads windows, derives from them and replaces the rows, in the caller's transaction.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.calendar import DAY_MS
from model.derived import DerivedChange
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
PATIENTS_AT_ONCE = 32  # their samples are in memory: hundreds of thousands for a patient's day


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
    changes = await replace_rows(conn, results) if results else {}
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
    patients = list(affected)
    for start in range(0, len(patients), PATIENTS_AT_ONCE):
        names = patients[start : start + PATIENTS_AT_ONCE]
        some = {name: affected[name] for name in names}
        for window in await load_windows(conn, some, unwritten):
            for column in window.columns:
                read += len(column.t)
            # the samples are dropped here: they would fill the memory until the rows are replaced
            results.append((dataclasses.replace(window, columns=()), derive(window)))
    return results, read
