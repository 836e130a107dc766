"""Which source speaks for a metric in which minute: one physical minute counts once. Never averages two sources.

Of the sources with a sample in a minute the best ranked speaks; of equal ranks the one with clearly more samples (a
power of two more); of these the first by name, so that any two computers agree. The decision is kept as ranges, cut
only where another source begins to speak.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from model.calendar import MINUTE_MS
from model.columns import runs
from model.derived import SourceSelection
from model.facts import Instants, Source
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.series.sources import hold_times, source_rank

WHY = ("only", "name", "samples", "rank")
NO_SCORE = np.iinfo(np.int64).max
_STEP = 64  # between ranks: more than the bits of any number of samples


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResolvedMetric:
    """The samples that speak for one metric, and who says so.

    `track` holds the samples and `owner` int64[n] the place in `sources` of each; `minutes` int64[m] are the epoch
    minutes with a sample, increasing, `speaker` int64[m] who speaks in each and `why` int64[m] places in `WHY`.
    """

    metric: str
    sources: tuple[Source, ...]
    series: ResolvedSeries
    source_index: NDArray[np.int64]
    minutes: Instants
    selected: NDArray[np.int64]
    why: NDArray[np.int64]

    def within(self, start_ms: int, end_ms: int) -> ResolvedSeries:
        """Return the samples in [start, end), as views."""
        return self.series.within(start_ms, end_ms)

    def before(self, end_ms: int) -> "ResolvedMetric":
        """Return the same without the samples at or after an instant."""
        high = int(np.searchsorted(self.series.t, end_ms))
        track = ResolvedSeries(
            metric=self.metric,
            t=self.series.t[:high],
            v=self.series.v[:high],
            hold=self.series.hold[:high],
        )
        return replace(self, series=track, source_index=self.source_index[:high])

    def main_source(self, start_ms: int, end_ms: int) -> Source | None:
        """Return the source of most samples in [start, end), the best speaker of equals; None without samples."""
        low, high = np.searchsorted(self.series.t, (start_ms, end_ms))
        counts = np.bincount(self.source_index[low:high], minlength=len(self.sources))
        return self.sources[int(np.argmax(counts))] if high > low else None

    def sources_between(self, start_ms: int, end_ms: int) -> frozenset[Source]:
        """Return the sources that speak in [start, end)."""
        low, high = np.searchsorted(self.series.t, (start_ms, end_ms))
        return frozenset(
            self.sources[number] for number in np.unique(self.source_index[low:high]).tolist()
        )

    def minutes_with_samples(self, start_ms: int, end_ms: int) -> int:
        """Return the number of minutes in [start, end) with a sample."""
        low, high = np.searchsorted(self.minutes, (start_ms // MINUTE_MS, end_ms // MINUTE_MS))
        return int(high - low)


def resolve(metric: str, series: Sequence[ReportedSeries]) -> ResolvedMetric:
    """Return the samples that speak for a metric, from its series, best speaker first (`columns.merged`)."""
    selected = [kept for sery in series if len((kept := sery.accepted()).t)]
    if len(selected) == 1:
        return _alone(metric, selected[0])
    own = [_minutes(item.t) for item in selected]
    minutes = np.unique(np.concatenate([at for at, _ in own])) if own else np.empty(0, np.int64)
    places = [np.searchsorted(minutes, at) for at, _ in own]
    scores = [
        _STEP * source_rank(item.source) - _bits(n)
        for item, (_, n) in zip(selected, own, strict=True)
    ]
    speaker, why = _decide(len(minutes), places, scores)
    return _collected(metric, selected, minutes, speaker, why)


def source_selections(
    resolved: ResolvedMetric, start_ms: int, end_ms: int, day: date
) -> tuple[SourceSelection, ...]:
    """Return who speaks in the minutes that begin in [start, end), as ranges in time, for a local date.

    A range goes from the first to behind the last minute in which its source speaks; why is the strongest reason met.
    """
    low, high = np.searchsorted(
        resolved.minutes, (-(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS))
    )
    minutes, speaker, why = (
        resolved.minutes[low:high],
        resolved.selected[low:high],
        resolved.why[low:high],
    )
    if not len(minutes):
        return ()
    first = runs.starts(speaker)
    last = np.append(first[1:], len(minutes)) - 1
    strongest = np.maximum.reduceat(why, first)
    return tuple(
        SourceSelection(
            local_date=day,
            metric=resolved.metric,
            source=resolved.sources[int(speaker[a])],
            start_ms=int(minutes[a]) * MINUTE_MS,
            end_ms=(int(minutes[b]) + 1) * MINUTE_MS,
            why=WHY[int(reason)],
        )
        for a, b, reason in zip(first, last, strongest, strict=True)
    )


def _minutes(t: Instants) -> tuple[Instants, Instants]:
    """Return the epoch minutes of samples in time, each once, and the number of samples in each."""
    minutes = t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], runs.lengths(first, len(t))


def _bits(n: Instants) -> Instants:
    """Return the number of bits of each count: its class, so that one sample more or less decides nothing."""
    return np.frexp(n.astype(np.float64))[1].astype(np.int64)


def _alone(metric: str, series: ReportedSeries) -> ResolvedMetric:
    minutes, _ = _minutes(series.t)
    nobody = np.zeros(len(minutes), np.int64)
    return ResolvedMetric(
        metric=metric,
        sources=(series.source,),
        series=ResolvedSeries(
            metric=metric, t=series.t, v=series.v, hold=hold_times(series.source, series.t)
        ),
        source_index=np.zeros(len(series.t), np.int64),
        minutes=minutes,
        selected=nobody,
        why=nobody,
    )


def _decide(
    n: int, places: Sequence[Instants], scores: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return who speaks in each of `n` minutes and why, from each source's minutes (as places) and scores there.

    The least score speaks; the sources come best speaker first, and of equal scores the earlier one speaks.
    """
    speaker, why = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    best = np.full(n, NO_SCORE)
    for number in range(len(places) - 1, -1, -1):
        at, score = places[number], scores[number]
        why[at] = np.maximum(why[at], _reason(best[at], score))
        wins = score <= best[at]
        speaker[at[wins]], best[at[wins]] = number, score[wins]
    return speaker, why


def _reason(best: NDArray[np.int64], score: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place in `WHY` of what tells two scores apart; 0 where nobody spoke before."""
    other_rank = -(-best // _STEP) != -(-score // _STEP)
    return np.select([best == NO_SCORE, other_rank, best != score], [0, 3, 2], default=1)


def _collected(
    metric: str,
    series: Sequence[ReportedSeries],
    minutes: Instants,
    speaker: NDArray[np.int64],
    why: NDArray[np.int64],
) -> ResolvedMetric:
    mine_of = [
        speaker[np.searchsorted(minutes, item.t // MINUTE_MS)] == n for n, item in enumerate(series)
    ]
    held_by = [hold_times(sery.source, sery.t) for sery in series]
    kept = [item.t[mine] for item, mine in zip(series, mine_of, strict=True)]
    values = [item.v[mine] for item, mine in zip(series, mine_of, strict=True)]
    lengths = [len(t) for t in kept]
    t = np.concatenate(kept) if kept else np.empty(0, np.int64)
    v = np.concatenate(values) if values else np.empty(0, np.float64)
    owner = np.repeat(np.arange(len(series)), lengths)
    hold = (
        np.concatenate([held[mine] for held, mine in zip(held_by, mine_of, strict=True)])
        if series
        else owner
    )
    order = np.argsort(t, kind="stable")
    return ResolvedMetric(
        metric=metric,
        sources=tuple(sery.source for sery in series),
        series=ResolvedSeries(metric=metric, t=t[order], v=v[order], hold=hold[order]),
        source_index=owner[order],
        minutes=minutes,
        selected=speaker,
        why=why,
    )
