"""Short counters made long again: compressed timestamps, 16-bit timestamps, accumulated fields, 12-bit beats.

Pure integer arithmetic on whole columns; gives nothing where no full value has been seen and none is assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unwrap(
    values: NDArray[np.int64], full: NDArray[np.bool_], bits: int, *, start: int | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Make counters of `bits` bits absolute. Both inputs (n,) in file order.

    Where `full` is set, the value is absolute; elsewhere it is the low `bits` bits of the next absolute value, which
    is the smallest one not below the last. Before the first full value counting begins at `start`; None: unknown.
    Returns the absolute values and which of them are known.
    """
    if not len(values):
        return values, np.zeros(0, dtype=np.bool_)
    mask = (1 << bits) - 1
    before = np.empty_like(values)
    before[0] = start or 0
    before[1:] = values[:-1]
    gained = np.cumsum((values - before) & mask)
    anchor = np.where(full, np.arange(len(values)), -1)
    np.maximum.accumulate(anchor, out=anchor)
    seen = anchor >= 0
    at = np.maximum(anchor, 0)
    base = np.where(seen, values[at] - gained[at], start or 0)
    return base + gained, seen | (start is not None)
