"""Restores full counters from their low bits.

These are compressed timestamps, 16-bit timestamps, accumulated fields and 12-bit beats. It is
integer arithmetic on complete columns. A value is unknown until a full value precedes it or a start
is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unwrap(
    values: NDArray[np.int64],
    full: NDArray[np.bool_],
    bits: int,
    *,
    start: int | None,
    back: int = 0,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the absolute values of counters of `bits` bits, and which of them are known.

    Both inputs are (n,) in file order. Where `full` is set, the value is absolute. Elsewhere it is
    the low `bits` bits of an absolute value, the smallest that is not more than `back` below the
    previous value; 0 is forward only.
    Before the first full value, counting begins at `start`; with None those values are unknown.
    """
    if not len(values):
        return values, np.zeros(0, dtype=np.bool_)
    mask = (1 << bits) - 1
    before = np.empty_like(values)
    before[0] = start or 0
    before[1:] = values[:-1]
    # Each step is taken modulo 2**bits, into the range from -back on. The sum of steps since the
    # last full value, the anchor, is then added to that value.
    gained = np.cumsum(((values - before + back) & mask) - back)
    anchor = np.where(full, np.arange(len(values)), -1)
    np.maximum.accumulate(anchor, out=anchor)
    seen = anchor >= 0
    at = np.maximum(anchor, 0)
    base = np.where(seen, values[at] - gained[at], start or 0)
    return base + gained, seen | (start is not None)
