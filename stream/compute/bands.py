"""Samples of one metric as cells of an hour (or less): how many, least, greatest, sum; and who speaks for each hour.

The hour is the unit in which sources are chosen between, whatever the length of the buckets that are shown: a strap
worn for half an hour does not hide what the watch measured on the rest of the day. Pure; nothing here depends on the
order of its input.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...model.calendar import MINUTE_MS
from ...model.facts import Instants, Source, Values
from .hearts import identity, rank
from .zones import HR_CEILING, HR_FLOOR

HOUR_MS = 60 * MINUTE_MS
Integers = NDArray[np.int64]

# What counts as a reading, beyond what the registry of metrics lets in at all.
ACCEPTED: dict[str, tuple[float, float]] = {"heart_rate": (HR_FLOOR, HR_CEILING)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """Samples of one metric of one record of one source: `t` int64 epoch ms, `v` float64, in any order."""

    source: Source
    record: str
    t: Instants
    v: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """All accepted samples of one metric from one source: `t` strictly increasing, `v` its values."""

    source: Source
    t: Instants
    v: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Columns of equal length, a row a cell: where it begins, the hour it lies in, and the number of its source.

    `at` and `hour` int64 epoch ms; `source` int64, whatever number the caller knows it by; `n` int64 samples;
    `low`, `high` and `total` float64.
    """

    at: Instants
    hour: Instants
    source: Integers
    n: Integers
    low: Values
    high: Values
    total: Values

    def where(self, kept: NDArray[np.bool_]) -> "Cells":
        """Return the cells for which `kept` is true."""
        return Cells(**{name: getattr(self, name)[kept] for name in NAMES})


NAMES = ("at", "hour", "source", "n", "low", "high", "total")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buckets:
    """Cells gathered into buckets of one length, by time; `source` is the one with most samples."""

    t: Instants
    n: Integers
    low: Values
    high: Values
    total: Values
    source: Integers


def joined(parts: Iterable[Cells]) -> Cells:
    """Return all cells of several sets."""
    sets = list(parts) or [_none()]
    return Cells(**{name: np.concatenate([getattr(part, name) for part in sets]) for name in NAMES})


def merged(columns: Iterable[Column], metric: str) -> tuple[Measured, ...]:
    """Return the accepted samples of each source, by source; at one instant the greater (record, value) stands."""
    by_source: dict[Source, list[Column]] = defaultdict(list)
    for column in columns:
        by_source[column.source].append(column)
    low, high = ACCEPTED.get(metric, (-np.inf, np.inf))
    found = [_one_each(source, by_source[source], low, high) for source in sorted(by_source, key=identity)]
    return tuple(one for one in found if len(one.t))


def cells(
    series: Iterable[Measured], numbers: Mapping[Source, int], width_ms: int = HOUR_MS, start_ms: int = 0
) -> Cells:
    """Return the cells of `width_ms` from `start_ms` on, none of which reaches over the end of an hour."""
    return joined(_cells(one, numbers[one.source], width_ms, start_ms) for one in series)


def spoken(found: Cells, sources: Mapping[int, Source]) -> Cells:
    """Return the cells of the source that speaks in each hour: the best ranked, then with most samples, then by name.

    `sources` are those that the cells name.
    """
    numbers, place = np.unique(found.source, return_inverse=True)
    if len(numbers) <= 1:
        return found
    ranks, names = _by_rank([sources[number] for number in numbers.tolist()])
    keys, inverse = np.unique(np.stack([found.hour, place]), axis=1, return_inverse=True)
    hour, source = keys
    n = np.zeros(len(hour), np.int64)
    np.add.at(n, inverse, found.n)
    order = np.lexsort((names[source], -n, ranks[source], hour))
    wins = np.zeros(len(hour), np.bool_)
    wins[order[_changes(hour[order])]] = True
    return found.where(wins[inverse])


def gathered(found: Cells, width_ms: int, start_ms: int) -> Buckets:
    """Return the cells gathered into buckets of `width_ms` that begin at `start_ms`; empty ones are left out."""
    bucket = (found.at - start_ms) // width_ms
    order = np.lexsort((found.source, found.at, bucket))
    bucket, ordered = bucket[order], found.where(order)
    starts = np.flatnonzero(_changes(bucket))
    if not len(starts):
        return Buckets(**{name: getattr(found, name) for name in NAMES if name not in {"at", "hour"}}, t=found.at)
    return Buckets(
        t=start_ms + bucket[starts] * width_ms,
        n=np.add.reduceat(ordered.n, starts),
        low=np.minimum.reduceat(ordered.low, starts),
        high=np.maximum.reduceat(ordered.high, starts),
        total=np.add.reduceat(ordered.total, starts),
        source=_most(bucket, ordered),
    )


def _one_each(source: Source, columns: Sequence[Column], low: float, high: float) -> Measured:
    names = sorted({column.record for column in columns})
    t = np.concatenate([c.t for c in columns])
    v = np.concatenate([c.v for c in columns])
    record = np.repeat([names.index(c.record) for c in columns], [len(c.t) for c in columns])
    kept = (v >= low) & (v <= high)
    t, v, record = t[kept], v[kept], record[kept]
    if not bool(np.all(t[1:] > t[:-1])):
        order = np.lexsort((v, record, t))
        t, v = t[order], v[order]
        last = np.diff(t, append=np.iinfo(np.int64).max) != 0
        t, v = t[last], v[last]
    return Measured(source=source, t=t, v=v)


def _cells(one: Measured, number: int, width_ms: int, start_ms: int) -> Cells:
    at = start_ms + (one.t - start_ms) // width_ms * width_ms
    hour = one.t // HOUR_MS * HOUR_MS
    starts = np.flatnonzero(_changes(at) | _changes(hour))
    if not len(starts):
        return _none()
    return Cells(
        at=at[starts],
        hour=hour[starts],
        source=np.full(len(starts), number, np.int64),
        n=np.diff(starts, append=len(at)),
        low=np.minimum.reduceat(one.v, starts),
        high=np.maximum.reduceat(one.v, starts),
        total=np.add.reduceat(one.v, starts),
    )


def _most(bucket: Integers, ordered: Cells) -> Integers:
    """Return the source with most samples in each bucket; of equals the lower number."""
    order = np.lexsort((ordered.source, bucket))
    bucket, source, n = bucket[order], ordered.source[order], ordered.n[order]
    starts = np.flatnonzero(_changes(bucket) | _changes(source))
    bucket, source, n = bucket[starts], source[starts], np.add.reduceat(n, starts)
    by_most = np.lexsort((source, -n, bucket))
    most: Integers = source[by_most][_changes(bucket[by_most])]
    return most


def _none() -> Cells:
    whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
    return Cells(at=whole, hour=whole, source=whole, n=whole, low=real, high=real, total=real)


def _by_rank(sources: Sequence[Source]) -> tuple[Integers, Integers]:
    """Return the rank of each source, and where it stands by name."""
    names = np.empty(len(sources), np.int64)
    names[sorted(range(len(sources)), key=lambda place: identity(sources[place]))] = np.arange(len(sources))
    return np.array([rank(one) for one in sources], np.int64), names


def _changes(column: Integers) -> NDArray[np.bool_]:
    """Return where a column differs from the row before; the first row does."""
    return np.append(np.ones(min(len(column), 1), np.bool_), column[1:] != column[:-1])
