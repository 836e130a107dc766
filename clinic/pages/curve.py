"""The heart-rate curve of a session, thinned for a screen. Pure.

Thinning keeps extremes and gaps, and pauses are left out. Zones are never computed from a thinned
curve.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil

from stream.compute.pieces import Pieces, cut_out

Sample = tuple[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve in columns; times are in ms since the start of the session.

    `v` is in beats a minute, and None where the line breaks (a gap above `max_gap_ms`, or a pause).
    `gaps` are [from, to) in which nothing is known, `pauses` those in which the timer stood still.
    `samples` is the number of samples measured outside of pauses; `thinned` when the curve has
    fewer points.
    """

    t_ms: tuple[int, ...]
    v: tuple[float | None, ...]
    gaps: tuple[tuple[int, int], ...]
    pauses: tuple[tuple[int, int], ...]
    max_gap_ms: int
    samples: int
    thinned: bool


def curve(
    samples: Sequence[Sample],
    span: tuple[int, int],
    pauses: Pieces,
    max_gap_ms: int,
    max_points: int = 2_000,
) -> Curve:
    """Return a curve of samples in time order (epoch ms, beats a minute) of a session [start, end).

    What was measured in a pause is left out. Above `max_points` samples only the lowest and the
    highest of each bucket stay, and both ends of every unbroken run.
    """
    start_ms = span[0]
    runs: list[list[Sample]] = []
    gaps: list[tuple[int, int]] = []
    for start, end in cut_out(*span, pauses):
        own = samples[bisect_left(samples, (start,)) : bisect_left(samples, (end,))]
        runs += unbroken(own, max_gap_ms)
        gaps += _gaps(own, start, end, max_gap_ms)
    count = sum(map(len, runs))
    # A bucket keeps two samples, so half as many buckets as points fit.
    room = max(max_points // 2, 1)
    per_bucket = max(ceil(count / room), 1) if count > max_points else 1
    points = list(_points(runs, per_bucket))
    return Curve(
        t_ms=tuple(t - start_ms for t, _ in points),
        v=tuple(value for _, value in points),
        gaps=tuple((start - start_ms, end - start_ms) for start, end in gaps),
        pauses=tuple((start - start_ms, end - start_ms) for start, end in pauses),
        max_gap_ms=max_gap_ms,
        samples=count,
        thinned=per_bucket > 1,
    )


def _points(
    runs: Iterable[Sequence[Sample]], per_bucket: int
) -> Iterator[tuple[int, float | None]]:
    """Yield the points of a drawn line; one without a value breaks it between two runs."""
    last_ms: int | None = None
    for run in runs:
        if last_ms is not None:
            yield last_ms, None
        for t, value in _thin(run, per_bucket):
            yield t, value
            last_ms = t


def unbroken(samples: Sequence[Sample], max_gap_ms: int) -> list[list[Sample]]:
    """Return the runs of samples that follow each other within `max_gap_ms`."""
    runs: list[list[Sample]] = [[samples[0]]] if samples else []
    for before, after in pairwise(samples):
        if after[0] - before[0] > max_gap_ms:
            runs.append([])
        runs[-1].append(after)
    return runs


def _thin(run: Sequence[Sample], per_bucket: int) -> list[Sample]:
    """Return the lowest and the highest of each bucket and both ends of the run, in time order."""
    if per_bucket == 1:
        return list(run)
    # A set: the lowest sample of a bucket may be its highest, or an end of the run.
    kept: set[Sample] = {run[0], run[-1]}
    for _, bucket in groupby(enumerate(run), key=lambda pair: pair[0] // per_bucket):
        held = [sample for _, sample in bucket]
        kept |= {min(held, key=lambda s: s[1]), max(held, key=lambda s: s[1])}
    return sorted(kept)


def _gaps(
    samples: Sequence[Sample], start_ms: int, end_ms: int, max_gap_ms: int
) -> Iterator[tuple[int, int]]:
    """Yield the spans of [start, end) in which no sample holds, in epoch ms.

    These are the time before the first sample and the time that begins `max_gap_ms` after a sample
    without another. Without samples it is all of the time.
    """
    if not samples:
        yield start_ms, end_ms
        return
    if samples[0][0] > start_ms:
        yield start_ms, samples[0][0]
    # The end closes the last gap, as a further sample would.
    for (t, _), (after, _) in pairwise((*samples, (end_ms, 0.0))):
        if after - t > max_gap_ms:
            # A sample holds for `max_gap_ms`: only the time behind that is without data.
            yield t + max_gap_ms, after
