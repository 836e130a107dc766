"""Finds runs of equal values in a column: where each begins and ends, and its length."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants


def is_run_start(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a run begins in a column [n], as bool[n].

    NaN equals nothing, so each NaN is a run of its own.
    """
    begins = np.ones(len(column), np.bool_)
    np.not_equal(column[1:], column[:-1], out=begins[1:])
    return begins


def is_run_end(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a run ends in a column [n], as bool[n]."""
    ends = np.ones(len(column), np.bool_)
    np.not_equal(column[1:], column[:-1], out=ends[:-1])
    return ends


def starts(column: NDArray[Any]) -> Instants:
    """Return the position at which each run of a column [n] begins, increasing."""
    return np.flatnonzero(is_run_start(column))


def lengths(first: Instants, n: int) -> Instants:
    """Return the length of each run in a column of `n` values.

    `first` holds the positions where the runs begin, as `starts` returns them.
    """
    counts = np.empty(len(first), np.int64)
    counts[:-1] = first[1:] - first[:-1]
    # Slices, because a column of no values has no last run.
    counts[-1:] = n - first[-1:]
    return counts
