"""Builds the columns of a `SampleBlock` from plain numbers and texts, so that a parser of JSON needs no numpy. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.columns.runs import is_run_end
from model.facts import Instants, Values

EncodedTexts: TypeAlias = NDArray[
    np.uint8
]  # [n, size]: so many texts of one length, as the codes of their characters

LONGEST_TIME = 40
_LOCAL = 19  # characters of "2026-09-01T00:00:00"
_MARKS = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"}
_FIELDS = (
    (0, 4),
    (5, 2),
    (8, 2),
    (11, 2),
    (14, 2),
    (17, 2),
)  # year, month, day, hour, minute, second: place, digits
_DIGITS = [position + n for position, digits in _FIELDS for n in range(digits)]
# what each digit counts in each field: one product of matrices reads all
_WORTH = np.array(
    [
        [
            10.0 ** (digits - 1 - at + position) * (position <= at < position + digits)
            for position, digits in _FIELDS
        ]
        for at in _DIGITS
    ]
)


def to_columns(points: Sequence[tuple[int, float]]) -> tuple[Instants, Values]:
    """Return (t, v) of points in any order: int64 epoch ms and float64, as `ordered` does."""
    t = np.fromiter((ms for ms, _ in points), dtype=np.int64, count=len(points))
    v = np.fromiter((value for _, value in points), dtype=np.float64, count=len(points))
    return in_time_order(t, v)


def in_time_order(t: Instants, v: Values) -> tuple[Instants, Values]:
    """Return the points in time order; of equal times only the greatest value stands.

    That is what joining blocks of a stream does too, so that it does not matter where a sender cut its batches.
    """
    if bool((t[1:] > t[:-1]).all()):
        return t, v
    order = np.lexsort((v, t))
    t, v = t[order], v[order]
    last = is_run_end(t)
    return t[last], v[last]


def split_at_gaps(t: Instants, most: int, gap_ms: int) -> Iterator[slice]:
    """Yield `t` (int64[n] epoch ms, in order) as slices of at most `most`, cut where a gap is longer than `gap_ms`."""
    cuts = [0, *(np.flatnonzero(t[1:] - t[:-1] > gap_ms) + 1).tolist(), len(t)]
    for start, end in pairwise(cuts):
        yield from (slice(first, min(first + most, end)) for first in range(start, end, most))


def converted_values(
    numbers: Sequence[float], factor: float, offset: float, bounds: tuple[float, float]
) -> Values | None:
    """Return `number * factor + offset` of each, or None when one is no number or not within the bounds."""
    if not set(map(type, numbers)) <= {int, float}:
        return None
    v: Values = (
        np.array(numbers, np.float64) + 0.0
    ) * factor + offset  # -0.0 becomes 0.0: equal values, equal bytes
    low, high = bounds
    return v if bool(((v >= low) & (v <= high)).all()) else None


def local_instants(texts: EncodedTexts) -> Instants | None:
    """Return times written like the first one as epoch ms of the local clock, or None when one is not like it.

    Like it: "2026-09-01T00:00:00", a time that exists, and behind that the very same text, whatever it is.
    """
    count, size = texts.shape
    if not count or not _LOCAL <= size <= LONGEST_TIME or not _alike(texts):
        return None
    digits = texts[:, _DIGITS] - np.uint8(ord("0"))  # what is below wraps around and is above, too
    if digits.max() > 9:  # noqa: PLR2004 - decimal digits
        return None
    return _epoch_ms(*(digits @ _WORTH).astype(np.int64).T)


def _alike(texts: EncodedTexts) -> bool:
    """Tell whether the marks stand where they should, and the same text behind the time."""
    marks = bool((texts[:, list(_MARKS)] == [ord(mark) for mark in _MARKS.values()]).all())
    return marks and bool((texts[:, _LOCAL:] == texts[0, _LOCAL:]).all())


def _epoch_ms(
    year: Instants,
    month: Instants,
    day: Instants,
    hour: Instants,
    minute: Instants,
    second: Instants,
) -> Instants | None:
    fits = (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a clock
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    if not bool((fits & (days.astype("datetime64[M]") == months)).all()):
        return None
    seconds = days.astype(np.int64) * 86_400 + hour * 3_600 + minute * 60 + second
    return seconds * 1000
