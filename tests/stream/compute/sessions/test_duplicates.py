"""Candidates that are the same session: duplicates by two routes, and parts with a short break.

Rules decide which of several stays, and never a name.
"""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.derived.sessions import Origin
from model.facts import DeviceType, Method, Source
from stream.compute.sessions.adjacent import merge_adjacent
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.duplicates import deduplicate
from tests.depth import INVARIANT
from tests.rows import values_of

_MIN = 60_000
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


def _kept(*some: SessionCandidate) -> list[SessionCandidate]:
    """Return what stays, the same in any order."""
    kept = deduplicate(some)
    assert deduplicate(some[::-1]) == kept
    return kept


@pytest.mark.parametrize(
    ("second", "sessions"),
    [
        (claim(2, 22, _PHONE), 1),
        (replace(claim(0, 20, _PHONE), start_ms=_T0 + 2 * _MIN + 1), 2),
        (replace(claim(0, 20, _PHONE), end_ms=_T0 + 22 * _MIN + 1), 2),
        (claim(0, 20, _PHONE, kind="running"), 1),  # the same family
        (claim(0, 20, _PHONE, kind="cycling"), 2),
        (claim(0, 20, _PHONE, kind="other"), 1),  # of every family
        (claim(0, 20, _PHONE, kind="unheard of"), 1),
    ],
)
def test_duplicates_agree_in_family_and_within_two_minutes(
    second: SessionCandidate, sessions: int
) -> None:
    assert len(_kept(claim(0, 20), second)) == sessions


@pytest.mark.parametrize(("start", "sessions"), [(1, 2), (0.9, 1)])
def test_short_sessions_are_duplicates_only_of_what_they_share_time_with(
    start: float, sessions: int
) -> None:
    second = replace(claim(1, 2, _PHONE), start_ms=_T0 + round(start * _MIN))
    assert len(_kept(claim(0, 1), second)) == sessions


def test_another_curve_of_heart_rate_makes_no_second_session() -> None:
    # A watch that lost contact would else double each of its workouts.
    assert values_of(_kept(claim(0, 20), claim(1, 21, _PHONE)), "source") == [_WATCH]


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        (replace(claim(1, 20, record="a"), origin=Origin.REPORTED), "w"),  # declared comes first
        (claim(1, 20, _PHONE, "a"), "w"),  # the better ranked source
        (claim(1, 20, record="z"), "z"),  # the shorter
        (claim(1, 21, record="a"), "w"),  # the earlier
        (replace(claim(0, 20, record="z"), exertion_cr10=3.0), "z"),  # the one that tells more
        (claim(0, 20, record="a", kind="other"), "w"),
    ],
)
def test_which_of_two_stays_is_decided_by_the_rules_and_not_by_a_name(
    other: SessionCandidate, stays: str
) -> None:
    (row,) = _kept(claim(0, 20, record="w"), other)
    assert row.record == stays


def test_the_silence_of_the_better_route_erases_nothing() -> None:
    phone = replace(claim(0, 20, _PHONE, "p"), exertion_cr10=6.0, moving_ms=5)
    (row,) = _kept(claim(0, 20, record="w", kind="other"), phone)
    assert (row.record, row.exertion_cr10, row.moving_ms, row.type) == ("w", 6.0, 5, "walking")
    (row,) = _kept(replace(claim(0, 20, record="w"), exertion_cr10=2.0), phone)
    assert row.exertion_cr10 == 2.0


def test_the_one_that_stays_knows_the_records_of_its_twin() -> None:
    (item,) = deduplicate([claim(1, 21, _PHONE, "p"), claim(0, 20, _WATCH, "w")])
    assert (item.record, item.records) == ("w", frozenset({"w", "p"}))


def test_of_two_that_are_equal_but_for_their_type_the_same_one_stays_in_any_order() -> None:
    both = [replace(claim(0, 1, kind=kind), id=f"a-{kind}") for kind in ("walking", "running")]
    assert (
        values_of(deduplicate(both), "id")
        == values_of(deduplicate(both[::-1]), "id")
        == ["a-running"]
    )


def test_parts_of_one_type_with_a_short_break_are_one_and_the_break_is_a_pause() -> None:
    (item,) = merge_adjacent([claim(35, 60), claim(0, 30)])
    assert (item.id, item.start_ms, item.end_ms) == ("0-30-files", _T0, _T0 + 60 * _MIN)
    assert item.pauses == ((_T0 + 30 * _MIN, _T0 + 35 * _MIN),)


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
    assert len(merge_adjacent([claim(0, 30), second])) == 2


def test_parts_join_over_midnight_too() -> None:
    at = 15 * 60  # minutes from T0 to midnight
    (row,) = merge_adjacent([claim(at - 30, at - 1), claim(at + 1, at + 30)])
    assert (row.start_ms, row.end_ms) == (_T0 + (at - 30) * _MIN, _T0 + (at + 30) * _MIN)
    assert len(merge_adjacent([claim(at - 30, at - 1), claim(at + 5, at + 30)])) == 2


def test_moving_time_adds_up_where_all_parts_know_it() -> None:
    first, second = replace(claim(0, 30), moving_ms=5), replace(claim(31, 60), moving_ms=7)
    assert merge_adjacent([first, second])[0].moving_ms == 12
    assert merge_adjacent([first, replace(second, moving_ms=None)])[0].moving_ms is None


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
    assert _spans(merge_adjacent(mixed)) == _spans(merge_adjacent(some))
    assert _spans(deduplicate(mixed)) == _spans(deduplicate(some))


@INVARIANT
@given(unique_parts)
def test_joining_is_associative(some: list[SessionCandidate]) -> None:
    """The same sets of parts merge whichever two parts are compared first."""
    total = set(values_of(merge_adjacent(some), "records"))
    pairs = [merge_adjacent(pair) for pair in combinations(some, 2)]
    together = [set(pair[0].records) for pair in pairs if len(pair) == 1]
    for item in some:
        grown = set(item.records)
        while more := [group for group in together if group & grown and not group <= grown]:
            grown |= set().union(*more)
        assert frozenset(grown) in total
