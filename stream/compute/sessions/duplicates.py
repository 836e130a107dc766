"""Claims that are one physical session: the same workout by two routes, and workouts with a short break between.

Clinical definition section 3.3. Twins agree in type family, start and end within two minutes, and in heart rate where
both sources recorded it; the better ranked one stays. Parts of one type on one local date with at most five minutes
between them are one session. What is made one does not depend on the order of claims.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import pairwise, product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from model.calendar import MINUTE_MS, local_date
from model.columns import runs
from model.derived import Origin
from model.facts import Instants, Source, Values
from stream.compute.series.reported_columns import ReportedSeries
from stream.compute.series.sources import source_order
from stream.compute.sessions.candidates import SessionCandidate, type_family

if TYPE_CHECKING:
    from datetime import date

_Cell: TypeAlias = tuple[
    str, int, int
]  # type family, and in which two minutes a claim begins and ends

SAME_WITHIN_MS = 120_000
BREAK_MS = 300_000
COMMON_MINUTES = 5  # fewer say nothing about whether two curves are one heart's
ALIKE_CORRELATION = 0.5
ALIKE_BPM = 10.0


def deduplicate(
    claimed: Iterable[SessionCandidate], hearts: Sequence[ReportedSeries]
) -> list[SessionCandidate]:
    """Return each physical session once; the claim that stays knows the records of its twins, and the said type."""
    by_source = {heart.source: MinuteMeans(heart) for heart in hearts}
    kept: list[SessionCandidate] = []
    records: list[list[frozenset[str]]] = []
    near: dict[_Cell, list[int]] = defaultdict(
        list
    )  # twins begin and end in the same cell or in one beside it
    for claim in sorted(claimed, key=_order):
        places = sorted(position for cell in _around(claim) for position in near.get(cell, ()))
        twin = next(
            (position for position in places if _twins(kept[position], claim, by_source)), None
        )
        if twin is None:
            near[_cell(claim)].append(len(kept))
            kept.append(claim)
            records.append([claim.records])
        else:
            records[twin].append(claim.records)
    return [_known_by(claim, names) for claim, names in zip(kept, records, strict=True)]


def _known_by(claim: SessionCandidate, names: Sequence[frozenset[str]]) -> SessionCandidate:
    return replace(claim, records=frozenset[str]().union(*names)) if len(names) > 1 else claim


def _cell(claim: SessionCandidate) -> _Cell:
    return type_family(claim), claim.start_ms // SAME_WITHIN_MS, claim.end_ms // SAME_WITHIN_MS


def _around(claim: SessionCandidate) -> Iterator[_Cell]:
    kind, start, end = _cell(claim)
    yield from ((kind, start + item, end + other) for item, other in product((-1, 0, 1), repeat=2))


def merge_adjacent(claimed: Iterable[SessionCandidate], zone: str) -> list[SessionCandidate]:
    """Return the claims, declared workouts with a short break between them made one. Joining again changes nothing."""
    chains: dict[tuple[str, date], _Chains] = defaultdict(_Chains)
    alone: list[SessionCandidate] = []
    for claim in sorted(claimed, key=lambda claim: (claim.start_ms, claim.id)):
        if claim.origin is Origin.DECLARED:
            chains[claim.type, local_date(claim.start_ms, zone)].add(claim)
        else:
            alone.append(claim)
    return [*alone, *(_one(parts) for chain in chains.values() for parts in chain.groups())]


class _Chains:
    """Claims of one type and date, in order of start, as groups of what follows each other.

    Of what has ended before a claim begins only the last end matters: all of it that is near enough becomes one group.
    """

    def __init__(self) -> None:
        self._groups: dict[int, list[SessionCandidate]] = {}
        self._ends: list[tuple[int, int]] = []  # heap of (end, group)
        self._into: dict[int, int] = {}  # a group that became part of another

    def add(self, claim: SessionCandidate) -> None:
        """Add the next claim; it joins the groups in which a part ended at most `BREAK_MS` before it starts."""
        ended: list[tuple[int, int]] = []
        while self._ends and self._ends[0][0] <= claim.start_ms:
            ended.append(heappop(self._ends))
        near = [
            (end, self._root(group)) for end, group in ended if end >= claim.start_ms - BREAK_MS
        ]
        mine = self._merge({group for _, group in near}, claim)
        if near:
            heappush(self._ends, (max(end for end, _ in near), mine))
        heappush(self._ends, (claim.end_ms, mine))

    def groups(self) -> Iterable[list[SessionCandidate]]:
        """Return the parts of each group."""
        return self._groups.values()

    def _merge(self, near: set[int], claim: SessionCandidate) -> int:
        if not near:
            mine = len(self._into)
            self._into[mine], self._groups[mine] = mine, [claim]
            return mine
        mine = max(
            near, key=lambda group: len(self._groups[group])
        )  # the smaller ones move: each part few times
        for group in near - {mine}:
            self._into[group] = mine
            self._groups[mine] += self._groups.pop(group)
        self._groups[mine].append(claim)
        return mine

    def _root(self, group: int) -> int:
        while self._into[group] != group:
            self._into[group] = self._into[self._into[group]]
            group = self._into[group]
        return group


class MinuteMeans:
    """One source's accepted heart rate, and its means by whole minute, worked out once."""

    def __init__(self, series: ReportedSeries) -> None:
        self.series = series.accepted()
        self.at, self.means = _by_minute(self.series)

    def within(self, start_ms: int, end_ms: int) -> tuple[Instants, Values]:
        """Return epoch minutes and means of the samples in [start, end); a minute may be there in part."""
        first, last = -(-start_ms // MINUTE_MS), end_ms // MINUTE_MS
        if first >= last:
            return _by_minute(self.series.within(start_ms, end_ms))
        low, high = np.searchsorted(self.at, (first, last))
        edges = (start_ms, first * MINUTE_MS), (last * MINUTE_MS, end_ms)
        before, after = (_by_minute(self.series.within(*span)) for span in edges)
        inner = self.at[low:high], self.means[low:high]
        at, means = (np.concatenate(parts) for parts in zip(before, inner, after, strict=True))
        return at, means


def heart_rates_agree(minutes: MinuteMeans, other: MinuteMeans, start_ms: int, end_ms: int) -> bool:
    """Return whether two heart-rate series in [start, end) can be one heart's: by minute means that both have.

    They are unless at least five common minutes differ by more than 10 beats a minute on average *and* do not rise and
    fall together (Pearson below 0.5). Without enough common minutes nothing speaks against it.
    """
    (at, means), (other_at, other_means) = (
        minutes.within(start_ms, end_ms),
        other.within(start_ms, end_ms),
    )
    common, mine, others = np.intersect1d(at, other_at, assume_unique=True, return_indices=True)
    if len(common) < COMMON_MINUTES:
        return True
    x, y = means[mine], other_means[others]
    return float(np.abs(x - y).mean()) <= ALIKE_BPM or _correlation(x, y) >= ALIKE_CORRELATION


def _correlation(x: Values, y: Values) -> float:
    """Return Pearson's r; 0 where one of them never changes."""
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else 0.0


def _by_minute(series: ReportedSeries) -> tuple[Instants, Values]:
    minutes = series.t // MINUTE_MS
    if not len(minutes):
        return minutes, series.v
    first = runs.starts(minutes)
    return minutes[first], np.add.reduceat(series.v, first) / runs.lengths(first, len(minutes))


def _order(claim: SessionCandidate) -> tuple[bool, int, tuple[str, ...], str, str]:
    return (
        claim.origin is not Origin.DECLARED,
        *source_order(claim.source),
        claim.record,
        claim.id,
    )


def _twins(
    session_candidate: SessionCandidate,
    other: SessionCandidate,
    hearts: Mapping[Source, MinuteMeans],
) -> bool:
    starts, ends = (
        abs(session_candidate.start_ms - other.start_ms),
        abs(session_candidate.end_ms - other.end_ms),
    )
    if type_family(session_candidate) != type_family(other) or max(starts, ends) > SAME_WITHIN_MS:
        return False
    a, b = hearts.get(session_candidate.source), hearts.get(other.source)
    if a is None or b is None or session_candidate.source == other.source:
        return True
    return heart_rates_agree(
        a,
        b,
        max(session_candidate.start_ms, other.start_ms),
        min(session_candidate.end_ms, other.end_ms),
    )


def _one(parts: Sequence[SessionCandidate]) -> SessionCandidate:
    ordered = sorted(parts, key=lambda claim: (claim.start_ms, claim.id))
    first = ordered[0]
    if len(ordered) == 1:
        return first
    moving = [part.moving_ms for part in ordered]
    exerted = [part.exertion_cr10 for part in ordered if part.exertion_cr10 is not None]
    return replace(
        first,
        end_ms=max(part.end_ms for part in ordered),
        records=frozenset[str]().union(*(part.records for part in ordered)),
        moving_ms=None if None in moving else sum(ms for ms in moving if ms is not None),
        exertion_cr10=exerted[-1] if exerted else None,
        gaps=_gaps(ordered),
    )


def _gaps(ordered: Sequence[SessionCandidate]) -> tuple[tuple[int, int], ...]:
    """Return the times in no part; parts may overlap."""
    reached = np.maximum.accumulate([part.end_ms for part in ordered]).tolist()
    both = zip(reached, (later.start_ms for _, later in pairwise(ordered)), strict=False)
    return tuple((end, start) for end, start in both if start > end)
