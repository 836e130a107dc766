"""The counters of a FIT monitoring file: steps, distance and energy of all day. Pure.

A watch counts for each type of activity since local midnight, and writes where its counters stand.
What it counted between two readings is their difference. The first reading of a file gives none,
because an earlier file may hold that count already. So the total of the day, which the counters
state themselves, is a fact of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from model.calendar import DAY_MS, MINUTE_MS
from parsers.fit.activity.records import dated_times
from parsers.fit.activity.values import FIT_EPOCH
from parsers.fit.background.readings import Background
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ON_FOOT = (1.0, 6.0)  # types of activity whose cycles are steps: running, walking
_STARTS_WITHIN_MS = MINUTE_MS  # a file that begins so soon after midnight begins with the day


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    """A counter of the message: its metric, its fields with the factor of each, and its types."""

    metric: str
    fields: tuple[tuple[str, float], ...]
    types: tuple[float, ...] | None = None  # None for all types of activity


_COUNTERS = (
    # The format has half of the steps in the long field, and all of them in the short one.
    _Counter(metric="steps", fields=(("cycles", 2.0), ("cycles_16", 1.0)), types=_ON_FOOT),
    _Counter(metric="distance", fields=(("distance", 1.0), ("distance_16", 0.01))),
    _Counter(metric="active_energy", fields=(("active_calories", 1.0),)),
)
_INTENSE = ("moderate_activity_minutes", "vigorous_activity_minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """The totals of one local date by metric, as the counters of a file state them.

    `start_ms` is the local midnight, epoch ms.
    """

    local_date: date
    start_ms: int
    values: dict[str, float]


def counts(fit: FitFile, offset_min: int | None) -> tuple[list[Background], list[DayTotal]]:
    """Return what was counted in intervals, and the totals of the local dates.

    `offset_min` is the local offset, None where the file does not state it: then no reading has a
    date, and only differences are known.
    """
    group = fit["monitoring"]
    if not len(group):
        return [], []
    times = dated_times(group, [])  # the readings of the same messages tell what is wrong
    at_ms = np.where(times.dated, (times.stamps + FIT_EPOCH) * 1000, -1).astype(np.int64)
    days = None if offset_min is None else _Days(offset_min)
    background: list[Background] = []
    totals: dict[int, dict[str, float]] = {}
    for counter in _COUNTERS:
        series = _Series(days=days, begun_ms=_begun_ms(fit, days))
        for t, kind, value in _readings(group, counter, at_ms):
            series.take(t, kind, value)
        if series.intervals:
            background.append(series.background(counter.metric))
        for day, figures in series.totals.items():
            totals.setdefault(day, {})[counter.metric] = sum(figures.values())
    background += _intense_minutes(group, at_ms)
    return background, [days.total(day, totals[day]) for day in sorted(totals)] if days else []


def _begun_ms(fit: FitFile, days: _Days | None) -> int | None:
    """Return the midnight with which a file begins, None where it begins at another time."""
    stamps = fit["monitoring_info"].numbers("timestamp")
    stamps = stamps[np.isfinite(stamps)]
    if days is None or not len(stamps):
        return None
    first_ms = int((stamps[0] + FIT_EPOCH) * 1000)
    midnight = days.midnight(first_ms)
    return midnight if first_ms - midnight <= _STARTS_WITHIN_MS else None


def _readings(
    group: Group, counter: _Counter, at_ms: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Iterator[tuple[int, float, float]]:
    """Yield instant, type of activity and value of each reading of a counter, in order of time."""
    value: Floats = np.full(len(group), np.nan)
    for name, factor in counter.fields:
        value = np.where(np.isnan(value), group.numbers(name) * factor, value)
    kind = np.nan_to_num(group.numbers("activity_type"))
    rows = np.flatnonzero(np.isfinite(value) & (at_ms >= 0))
    if counter.types is not None:
        rows = rows[np.isin(kind[rows], counter.types)]
    rows = rows[np.argsort(at_ms[rows], kind="stable")]
    yield from zip(at_ms[rows].tolist(), kind[rows].tolist(), value[rows].tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class _Days:
    """The local dates at an offset in minutes."""

    offset_min: int

    def number(self, ms: int) -> int:
        return (ms + self.offset_min * MINUTE_MS) // DAY_MS

    def midnight(self, ms: int) -> int:
        return self.start(self.number(ms))

    def start(self, number: int) -> int:
        return number * DAY_MS - self.offset_min * MINUTE_MS

    def total(self, number: int, values: dict[str, float]) -> DayTotal:
        day = date.fromordinal(_EPOCH_DAY + number)
        return DayTotal(local_date=day, start_ms=self.start(number), values=values)


class _Series:
    """The readings of one counter, as differences and as the last reading of each date."""

    def __init__(self, *, days: _Days | None, begun_ms: int | None) -> None:
        self.days = days
        self.begun_ms = begun_ms
        self.last: dict[float, float] = {}
        self.before_ms = begun_ms
        self.at_ms: int | None = None
        self.intervals: list[tuple[int, int, float]] = []
        self.totals: dict[int, dict[float, float]] = {}

    def take(self, t: int, kind: float, value: float) -> None:
        """Take a reading, which is not earlier than the one before."""
        if t != self.at_ms:
            self.before_ms = self.at_ms if self.at_ms is not None else self.before_ms
            self.at_ms = t
        before = self.last.get(kind, 0.0 if self.begun_ms is not None else None)
        restarted = before is not None and value < before
        self.last[kind] = value
        if before is not None and self.before_ms is not None:
            self._count(t, value if restarted else value - before, restarted=restarted)
        if self.days is not None:
            # The total that is written at midnight is that of the day that ends.
            day = self.days.number(t if restarted else t - 1)
            figures = self.totals.setdefault(day, {})
            figures[kind] = max(value, figures.get(kind, 0.0))

    def _count(self, t: int, counted: float, *, restarted: bool) -> None:
        start = self.before_ms if self.before_ms is not None else t
        if restarted and self.days is not None:
            start = max(start, self.days.midnight(t))
        # A watch that lay in a drawer for days tells nothing of when it counted.
        if not start < t <= start + DAY_MS:
            return
        if self.intervals and self.intervals[-1][1] == t:
            first, _, more = self.intervals.pop()
            start, counted = first, counted + more
        self.intervals.append((start, t, counted))

    def background(self, metric: str) -> Background:
        """Return the differences as counts over their intervals."""
        starts, ends, values = zip(*self.intervals, strict=True)
        samples = Samples(t=np.array(starts, np.int64), v=np.array(values, np.float64))
        return Background(metric=metric, samples=samples, until=np.array(ends, np.int64))


def _intense_minutes(
    group: Group, at_ms: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Iterator[Background]:
    """Yield the minutes of at least moderate activity, which a message counts up to its time."""
    minutes = np.zeros(len(group))
    for name in _INTENSE:
        minutes += np.nan_to_num(group.numbers(name))
    rows = np.flatnonzero((minutes > 0) & (minutes <= DAY_MS / MINUTE_MS) & (at_ms >= 0))
    rows = rows[np.argsort(at_ms[rows], kind="stable")]
    if len(rows):
        ends, v = at_ms[rows], minutes[rows]
        starts = ends - np.rint(v * MINUTE_MS).astype(np.int64)
        order = np.argsort(starts, kind="stable")
        samples = Samples(t=starts[order], v=v[order])
        yield Background(metric="exercise_time", samples=samples, until=ends[order])
