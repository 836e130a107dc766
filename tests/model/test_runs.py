"""Runs of equal values: where they begin and end, and how long they are, for every column."""

from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.columns import runs

_COLUMNS = st.lists(st.integers(0, 2), max_size=12)


@given(_COLUMNS)
def test_runs_are_what_grouping_gives(values: list[int]) -> None:
    column = np.array(values, np.int64)
    grouped = [len(list(group)) for _, group in groupby(values)]
    first = runs.starts(column)
    assert runs.lengths(first, len(column)).tolist() == grouped
    assert first.tolist() == [sum(grouped[:n]) for n in range(len(grouped))]
    assert np.flatnonzero(runs.is_run_start(column)).tolist() == first.tolist()
    assert np.flatnonzero(runs.is_run_end(column)).tolist() == [
        sum(grouped[: n + 1]) - 1 for n in range(len(grouped))
    ]


def test_nothing_equals_what_is_not_a_number() -> None:
    assert runs.starts(np.array([np.nan, np.nan, 1.0, 1.0])).tolist() == [0, 1, 2]
