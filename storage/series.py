"""Reads the samples that speak: records superseded, deletions masked, values accepted, one source a minute.

This is what bands are made of, and what answers where bands cannot. It never writes and takes no lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..model.facts import Source
from ..model.metrics import METRIC, METRIC_BY_ID, METRICS
from ..stream.compute.columns import merged
from ..stream.compute.quality import HOUR_MS
from ..stream.compute.resolve import Resolved, resolve
from . import masks, window_samples
from .pool import Connection
from .spans import Span, merge, outer

EVERY = tuple(row.id for row in METRICS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Read:
    """What speaks, by the id of its metric, and the surrogate of every source that was heard."""

    numbers: dict[Source, int]
    resolved: dict[int, Resolved]


async def read(conn: Connection, patient: int, spans: Iterable[Span], metrics: Sequence[int] = EVERY) -> Read:
    """Return the samples of some metrics of a patient (a surrogate) in the whole UTC hours that the spans touch.

    Whole hours, because which samples count is decided within them: the caller cuts.
    """
    whole = merge((outer(one, HOUR_MS) for one in spans), gap_ms=0)
    mask = (await masks.intervals(conn, {patient: whole}))[patient]
    asked = [
        window_samples.Asked(span=span, patient=patient, metric=one, revisions=mask.touches(METRIC_BY_ID[one].name))
        for one in metrics
        for span in whole
    ]
    found = await window_samples.read(conn, asked)
    await masks.add_records(conn, {patient: mask}, ((patient, one.record) for one in found))
    heard = [(one.number, stands) for one in found if (stands := window_samples.column(one, mask)) is not None]
    resolved = {METRIC[name].id: resolve(name, said) for name, said in merged(column for _, column in heard).items()}
    numbers = {column.source: number for number, column in heard}
    return Read(numbers=numbers, resolved=dict(sorted(resolved.items())))
