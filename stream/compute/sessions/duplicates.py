"""Removes duplicates: candidates for the same session that came by another route.

Clinical definition section 3.3. Duplicates agree in type family, in start and end within two
minutes, and in heart rate where both sources recorded it. The better ranked candidate stays. The
result does not depend on the order of candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import numpy as np

from model.calendar import MINUTE_MS
from model.columns import runs
from model.derived import Origin
from model.facts import Instants, Source, Values
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.sources import source_order
from stream.compute.sessions.candidates import SessionCandidate, type_family

SAME_WITHIN_MS = 120_000  # routes cut the beginning and the end of a workout differently
COMMON_MINUTES = 5  # fewer do not show whether two curves are of the same heart
SAME_CORRELATION = 0.5
SAME_BPM = 10.0

# Type family, and the two minutes in which a candidate begins and ends.
_Cell: TypeAlias = tuple[str, int, int]


def deduplicate(
    candidates: Iterable[SessionCandidate], hearts: Sequence[ReportedSeries]
) -> list[SessionCandidate]:
    """Return each physical session once; the candidate that stays has the records of all.

    `hearts` holds heart rate as reported, with a series for each source.
    """
    by_source = {heart.source: MinuteMeans(heart) for heart in hearts}
    kept: list[SessionCandidate] = []
    records: list[set[str]] = []
    # Duplicates lie in the same cell or in a neighbouring cell. Comparing each candidate with all
    # others would cost the square of their number.
    by_cell: dict[_Cell, list[int]] = defaultdict(list)
    for candidate in sorted(candidates, key=_best_first):
        original = _original(candidate, kept, by_cell, by_source)
        if original is None:
            by_cell[_cell(candidate)].append(len(kept))
            kept.append(candidate)
            records.append(set(candidate.records))
        else:
            records[original] |= candidate.records
    return list(map(_with_records, kept, records))


def _with_records(candidate: SessionCandidate, records: set[str]) -> SessionCandidate:
    return replace(candidate, records=frozenset(records))


def _original(
    candidate: SessionCandidate,
    kept: Sequence[SessionCandidate],
    by_cell: Mapping[_Cell, Sequence[int]],
    hearts: Mapping[Source, "MinuteMeans"],
) -> int | None:
    """Return the position in `kept` of the best candidate that `candidate` duplicates, or None."""
    positions: list[int] = []
    for cell in _neighbourhood(candidate):
        positions += by_cell.get(cell, ())
    # The best candidate comes first, so that the result does not depend on the cells.
    for position in sorted(positions):
        if _are_duplicates(kept[position], candidate, hearts):
            return position
    return None


def _cell(candidate: SessionCandidate) -> _Cell:
    start, end = candidate.start_ms // SAME_WITHIN_MS, candidate.end_ms // SAME_WITHIN_MS
    return type_family(candidate), start, end


def _neighbourhood(candidate: SessionCandidate) -> Iterator[_Cell]:
    family, start, end = _cell(candidate)
    for earlier, later in product((-1, 0, 1), repeat=2):
        yield family, start + earlier, end + later


def _best_first(candidate: SessionCandidate) -> tuple[bool, int, tuple[str, ...], str, str]:
    reported = candidate.origin is not Origin.DECLARED
    return (reported, *source_order(candidate.source), candidate.record, candidate.id)


def _are_duplicates(
    a: SessionCandidate, b: SessionCandidate, hearts: Mapping[Source, "MinuteMeans"]
) -> bool:
    apart_ms = max(abs(a.start_ms - b.start_ms), abs(a.end_ms - b.end_ms))
    if type_family(a) != type_family(b) or apart_ms > SAME_WITHIN_MS:
        return False
    # Without two independent recordings of heart rate, the times have to decide.
    heart, other = hearts.get(a.source), hearts.get(b.source)
    if heart is None or other is None or a.source == b.source:
        return True
    start, end = max(a.start_ms, b.start_ms), min(a.end_ms, b.end_ms)
    return heart_rates_agree(heart, other, start, end)


class MinuteMeans:
    """The accepted heart rate of a source, with its means by full minute, computed once."""

    def __init__(self, series: ReportedSeries) -> None:
        self.series = series.accepted()
        self.minutes, self.means = _by_minute(self.series)

    def within(self, start_ms: int, end_ms: int) -> tuple[Instants, Values]:
        """Return the epoch minutes and the means of the samples in [start_ms, end_ms).

        The first and the last minute may be partial; their means use the samples inside only.
        """
        # Full minutes were averaged once for all comparisons; only the ends are averaged anew.
        first, last = -(-start_ms // MINUTE_MS), end_ms // MINUTE_MS
        if first >= last:
            return _by_minute(self.series.within(start_ms, end_ms))
        low, high = np.searchsorted(self.minutes, (first, last))
        parts = (
            _by_minute(self.series.within(start_ms, first * MINUTE_MS)),
            (self.minutes[low:high], self.means[low:high]),
            _by_minute(self.series.within(last * MINUTE_MS, end_ms)),
        )
        minutes, means = zip(*parts, strict=True)
        return np.concatenate(minutes), np.concatenate(means)


def heart_rates_agree(a: MinuteMeans, b: MinuteMeans, start_ms: int, end_ms: int) -> bool:
    """Return whether two series in [start, end) can be of one heart, by the minutes they share.

    They can, unless at least five common minutes differ by more than 10 beats a minute on average
    *and* do not rise and fall together (Pearson's r below 0.5). Fewer common minutes say nothing.
    """
    a_minutes, a_means = a.within(start_ms, end_ms)
    b_minutes, b_means = b.within(start_ms, end_ms)
    common, in_a, in_b = np.intersect1d(
        a_minutes, b_minutes, assume_unique=True, return_indices=True
    )
    if len(common) < COMMON_MINUTES:
        return True
    x, y = a_means[in_a], b_means[in_b]
    return float(np.abs(x - y).mean()) <= SAME_BPM or _correlation(x, y) >= SAME_CORRELATION


def _correlation(x: Values, y: Values) -> float:
    """Return Pearson's r, or 0 when a series never changes."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else 0.0


def _by_minute(series: ReportedSeries) -> tuple[Instants, Values]:
    minutes = series.t // MINUTE_MS
    if not len(minutes):
        return minutes, series.v
    first = runs.starts(minutes)
    return minutes[first], np.add.reduceat(series.v, first) / runs.lengths(first, len(minutes))
