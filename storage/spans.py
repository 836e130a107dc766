"""Spans of measured time, and how many become few. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..model.calendar import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """An interval [start, end) in epoch ms; an empty one touches the instant of its start."""

    start_ms: int
    end_ms: int


def merge(spans: Iterable[Span], gap_ms: int = DAY_MS) -> tuple[Span, ...]:
    """Return the spans in order, those closer than `gap_ms` made one: far-off days stay apart."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start_ms <= merged[-1].end_ms + gap_ms:
            merged[-1] = Span(start_ms=merged[-1].start_ms, end_ms=max(merged[-1].end_ms, span.end_ms))
        else:
            merged.append(span)
    return tuple(merged)
