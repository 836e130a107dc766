"""Finds the time in which a device was worn, from its heart rate alone.

Clinical definition section 3.3. Step counts say nothing about wear, because they read 0 also when
the device lies on a table. Each date is judged by its own samples, so that it can be derived by
itself.
"""

from collections.abc import Iterable

import numpy as np

from model.calendar import MINUTE_MS
from model.facts import UNWORN_METHODS, UNWORN_TYPES, Instants, Source
from stream.compute.pieces import Pieces, pieces_ms, union_of_spans
from stream.compute.series.reported_columns import ReportedSeries

# A common watch reads the heart every five to ten minutes at rest, our default.
WEAR_GAP_MS = 10 * MINUTE_MS


def is_worn(source: Source) -> bool:
    """Return whether a source is carried or worn, so that a lack of its data means something.

    A person, a scale or a form without data means nothing.
    """
    return source.device_type not in UNWORN_TYPES and source.method not in UNWORN_METHODS


def worn_minutes(hearts: Iterable[ReportedSeries], start_ms: int, end_ms: int) -> int:
    """Return how many minutes of [start_ms, end_ms) a device was worn, each counted once."""
    return pieces_ms(worn_spans(hearts, start_ms, end_ms)) // MINUTE_MS


def worn_spans(hearts: Iterable[ReportedSeries], start_ms: int, end_ms: int) -> Pieces:
    """Return when a device was worn in [start_ms, end_ms), as pieces of full minutes.

    A minute was worn when it lies between two accepted samples of one worn source at most ten
    minutes apart. The minutes of both samples belong to it; a sample without such a neighbour shows
    no wear. `hearts` holds heart rate as reported, with a series for each source.
    """
    spans: list[tuple[int, int]] = []
    for heart in hearts:
        if is_worn(heart.source):
            spans += _spans(heart.within(start_ms, end_ms).accepted().t)
    return union_of_spans(spans)


def _spans(t: Instants) -> Iterable[tuple[int, int]]:
    """Return the full minutes of each run of near samples, runs of a single sample left out."""
    if not len(t):
        return ()
    ends_run = np.append(t[1:] - t[:-1] > WEAR_GAP_MS, True)
    last = np.flatnonzero(ends_run)
    first = np.append(0, last[:-1] + 1)
    several = last > first
    begins = t[first[several]] // MINUTE_MS * MINUTE_MS
    ends = (t[last[several]] // MINUTE_MS + 1) * MINUTE_MS
    return zip(begins.tolist(), ends.tolist(), strict=True)
