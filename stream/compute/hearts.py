"""Heart-rate columns: merged to one series a source, and the choice of the source that speaks for a session.

Rank of sources (clinical definition section 3.3): chest strap, watch in a workout, watch in the background, phone,
typed in by hand. Never mixes two sources within one session. Nothing here depends on the order of its input.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...model.calendar import MINUTE_MS
from ...model.derived import HeartSummary
from ...model.facts import DeviceType, Instants, Method, Source, Values
from .zones import MAX_GAP_MS, accepted

# The first row that fits gives the rank; None fits anything. What names no device ranks below what does.
RANKS: tuple[tuple[DeviceType | None, Method | None], ...] = (
    (DeviceType.STRAP, None),
    (DeviceType.WATCH, Method.WORKOUT),
    (DeviceType.UNKNOWN, Method.WORKOUT),
    (DeviceType.WATCH, None),
    (DeviceType.PHONE, None),
    (None, None),
)

# How long a sample holds (section 3.2): background series are of about one a minute.
HOLD_MS: dict[Method, int] = {Method.BACKGROUND: 90_000}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeartColumn:
    """Heart rate of one record of one source: `t` int64 epoch ms, `v` float64 beats a minute, in any order."""

    source: Source
    record: str
    t: Instants
    v: Values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """All accepted heart rate of one source: `t` strictly increasing, `v` its values."""

    source: Source
    t: Instants
    v: Values

    def within(self, start_ms: int, end_ms: int) -> "Series":
        """Return the samples in [start, end), as views."""
        low, high = np.searchsorted(self.t, (start_ms, end_ms))
        return Series(source=self.source, t=self.t[low:high], v=self.v[low:high])


def rank(source: Source) -> int:
    """Return how a source ranks, 0 the best: row of `RANKS`, and after all of them what was typed in by hand."""
    if source.method is Method.MANUAL or source.device_type is DeviceType.PERSON:
        return len(RANKS)
    fits = (d in (None, source.device_type) and m in (None, source.method) for d, m in RANKS)
    return list(fits).index(True)


def identity(source: Source) -> tuple[str, ...]:
    """Return a source as a key that sorts."""
    return (source.vendor, source.app, source.device, source.device_type.value, source.method.value)


def hold_ms(source: Source) -> int:
    """Return for how long a sample of a source holds at most, in ms."""
    return HOLD_MS.get(source.method, MAX_GAP_MS)


def merged(columns: Iterable[HeartColumn]) -> tuple[Series, ...]:
    """Return one series a source. At one instant the greater (record, value) stands."""
    by_source: dict[Source, list[HeartColumn]] = defaultdict(list)
    for column in columns:
        by_source[column.source].append(column)
    return tuple(_series(source, by_source[source]) for source in sorted(by_source, key=identity))


def _series(source: Source, columns: Sequence[HeartColumn]) -> Series:
    by_record = sorted(columns, key=lambda column: column.record)
    names = sorted({column.record for column in columns})
    record = np.concatenate([np.full(len(c.t), names.index(c.record)) for c in by_record])
    t = np.concatenate([c.t for c in by_record])
    v = np.concatenate([c.v for c in by_record])
    kept = accepted(v)
    t, v, record = t[kept], v[kept], record[kept]
    order = np.lexsort((v, record, t))
    t, v = t[order], v[order]
    last = np.diff(t, append=np.iinfo(np.int64).max) != 0
    return Series(source=source, t=t[last], v=v[last])


def speaker(series: Sequence[Series], own: Source, start_ms: int, end_ms: int) -> Series | None:
    """Return the samples in [start, end) of the source that speaks for a session, or None when there are none.

    The session's own source first; else the best ranked, then the one with most samples, then by name.
    """
    heard = [part for part in (s.within(start_ms, end_ms) for s in series) if len(part.t)]
    return min(heard, key=lambda s: (s.source != own, rank(s.source), -len(s.t), identity(s.source)), default=None)


def summary(samples: Series | None) -> HeartSummary:
    """Return count, minimum, mean and maximum of accepted samples."""
    if samples is None or not len(samples.v):
        return HeartSummary(n=0, minimum=None, mean=None, maximum=None)
    v = samples.v
    return HeartSummary(n=len(v), minimum=float(v.min()), mean=float(v.mean()), maximum=float(v.max()))


def worn_minutes(series: Iterable[Series]) -> Instants:
    """Return the minutes (epoch ms // 60000, increasing) with at least one accepted sample of any source."""
    minutes = [s.t // MINUTE_MS for s in series]
    return np.unique(np.concatenate(minutes)) if minutes else np.empty(0, dtype=np.int64)
