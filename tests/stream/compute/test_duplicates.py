"""Candidates that are the same session: duplicates by two routes, and parts with a short break.

Heart rate distinguishes sessions that only look alike.
"""

import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.columns.window import SampleColumn
from model.derived import Origin
from model.facts import DeviceType, Method, Source
from stream.compute.series.reported_columns import ReportedSeries, reported_series
from stream.compute.sessions.adjacent import merge_adjacent
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.duplicates import MinuteMeans, deduplicate, heart_rates_agree
from tests.depth import INVARIANT
from tests.rows import values_of

_MIN = 60_000
_ZONE = "Europe/Stockholm"
_T0 = 1_795_000_000_000 - 1_795_000_000_000 % 86_400_000 + 8 * 3_600_000  # 09:00 in Stockholm
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PHONE = Source(vendor="hub", device_type=DeviceType.PHONE, method=Method.WORKOUT)


def claim(
    start: int, end: int, source: Source = _WATCH, record: str = "", kind: str = "walking"
) -> SessionCandidate:
    name = record or f"{start}-{end}-{source.vendor}"
    return SessionCandidate(
        id=name,
        start_ms=_T0 + start * _MIN,
        end_ms=_T0 + end * _MIN,
        type=kind,
        vendor_type="",
        source=source,
        record=name,
        body="",
        records=frozenset({name}),
    )


def _hearts(source: Source, rates: list[float]) -> ReportedSeries:
    t = _T0 + np.arange(len(rates), dtype=np.int64) * _MIN
    return reported_series(
        [SampleColumn(metric="heart_rate", source=source, record="r", t=t, v=np.array(rates))]
    )["heart_rate"][0]


UP = [80.0 + 3 * n for n in range(20)]
DOWN = UP[::-1]


@pytest.mark.parametrize(
    ("first", "other", "same"),
    [
        (UP, [rate + 5 for rate in UP], True),
        (UP, [rate + 40 for rate in UP], True),  # another level, but up and down together
        (UP, DOWN, False),
        ([100.0] * 20, [105.0] * 20, True),
        ([100.0] * 20, [111.0] * 20, False),  # far apart, and flat lines do not go together
        (UP[:4], DOWN[:4], True),  # too few minutes to speak against it
    ],
)
def test_two_curves_of_one_heart(
    first: list[float],
    other: list[float],
    same: bool,  # noqa: FBT001
) -> None:
    assert (
        heart_rates_agree(
            MinuteMeans(_hearts(_WATCH, first)),
            MinuteMeans(_hearts(_PHONE, other)),
            _T0,
            _T0 + 20 * _MIN,
        )
        is same
    )


def test_twins_are_one_unless_their_heart_rates_say_otherwise() -> None:
    both = [claim(0, 20), claim(1, 21, _PHONE)]
    assert values_of(deduplicate(both, []), "source") == [_WATCH]
    assert len(deduplicate(both, [_hearts(_WATCH, UP), _hearts(_PHONE, UP)])) == 1
    assert len(deduplicate(both, [_hearts(_WATCH, UP), _hearts(_PHONE, DOWN)])) == 2


def test_the_one_that_stays_knows_the_records_of_its_twin() -> None:
    (item,) = deduplicate([claim(1, 21, _PHONE, "p"), claim(0, 20, _WATCH, "w")], [])
    assert (item.record, item.records) == ("w", frozenset({"w", "p"}))


def test_of_two_that_are_equal_but_for_their_type_the_same_one_stays_in_any_order() -> None:
    both = [replace(claim(0, 1, kind=kind), id=f"a-{kind}") for kind in ("walking", "running")]
    assert (
        values_of(deduplicate(both, []), "id")
        == values_of(deduplicate(both[::-1], []), "id")
        == ["a-running"]
    )


def test_parts_of_one_type_with_a_short_break_are_one_and_the_break_is_known() -> None:
    (item,) = merge_adjacent([claim(35, 60), claim(0, 30)], _ZONE)
    assert (item.id, item.start_ms, item.end_ms) == ("0-30-files", _T0, _T0 + 60 * _MIN)
    assert item.gaps == ((_T0 + 30 * _MIN, _T0 + 35 * _MIN),)


@pytest.mark.parametrize(
    "second",
    [
        claim(36, 60),  # a minute too late
        claim(29, 60),  # overlaps
        claim(31, 60, kind="running"),
        replace(claim(31, 60), origin=Origin.REPORTED),
        claim(31 + 24 * 60, 60 + 24 * 60),
    ],
)
def test_others_stay_apart(second: SessionCandidate) -> None:
    assert len(merge_adjacent([claim(0, 30), second], _ZONE)) == 2


def test_parts_do_not_join_over_midnight() -> None:
    at = 15 * 60  # minutes from T0 to midnight
    assert len(merge_adjacent([claim(at - 30, at - 1), claim(at + 1, at + 30)], _ZONE)) == 2


def test_moving_time_adds_up_where_all_parts_know_it() -> None:
    first, second = replace(claim(0, 30), moving_ms=5), replace(claim(31, 60), moving_ms=7)
    assert merge_adjacent([first, second], _ZONE)[0].moving_ms == 12
    assert merge_adjacent([first, replace(second, moving_ms=None)], _ZONE)[0].moving_ms is None


parts = st.builds(
    lambda start, length, kind, source: claim(start, start + length, source, kind=kind),
    st.integers(0, 100),
    st.integers(1, 30),
    st.sampled_from(["walking", "running"]),
    st.sampled_from([_WATCH, _PHONE]),
)
unique_parts = st.lists(parts, max_size=8, unique_by=lambda c: (c.id, c.type)).map(
    lambda value: [
        replace(c, id=(name := f"{c.id}-{c.type}"), records=frozenset({name})) for c in value
    ]
)


def _spans(claimed: list[SessionCandidate]) -> set[tuple[str, int, int, frozenset[str]]]:
    return set(values_of(claimed, "id", "start_ms", "end_ms", "records"))


@INVARIANT
@given(unique_parts, st.randoms(use_true_random=False))
def test_joining_and_collapsing_do_not_depend_on_order(
    some: list[SessionCandidate], chance: random.Random
) -> None:
    mixed = chance.sample(some, len(some))
    assert _spans(merge_adjacent(mixed, _ZONE)) == _spans(merge_adjacent(some, _ZONE))
    assert _spans(deduplicate(mixed, [])) == _spans(deduplicate(some, []))


@INVARIANT
@given(unique_parts)
def test_joining_is_associative(some: list[SessionCandidate]) -> None:
    """The same sets of parts merge whichever two parts are compared first."""
    total = set(values_of(merge_adjacent(some, _ZONE), "records"))
    pairs = [merge_adjacent(pair, _ZONE) for pair in combinations(some, 2)]
    together = [set(pair[0].records) for pair in pairs if len(pair) == 1]
    for item in some:
        grown = set(item.records)
        while more := [group for group in together if group & grown and not group <= grown]:
            grown |= set().union(*more)
        assert frozenset(grown) in total
