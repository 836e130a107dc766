"""What each source counted in each minute, by the definition alone and as plainly as possible.

It is written a second time here, slowly, and shares nothing with `stream.compute.series.counts`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from model.calendar import MINUTE_MS
from model.columns.window import SampleColumn
from model.facts import Source

_LONGEST_GUESS_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Count:
    """A count; of one instant of a layer the greatest (record, value, end) is kept."""

    start: int
    record: str
    value: float
    end: int
    rank: int


def counted_by_minute(columns: Iterable[SampleColumn]) -> dict[tuple[Source, int], float]:
    """Return by source and epoch minute the sum of the parts of its counts, which are all steps."""
    layers: dict[tuple[Source, str], list[_Count]] = defaultdict(list)
    for column in columns:
        for count in _counts(column):
            layer = column.record if count.end > count.start else ""
            layers[column.source, layer].append(count)
    sums: dict[tuple[Source, int], float] = defaultdict(float)
    for (source, _), counts in layers.items():
        by_start = {count.start: count for count in sorted(counts)}
        for minute, value in _by_minute(list(by_start.values())):
            sums[source, minute] += value
    return sums


def _counts(column: SampleColumn) -> Iterator[_Count]:
    t = column.t.tolist()
    until = t if column.until is None else column.until.tolist()
    ranks = [0] * len(t) if column.ranks is None else column.ranks.tolist()
    for start, end, value, rank in zip(t, until, column.v.tolist(), ranks, strict=True):
        yield _Count(start=start, record=column.record, value=value, end=end, rank=rank)


def _by_minute(counts: list[_Count]) -> Iterator[tuple[int, float]]:
    ends = {count.start: _end(counts, index) for index, count in enumerate(counts)}
    owned: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b in pairwise(sorted({*ends, *ends.values()})):
        here = [count for count in counts if count.start <= a and b <= ends[count.start]]
        if here:
            best = max(here, key=lambda c: (c.rank, c.start - ends[c.start], c.start))
            owned[best.start].append((a, b))
    for count in counts:
        start, end = count.start, ends[count.start]
        own = owned[start]
        if count.end == start and sum(b - a for a, b in own) == end - start:
            n = max(1, -(-(end - start) // MINUTE_MS))
            for number in range(n):
                yield (start + number * MINUTE_MS) // MINUTE_MS, count.value / n
            continue
        for a, b in own:
            for minute in range(a // MINUTE_MS, -(-b // MINUTE_MS)):
                held = min(b, (minute + 1) * MINUTE_MS) - max(a, minute * MINUTE_MS)
                yield minute, count.value * held / (end - start)


def _end(counts: list[_Count], index: int) -> int:
    """Return the stated end of a count, else the one that its neighbours show."""
    count = counts[index]
    if count.end > count.start:
        return count.end
    gaps = [b.start - a.start for a, b in pairwise(counts)]
    for gap in (*gaps[index : index + 1], *gaps[max(0, index - 1) : index]):
        if gap <= _LONGEST_GUESS_MS:
            return count.start + gap
    return count.start + _LONGEST_GUESS_MS
