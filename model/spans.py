"""Spans of measured time: merged, cut, and aligned to whole units. Pure; it knows no patient and no fact."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from model.calendar import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """An interval [start, end) in epoch ms; an empty one still touches the instant of its start.

    `samples_only` says that only samples changed in it: no workout and no report.
    """

    start_ms: int
    end_ms: int
    samples_only: bool = False

    def holds(self, other: "Span") -> bool:
        """Return whether another span lies within this one."""
        return self.start_ms <= other.start_ms and other.end_ms <= self.end_ms

    def meets(self, other: "Span", gap_ms: int = 0) -> bool:
        """Return whether two spans overlap, or lie less than `gap_ms` apart."""
        return self.start_ms < other.end_ms + gap_ms and other.start_ms < self.end_ms + gap_ms

    def widened(self, ms: int) -> "Span":
        """Return the span with `ms` more on both sides; it stands for any change, not for samples only."""
        return Span(start_ms=self.start_ms - ms, end_ms=self.end_ms + ms)


def merge(spans: Iterable[Span], gap_ms: int = DAY_MS) -> tuple[Span, ...]:
    """Return the spans in order, with those at most `gap_ms` apart joined into one.

    Spans of samples only are joined among themselves, and dropped where another span holds them.
    """
    ordered = sorted(set(spans))
    others = _merged((span for span in ordered if not span.samples_only), gap_ms)
    samples = _merged((span for span in ordered if span.samples_only), gap_ms)
    alone = [span for span in samples if not any(other.holds(span) for other in others)]
    return tuple(sorted([*others, *alone]))


def _merged(ordered: Iterable[Span], gap_ms: int) -> list[Span]:
    merged: list[Span] = []
    for span in ordered:
        if merged and span.start_ms <= merged[-1].end_ms + gap_ms:
            # an empty span at the end must stay inside: hence at least one ms behind its start
            end_ms = max(merged[-1].end_ms, span.end_ms, span.start_ms + 1)
            merged[-1] = replace(merged[-1], end_ms=end_ms)
        else:
            merged.append(span)
    return merged


def without(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return the parts of the spans that lie in no hole, in order; none of them is empty."""
    cut = sorted(holes)
    left: list[Span] = []
    for span in sorted(spans):
        left.extend(_outside(span, cut))
    return tuple(left)


def inner(span: Span, unit_ms: int) -> Span:
    """Return the whole units (counted from 1970) within a span; empty if it holds none."""
    start, end = -(-span.start_ms // unit_ms) * unit_ms, span.end_ms // unit_ms * unit_ms
    return Span(start_ms=start, end_ms=max(start, end))


def outer(span: Span, unit_ms: int) -> Span:
    """Return the whole units (counted from 1970) that a span touches; an empty span touches one."""
    end = max(span.end_ms, span.start_ms + 1)
    return Span(start_ms=span.start_ms // unit_ms * unit_ms, end_ms=-(-end // unit_ms) * unit_ms)


def pieces(spans: Sequence[Span], longest_ms: int) -> list[Span]:
    """Return the spans cut into pieces of at most `longest_ms`, in order; an empty span stays one piece.

    Pieces share their ends: a fact that ends where the next piece begins is in both.

    >>> pieces([Span(start_ms=0, end_ms=5)], 3)
    [Span(start_ms=0, end_ms=3, samples_only=False), Span(start_ms=3, end_ms=5, samples_only=False)]
    """
    cut: list[Span] = []
    for span in spans:
        for start_ms in range(span.start_ms, span.end_ms + 1, longest_ms):
            end_ms = min(start_ms + longest_ms, span.end_ms)
            cut.append(Span(start_ms=start_ms, end_ms=end_ms))
    return cut


def _outside(span: Span, holes: Iterable[Span]) -> Iterator[Span]:
    left = span.start_ms
    for hole in holes:
        if hole.end_ms > left and hole.start_ms < span.end_ms:
            if hole.start_ms > left:
                yield Span(start_ms=left, end_ms=hole.start_ms)
            left = hole.end_ms
    if left < span.end_ms:
        yield Span(start_ms=left, end_ms=span.end_ms)
