"""A metric of one patient over time, never more points than asked: bands of minimum, mean and maximum, or a line.

Over all sources; in each UTC hour the best ranked source that measured speaks (`hearts.rank`, then most samples), so
that two devices never count twice. What is answered equals what the samples say as they stand at that moment (records
superseded, deletions masked, values accepted), whether or not the bands are refreshed. It never writes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.facts import Instants, Source, Values
from .pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline:
    """Buckets that hold samples, by time; five columns of equal length, each value in the metric's unit.

    `t` int64 epoch ms where a bucket begins (the first may begin before `from_ms`; its samples do not), `n` int64
    samples, `minimum`, `mean`, `maximum` float64; `source` int64 is the place in `sources` of the source with most of
    the bucket's samples. `width_ms` is the length of every bucket.
    """

    width_ms: int
    sources: tuple[Source, ...]
    t: Instants
    n: NDArray[np.int64]
    minimum: Values
    mean: Values
    maximum: Values
    source: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Samples as measured, by time: `t` int64 epoch ms, strictly increasing, `v` float64 in the metric's unit.

    `source` int64 is the place in `sources` of who measured each; `of` is how many samples the line was drawn from.
    """

    sources: tuple[Source, ...]
    t: Instants
    v: Values
    source: NDArray[np.int64]
    of: int


class TooManySamplesError(ValueError):
    """A line over so many samples that it is not drawn: a shorter span, or the bands, must be asked for."""


async def timeline(
    conn: Connection, patient_number: int, metric: str, from_ms: int, to_ms: int, points: int
) -> Timeline:
    """Return at most `points` buckets of one metric of a patient (a surrogate, `people.patient_id`) in [from, to).

    Buckets are of whole UTC days or hours where they are at least that long, else of whole seconds. Raises `KeyError`
    for a metric that is not in the registry, ValueError for an empty span or fewer than one point.
    """
    raise NotImplementedError


async def line(conn: Connection, patient_number: int, metric: str, from_ms: int, to_ms: int, points: int) -> Line:
    """Return at most `points` of the samples in [from, to), chosen by LTTB, which keeps the shape of the curve.

    The first and the last sample are kept; a short peak may not be, which is what bands are for. Raises as `timeline`
    does, and `TooManySamplesError` above `LINE_SAMPLES` samples.
    """
    raise NotImplementedError
