"""Columns from texts and numbers: a valid local time is read as the calendar reads it.

Anything else is not read.
"""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import epoch_ms
from model.columns.build import (
    LONGEST_TIME,
    EncodedTexts,
    converted_values,
    local_instants,
    to_counts,
)

_SECONDS = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001 - local
    lambda at: at.replace(microsecond=0)
)
BEHIND = st.sampled_from(["", "Z", "+01:00", ".5-11:30"])


def _rows(texts: list[str]) -> EncodedTexts:
    written = [text.encode() for text in texts]
    return np.frombuffer(b"".join(written), np.uint8).reshape(
        len(texts), max(map(len, written), default=0)
    )


def test_of_counts_with_one_start_the_greatest_stays_then_the_longest() -> None:
    points = [(60, 120, 3.0), (0, 60, 1.0), (60, 90, 4.0), (60, 80, 4.0), (0, 600, 0.5)]
    t, until, v = to_counts(points)
    assert (t.tolist(), until.tolist(), v.tolist()) == ([0, 60], [60, 90], [1.0, 4.0])
    assert [column.dtype.name for column in to_counts([])] == ["int64", "int64", "float64"]


@given(st.lists(_SECONDS, min_size=1, max_size=5), BEHIND)
def test_local_times_are_read_as_the_calendar_reads_them(
    times: list[datetime], behind: str
) -> None:
    instants = local_instants(_rows([at.isoformat() + behind for at in times]))
    assert instants is not None
    assert instants.tolist() == [epoch_ms(at.replace(tzinfo=UTC)) for at in times]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["2026-09-01T00:00"],
        ["2026-09-01T00:00:00Z", "2026-09-01T00:00:00X"],
        ["2026-09-01 00:00:00Z"],
        ["2026-02-29T00:00:00Z"],
        ["2026-04-31T00:00:00Z"],
        ["2026-00-01T00:00:00Z"],
        ["2026-09-01T24:00:00Z"],
        ["2026-09-01T00:00:60Z"],
        ["2026-09-0\u0661T00:00:00Z"],
        ["2026-09-01T00:00:00" + "x" * LONGEST_TIME],
    ],
)
def test_what_is_not_like_the_first_or_no_time_is_not_read(texts: list[str]) -> None:
    assert local_instants(_rows(texts)) is None


def test_numbers_are_converted_as_one_by_one_and_bounds_are_included() -> None:
    values = converted_values([1, 2.5, -0.0], 0.1, 3.0, (3.0, 3.25))
    assert values is not None
    assert values.tolist() == [1 * 0.1 + 3.0, 2.5 * 0.1 + 3.0, 3.0]
    assert not np.signbit(converted_values([-0.0], 1.0, 0.0, (0.0, 1.0)))  # type: ignore[arg-type]
    assert converted_values([1, True], 1.0, 0.0, (0.0, 9.0)) is None
    assert converted_values([1, 10], 1.0, 0.0, (0.0, 9.0)) is None
