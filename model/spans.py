"""Spans of measured time, and how many become few. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from model.calendar import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """An interval [start, end) in epoch ms; an empty one touches the instant of its start.

    `samples_only` says that nothing but samples changed in it: no workout, no answer.
    """

    start_ms: int
    end_ms: int
    samples_only: bool = False


def merge(spans: Iterable[Span], gap_ms: int = DAY_MS) -> tuple[Span, ...]:
    """Return the spans in order, those closer than `gap_ms` made one: far-off days stay apart.

    Spans of samples only stay apart from others, and are left out where another holds them.
    """
    ordered = sorted(set(spans))
    others = _merged((span for span in ordered if not span.samples_only), gap_ms)
    samples = _merged((span for span in ordered if span.samples_only), gap_ms)
    held = [
        s for s in samples if any(o.start_ms <= s.start_ms and s.end_ms <= o.end_ms for o in others)
    ]
    return tuple(sorted([*others, *(s for s in samples if s not in held)]))


def _merged(ordered: Iterable[Span], gap_ms: int) -> list[Span]:
    merged: list[Span] = []
    for span in ordered:
        if merged and span.start_ms <= merged[-1].end_ms + gap_ms:
            end_ms = max(
                merged[-1].end_ms, span.end_ms, span.start_ms + 1
            )  # the instant of an empty one as well
            merged[-1] = replace(merged[-1], end_ms=end_ms)
        else:
            merged.append(span)
    return merged


def without(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return what of the spans lies in no hole, in order; nothing of it is empty."""
    cut = sorted(holes)
    return tuple(piece for span in sorted(spans) for piece in _pieces(span, cut))


def inner(span: Span, unit_ms: int) -> Span:
    """Return the whole units (counted from 1970) within a span; an empty span where there is none."""
    start, end = -(-span.start_ms // unit_ms) * unit_ms, span.end_ms // unit_ms * unit_ms
    return Span(start_ms=start, end_ms=max(start, end))


def outer(span: Span, unit_ms: int) -> Span:
    """Return the whole units (counted from 1970) that a span touches; an empty span touches one."""
    end = max(span.end_ms, span.start_ms + 1)
    return Span(start_ms=span.start_ms // unit_ms * unit_ms, end_ms=-(-end // unit_ms) * unit_ms)


def _pieces(span: Span, holes: Iterable[Span]) -> Iterable[Span]:
    left = span.start_ms
    for hole in holes:
        if hole.end_ms > left and hole.start_ms < span.end_ms:
            if hole.start_ms > left:
                yield Span(start_ms=left, end_ms=hole.start_ms)
            left = hole.end_ms
    if left < span.end_ms:
        yield Span(start_ms=left, end_ms=span.end_ms)
