"""Builds the columns of a `SampleBlock` from plain numbers and texts.

With these functions a parser of JSON needs no numpy of its own.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.columns.runs import is_run_end
from model.facts import Instants, Values

# [n, size]: `n` texts of equal length, as the codes of their characters
EncodedTexts: TypeAlias = NDArray[np.uint8]

LONGEST_TIME = 40  # characters; a time with nanoseconds and an offset has 35
_LOCAL = 19  # characters of "2026-09-01T00:00:00"
_MARKS = {4: "-", 7: "-", 10: "T", 13: ":", 16: ":"}
# (position, digits) of year, month, day, hour, minute, second
_FIELDS = (
    (0, 4),
    (5, 2),
    (8, 2),
    (11, 2),
    (14, 2),
    (17, 2),
)


def _digit_positions() -> list[int]:
    positions: list[int] = []
    for position, digits in _FIELDS:
        positions.extend(range(position, position + digits))
    return positions


def _digit_weights() -> Values:
    """Return [14, 6]: the weight of each digit in each field, 0 in the fields of other digits."""
    weights = np.zeros((len(_DIGITS), len(_FIELDS)))
    row = 0
    for field, (_, digits) in enumerate(_FIELDS):
        weights[row : row + digits, field] = 10.0 ** np.arange(digits - 1, -1, -1)
        row += digits
    return weights


_DIGITS = _digit_positions()
# A single matrix product reads all six fields of every text. Its float64 sums of digits are exact.
_WORTH = _digit_weights()


def to_columns(points: Sequence[tuple[int, float]]) -> tuple[Instants, Values]:
    """Return the columns (t, v) of points in any order: int64 epoch ms and float64.

    They are sorted by `in_time_order`.
    """
    t = np.fromiter((ms for ms, _ in points), dtype=np.int64, count=len(points))
    v = np.fromiter((value for _, value in points), dtype=np.float64, count=len(points))
    return in_time_order(t, v)


def to_counts(points: Sequence[tuple[int, int, float]]) -> tuple[Instants, Instants, Values]:
    """Return the columns (t, until, v) of points (start, end, value), in order of their starts.

    Of equal starts only the greatest value stays, of equal values the one that holds longest. That
    is also how storage joins blocks of equal revision.
    """
    ordered = sorted(points, key=lambda point: (point[0], point[2], point[1]))
    t = np.fromiter((start for start, _, _ in ordered), dtype=np.int64, count=len(ordered))
    until = np.fromiter((end for _, end, _ in ordered), dtype=np.int64, count=len(ordered))
    v = np.fromiter((value for _, _, value in ordered), dtype=np.float64, count=len(ordered))
    last = is_run_end(t)
    return t[last], until[last], v[last]


def in_time_order(t: Instants, v: Values) -> tuple[Instants, Values]:
    """Return the points in order of time; of equal times only the greatest value stays.

    `t` int64[n] epoch ms, `v` float64[n]. Storage joins the blocks of a stream by the same rule, so
    it does not matter where a sender splits its batches.
    """
    if bool((t[1:] > t[:-1]).all()):
        return t, v
    # lexsort sorts by its last key first: by time, and by value where times are equal.
    order = np.lexsort((v, t))
    t, v = t[order], v[order]
    last = is_run_end(t)
    return t[last], v[last]


def split_at_gaps(t: Instants, most: int, gap_ms: int) -> Iterator[slice]:
    """Yield slices of `t` that hold at most `most` samples and no gap longer than `gap_ms`.

    `t` int64[n] epoch ms, in order of time.
    """
    cuts = [0, *(np.flatnonzero(t[1:] - t[:-1] > gap_ms) + 1).tolist(), len(t)]
    for start, end in pairwise(cuts):
        yield from (slice(first, min(first + most, end)) for first in range(start, end, most))


def converted_values(
    numbers: Sequence[float], factor: float, offset: float, bounds: tuple[float, float]
) -> Values | None:
    """Return `number * factor + offset` for each number as float64[n].

    Returns None when an item is not a number or a result lies outside of `bounds`.
    """
    # Exact types are compared because a JSON boolean would pass as an int.
    if not set(map(type, numbers)) <= {int, float}:
        return None
    # Adding 0.0 turns -0.0 into 0.0, so that equal values give equal bytes.
    v: Values = (np.array(numbers, np.float64) + 0.0) * factor + offset
    low, high = bounds
    return v if bool(((v >= low) & (v <= high)).all()) else None


def local_instants(texts: EncodedTexts) -> Instants | None:
    """Return written local times as int64[n] epoch ms of the local clock, or None.

    Each text must begin with an existing time such as "2026-09-01T00:00:00". What follows it, such
    as an offset from UTC, must be the same in all texts and is not read. None when a text differs.
    """
    count, size = texts.shape
    if not count or not _LOCAL <= size <= LONGEST_TIME or not _alike(texts):
        return None
    # uint8 wraps around, so a character below "0" also gives a number above 9.
    digits = texts[:, _DIGITS] - np.uint8(ord("0"))
    if digits.max() > 9:  # noqa: PLR2004 - decimal digits
        return None
    return _epoch_ms(*(digits @ _WORTH).astype(np.int64).T)


def _alike(texts: EncodedTexts) -> bool:
    """Return whether all texts have the marks of a time and end in the same text."""
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
    fits = (
        (month >= 1)
        & (month <= 12)  # noqa: PLR2004 - a calendar
        & (day >= 1)
        & (hour < 24)  # noqa: PLR2004 - a clock
        & (minute < 60)  # noqa: PLR2004 - a clock
        & (second < 60)  # noqa: PLR2004 - a clock
    )
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    # A day past the end of its month, such as 31 April, lands in the next month.
    if not bool((fits & (days.astype("datetime64[M]") == months)).all()):
        return None
    seconds = days.astype(np.int64) * 86_400 + hour * 3_600 + minute * 60 + second
    return seconds * 1000
