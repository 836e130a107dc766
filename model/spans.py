"""Spans of measured time: they are merged, cut, and aligned to full units.

Spans know no patient. They hold no fact, but tell whether only samples changed in them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from model.calendar import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """An interval [start_ms, end_ms) in epoch ms.

    An empty span still touches the instant of its start. `samples_only` says that only samples
    changed in the span: no workout and no report.
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
        """Return the span with `ms` more on both sides.

        The result is not `samples_only`, whatever the span was.
        """
        return Span(start_ms=self.start_ms - ms, end_ms=self.end_ms + ms)


def merge(spans: Iterable[Span], gap_ms: int = DAY_MS) -> tuple[Span, ...]:
    """Return the spans in order, with spans at most `gap_ms` apart joined.

    Spans of samples only are joined among themselves. They are dropped where another span holds
    them.
    """
    ordered = sorted(set(spans))
    others = _merged((span for span in ordered if not span.samples_only), gap_ms)
    samples = _merged((span for span in ordered if span.samples_only), gap_ms)
    # The derivation of a full span covers its samples as well.
    alone = [span for span in samples if not _is_held(span, others)]
    return tuple(sorted([*others, *alone]))


def _is_held(span: Span, others: Iterable[Span]) -> bool:
    return any(other.holds(span) for other in others)


def _merged(ordered: Iterable[Span], gap_ms: int) -> list[Span]:
    merged: list[Span] = []
    for span in ordered:
        if merged and span.start_ms <= merged[-1].end_ms + gap_ms:
            # An empty span at the end must stay inside the joined span, hence the additional ms.
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
    """Return the span of the full units within a span, empty when it holds none.

    Units of `unit_ms` are counted from 1970.
    """
    # -(-a // b) rounds up in integers; floats would lose milliseconds.
    start, end = -(-span.start_ms // unit_ms) * unit_ms, span.end_ms // unit_ms * unit_ms
    return Span(start_ms=start, end_ms=max(start, end))


def outer(span: Span, unit_ms: int) -> Span:
    """Return the span of the full units that a span touches.

    Units of `unit_ms` are counted from 1970. An empty span touches the unit of its start.
    """
    # An empty span touches the unit of its start, so it counts as one millisecond long.
    end = max(span.end_ms, span.start_ms + 1)
    return Span(start_ms=span.start_ms // unit_ms * unit_ms, end_ms=-(-end // unit_ms) * unit_ms)


def pieces(spans: Sequence[Span], longest_ms: int) -> list[Span]:
    """Return the spans cut into pieces of at most `longest_ms`, in order.

    An empty span stays a single piece. A piece ends where the next begins, so a fact that ends
    there is found with both.

    >>> pieces([Span(start_ms=0, end_ms=5)], 3)
    [Span(start_ms=0, end_ms=3, samples_only=False), Span(start_ms=3, end_ms=5, samples_only=False)]
    """
    cut: list[Span] = []
    for span in spans:
        # The end itself is included, so that an empty span gives a piece.
        for start_ms in range(span.start_ms, span.end_ms + 1, longest_ms):
            end_ms = min(start_ms + longest_ms, span.end_ms)
            cut.append(replace(span, start_ms=start_ms, end_ms=end_ms))
    return cut


def _outside(span: Span, holes: Iterable[Span]) -> Iterator[Span]:
    # `left` is the start of what no hole has covered so far. Holes are sorted by their starts.
    left = span.start_ms
    for hole in holes:
        if hole.end_ms > left and hole.start_ms < span.end_ms:
            if hole.start_ms > left:
                yield Span(start_ms=left, end_ms=hole.start_ms)
            left = hole.end_ms
    if left < span.end_ms:
        yield Span(start_ms=left, end_ms=span.end_ms)
