"""Runs of equal values in a column: where each begins and how long it is. Pure; knows no metric and no source."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.facts import Instants


def is_run_start(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a column [n] differs from the place before, bool[n]; the first place does. Nothing equals NaN."""
    ones = np.ones(len(column), np.bool_)
    np.not_equal(column[1:], column[:-1], out=ones[1:])
    return ones


def is_run_end(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a column [n] differs from the place behind, bool[n]; the last place does."""
    ones = np.ones(len(column), np.bool_)
    np.not_equal(column[1:], column[:-1], out=ones[:-1])
    return ones


def starts(column: NDArray[Any]) -> Instants:
    """Return the place of the first of each run of equal values of a column [n], increasing."""
    return np.flatnonzero(is_run_start(column))


def lengths(first: Instants, n: int) -> Instants:
    """Return how many of `n` values each run has, from where the runs begin (`starts`)."""
    matches = np.empty(len(first), np.int64)
    matches[:-1] = first[1:] - first[:-1]
    matches[-1:] = n - first[-1:]
    return matches
