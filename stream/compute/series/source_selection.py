"""Selects a source for a metric in each minute, so that each minute counts once.

Of the sources whose samples cover half of a minute the best ranked source is selected. Among equal
ranks it is the source with clearly more samples (a power of two more), then the first by name, so
that all computers agree. Where no source covers half of a minute, it is the one that covers most.
Sources are never averaged. The selection is kept as ranges of time that are cut
only where another source is selected.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from model.calendar import MINUTE_MS
from model.columns import runs
from model.columns.rollups import Integers
from model.derived.sessions import SourceSelection
from model.facts import Instants
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.resolved_metric import (
    SELECTION_REASONS,
    ResolvedMetric,
    selected_holds,
)
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.series.sources import hold_ms, hold_times, source_rank

# Positions in `SELECTION_REASONS`.
_ONLY, _NAME, _SAMPLES, _RANK, _COVERAGE = range(len(SELECTION_REASONS))

# A score is `(rank + 1) * _RANK_STEP - bits of the number of samples`; the least score is selected.
_RANK_STEP = 64  # more bits than any number of samples has, so that a better rank always wins
# A source that covers less than half of a minute has this much more for each ms not covered.
_COVER_STEP = 1024  # more than any rank has, so that the better covered of such sources always wins
_HALF_MS = MINUTE_MS // 2
_NO_SCORE = np.iinfo(np.int64).max


def resolve(metric: str, series: Sequence[ReportedSeries]) -> ResolvedMetric:
    """Return the selected samples of a metric.

    `series` has the series of each source, best ranked source first.
    """
    # A source whose samples are all refused must not be selected for any minute.
    accepted = map(ReportedSeries.accepted, series)
    filled = [reported for reported in accepted if len(reported.t)]
    if len(filled) == 1:
        return _of_only_source(metric, filled[0])
    own_minutes: list[Instants] = []
    scores: list[Integers] = []
    for reported in filled:
        with_samples, counts = _minutes(reported.t)
        own_minutes.append(with_samples)
        ranked = _RANK_STEP * (source_rank(reported.source) + 1) - _bits(counts)
        scores.append(ranked + _COVER_STEP * _uncovered(reported, counts))
    minutes = np.unique(np.concatenate([np.empty(0, np.int64), *own_minutes]))
    positions = [np.searchsorted(minutes, own) for own in own_minutes]
    selected, why = _select(len(minutes), positions, scores)
    return _collect(metric, filled, minutes, selected, why)


def source_selections(
    resolved: ResolvedMetric, start_ms: int, end_ms: int, day: date
) -> tuple[SourceSelection, ...]:
    """Return the selected sources of the minutes that begin in [start_ms, end_ms), as ranges.

    A range reaches from the first to the end of the last minute in which its source is selected.
    Its reason is the strongest of its minutes. `day` is the local date of the ranges.
    """
    # Both edges are rounded up to the next full minute.
    edges = (-(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS))
    low, high = np.searchsorted(resolved.minutes, edges)
    if low == high:
        return ()
    minutes, selected = resolved.minutes[low:high], resolved.selected[low:high]
    first = runs.starts(selected)
    last = np.append(first[1:], len(minutes)) - 1
    strongest = np.maximum.reduceat(resolved.why[low:high], first)
    selections: list[SourceSelection] = []
    for a, b, reason in zip(first, last, strongest, strict=True):
        selection = SourceSelection(
            local_date=day,
            metric=resolved.metric,
            source=resolved.sources[int(selected[a])],
            start_ms=int(minutes[a]) * MINUTE_MS,
            end_ms=(int(minutes[b]) + 1) * MINUTE_MS,
            why=SELECTION_REASONS[int(reason)],
        )
        selections.append(selection)
    return tuple(selections)


def _minutes(t: Instants) -> tuple[Instants, Instants]:
    """Return the epoch minutes with a sample, and the number of samples in each.

    `t` int64[n] epoch ms, increasing.
    """
    minutes = t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], runs.lengths(first, len(t))


def _uncovered(series: ReportedSeries, counts: Instants) -> Integers:
    """Return for each minute with a sample how many ms a source leaves uncovered, int64[m].

    0 where its samples cover half of the minute, counts by their intervals. `counts` int64[m] are
    the samples in each minute. Only the samples of a minute matter, so that any window of complete
    minutes gives the same.
    """
    t, most = series.t, hold_ms(series.source)
    last = np.cumsum(counts) - 1
    first = last - counts + 1
    if series.cover is not None:
        covered = np.add.reduceat(series.cover, first)
        return np.where(covered >= _HALF_MS, 0, MINUTE_MS - covered)
    minute_end = (t[last] // MINUTE_MS + 1) * MINUTE_MS
    until = np.append(t[1:], 0)
    until[last] = minute_end
    hold = np.minimum(hold_times(t), most)
    # The last sample of a minute holds as the one before it, a single one until the next minute.
    hold[last] = np.where(counts > 1, hold[np.maximum(last - 1, 0)], most)
    covered = np.add.reduceat(np.minimum(until - t, hold), first)
    # A source of a sample a minute covers its minutes, wherever in them the samples lie.
    covered[(counts == 1) & (most > MINUTE_MS)] = MINUTE_MS
    return np.where(covered >= _HALF_MS, 0, MINUTE_MS - covered)


def _bits(counts: Instants) -> Instants:
    """Return the number of bits of each count.

    Counts are compared by their bits, so that a small difference rarely decides.
    """
    return np.frexp(counts.astype(np.float64))[1].astype(np.int64)


def _of_only_source(metric: str, series: ReportedSeries) -> ResolvedMetric:
    """Return the samples of a metric with a single source, the usual case, at little cost."""
    minutes, _ = _minutes(series.t)
    zeros = np.zeros(len(minutes), np.int64)
    index = np.zeros(len(series.t), np.int64)
    hold = selected_holds((series.source,), series.t, index)
    return ResolvedMetric(
        metric=metric,
        sources=(series.source,),
        series=ResolvedSeries(metric=metric, t=series.t, v=series.v, hold=hold),
        source_index=index,
        minutes=minutes,
        selected=zeros,
        why=zeros,
    )


def _select(
    n: int, positions: Sequence[Instants], scores: Sequence[Integers]
) -> tuple[Integers, Integers]:
    """Return which source is selected in each of `n` minutes, and why.

    `positions` and `scores` hold for each source its minutes and its score in each of them. The
    least score is selected. Sources are ordered from the best and walked backwards, so of equal
    scores the earlier source wins.
    """
    selected, why = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    best = np.full(n, _NO_SCORE)
    for number in range(len(positions) - 1, -1, -1):
        at, score = positions[number], scores[number]
        # The strongest reason stays, whichever pair of sources gave it.
        why[at] = np.maximum(why[at], _reason(best[at], score))
        wins = score <= best[at]
        selected[at[wins]], best[at[wins]] = number, score[wins]
    return selected, why


def _reason(best: Integers, score: Integers) -> Integers:
    """Return what distinguishes two scores, as positions in `SELECTION_REASONS`."""
    no_other = best == _NO_SCORE
    other_cover = best // _COVER_STEP != score // _COVER_STEP
    other_rank = -(-best // _RANK_STEP) != -(-score // _RANK_STEP)  # rounds up to the rank
    return np.select(
        [no_other, other_cover, other_rank, best != score],
        [_ONLY, _COVERAGE, _RANK, _SAMPLES],
        _NAME,
    )


def _collect(
    metric: str,
    series: Sequence[ReportedSeries],
    minutes: Instants,
    selected: Integers,
    why: Integers,
) -> ResolvedMetric:
    """Return the samples of each source in the minutes in which it is selected, by time."""
    # numpy cannot concatenate nothing: the empty columns stand for no source at all.
    t, v = [np.empty(0, np.int64)], [np.empty(0)]
    counts: list[int] = []
    for number, reported in enumerate(series):
        in_minute = np.searchsorted(minutes, reported.t // MINUTE_MS)
        kept = selected[in_minute] == number
        t.append(reported.t[kept])
        v.append(reported.v[kept])
        counts.append(len(t[-1]))
    times = np.concatenate(t)
    # A minute has samples of one source only, so no two of these instants are equal.
    order = np.argsort(times, kind="stable")
    times = times[order]
    index = np.repeat(np.arange(len(series)), np.array(counts, np.int64))[order]
    sources = tuple(reported.source for reported in series)
    hold = selected_holds(sources, times, index)
    return ResolvedMetric(
        metric=metric,
        sources=sources,
        series=ResolvedSeries(metric=metric, t=times, v=np.concatenate(v)[order], hold=hold),
        source_index=index,
        minutes=minutes,
        selected=selected,
        why=why,
    )
