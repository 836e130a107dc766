"""Which dates are stale, in exact cases; reading only what is requested changes no answer."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS, dates_between, day_bounds
from model.facts import AttributedFact, Head, Instrument, Report, Source, Workout
from model.spans import Span, merge
from stream.compute.staleness import (
    AROUND_MS,
    StaleDates,
    hours_around,
    hours_in_sessions,
    stale_dates,
)

_ZONE = "Europe/Stockholm"
_NOON = 1_789_984_800_000  # 2026-09-21T12:00 in ZONE
_SOURCE = Source(vendor="files")


def span(start_ms: int, minutes: int, *, samples_only: bool = False) -> Span:
    end_ms = start_ms + minutes * MINUTE_MS
    return Span(start_ms=start_ms, end_ms=end_ms, samples_only=samples_only)


def _workout(start_ms: int, minutes: int) -> AttributedFact:
    head = Head(
        source=_SOURCE,
        record=f"w{start_ms}",
        start_ms=start_ms,
        end_ms=start_ms + minutes * MINUTE_MS,
    )
    fact = Workout(head=head, type="walking")
    return AttributedFact(patient="p", connector="files", received_ms=0, body="00", fact=fact)


def _answer(at_ms: int) -> AttributedFact:
    head = Head(source=_SOURCE, record=f"a{at_ms}", start_ms=at_ms, end_ms=at_ms)
    fact = Report(head=head, instrument=Instrument.PAIN, value=3.0, scale="nrs-0-10")
    return AttributedFact(patient="p", connector="files", received_ms=0, body="00", fact=fact)


def _settled(changed: Sequence[Span], facts: Sequence[AttributedFact]) -> StaleDates:
    """Return what is stale if only the requested facts are read, step by step."""
    read: tuple[Span, ...] = ()
    stale = stale_dates(changed, _ZONE)
    while not stale.is_known(read):
        read = merge((*read, *stale.facts_within), gap_ms=0)
        known = [item for item in facts if _is_read(item, read)]
        stale = stale_dates(changed, _ZONE, known)
    return stale


def _is_read(item: AttributedFact, read: Sequence[Span]) -> bool:
    head = item.fact.head
    return any(head.start_ms < s.end_ms and head.end_ms >= s.start_ms for s in read)


def test_samples_alone_make_their_own_date_stale() -> None:
    stale = stale_dates([span(_NOON, 5, samples_only=True)], _ZONE)
    assert stale.dates == (date(2026, 9, 21),)
    assert hours_in_sessions(stale) == ()
    assert hours_around(stale) == stale.reach


@pytest.mark.parametrize(
    ("hour", "minute", "dates"),
    [
        (21, 59, [21]),
        (22, 0, [21, 22]),  # a bout is followed for two hours on either side of midnight
        (23, 59, [21, 22]),
        (24, 0, [21, 22]),
        (25, 59, [21, 22]),
        (26, 0, [22]),
    ],
)
def test_samples_near_a_midnight_with_activity_make_both_dates_stale(
    hour: int, minute: int, dates: list[int]
) -> None:
    at = _NOON + (hour - 12) * HOUR_MS + minute * MINUTE_MS
    changed = [span(at, 1, samples_only=True)]
    wider = stale_dates(changed, _ZONE, active_at_midnight=True)
    assert wider.dates == tuple(date(2026, 9, day) for day in dates)
    assert stale_dates(changed, _ZONE).dates == (date(2026, 9, 21 if hour < 24 else 22),)


def test_beyond_midnight_nothing_is_read_or_what_shows_activity_or_two_hours() -> None:
    noon, late = span(_NOON, 5, samples_only=True), span(_NOON + 11 * HOUR_MS, 5)
    start_ms, end_ms = day_bounds(date(2026, 9, 21), _ZONE)
    assert hours_around(stale_dates([noon], _ZONE)) == (Span(start_ms=start_ms, end_ms=end_ms),)
    assert hours_around(stale_dates([late], _ZONE)) == (
        Span(start_ms=start_ms, end_ms=end_ms + HOUR_MS),
    )
    assert hours_around(stale_dates([noon], _ZONE, active_at_midnight=True)) == (
        Span(start_ms=start_ms - 2 * HOUR_MS, end_ms=end_ms + 2 * HOUR_MS),
    )


def test_a_session_over_midnight_makes_both_dates_stale() -> None:
    late = _workout(_NOON + 11 * HOUR_MS, 120)
    stale = _settled([span(_NOON + 11 * HOUR_MS, 5, samples_only=True)], [late])
    assert stale.dates == (date(2026, 9, 21), date(2026, 9, 22))


def test_a_new_session_makes_the_date_of_an_answer_stale_that_it_may_take() -> None:
    at = _NOON + 11 * HOUR_MS + 30 * MINUTE_MS
    after_midnight = _answer(at + 90 * MINUTE_MS)
    assert _settled([span(at, 10)], [after_midnight]).dates == (
        date(2026, 9, 21),
        date(2026, 9, 22),
    )
    assert _settled([span(at, 10)], []).dates == (date(2026, 9, 21),)


def test_nothing_changed_is_nothing_stale() -> None:
    stale = stale_dates([], _ZONE, [_workout(_NOON, 30)])
    assert (stale.dates, stale.reach, stale.facts_within) == ((), (), ())


MINUTES = st.integers(0, 6 * 24 * 60)
FACTS = st.lists(
    st.one_of(
        st.builds(lambda m, n: _workout(_NOON + m * MINUTE_MS, n), MINUTES, st.integers(0, 300)),
        st.builds(lambda m: _answer(_NOON + m * MINUTE_MS), MINUTES),
    ),
    max_size=12,
)
CHANGED = st.lists(
    st.builds(
        lambda m, n, only: span(_NOON + m * MINUTE_MS, n, samples_only=only),
        MINUTES,
        st.integers(0, 200),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@given(changed=CHANGED, facts=FACTS)
def test_reading_what_is_asked_for_is_as_good_as_knowing_everything(
    changed: list[Span], facts: list[AttributedFact]
) -> None:
    stale = _settled(changed, facts)
    everything = stale_dates(changed, _ZONE, facts)
    assert stale.dates == everything.dates
    assert stale.reach == everything.reach
    assert hours_around(stale) == hours_around(everything)
    assert hours_in_sessions(stale) == hours_in_sessions(everything)


@given(changed=CHANGED, facts=FACTS)
def test_every_date_of_a_change_is_stale_and_order_does_not_matter(
    changed: list[Span], facts: list[AttributedFact]
) -> None:
    stale = stale_dates(changed, _ZONE, facts)
    for item in changed:
        assert {*dates_between(item.start_ms, item.end_ms, _ZONE)} <= {*stale.dates}
    assert stale_dates(changed[::-1], _ZONE, facts[::-1]) == stale


@given(changed=CHANGED, facts=FACTS)
def test_facts_are_asked_for_as_far_as_an_answer_may_lie_from_its_session(
    changed: list[Span], facts: list[AttributedFact]
) -> None:
    stale = stale_dates(changed, _ZONE, facts)
    for reach in stale.reach:
        assert stale.is_known(stale.facts_within)
        assert any(within.holds(reach.widened(AROUND_MS)) for within in stale.facts_within)
    for day in stale.dates:
        start_ms, end_ms = day_bounds(day, _ZONE)
        date_span = Span(start_ms=start_ms, end_ms=end_ms)
        assert any(reach.holds(date_span) for reach in stale.reach)


def test_a_session_just_after_midnight_is_reached_without_its_date() -> None:
    """It may be a part of a session before midnight, so it is read; its date stays as it is."""
    start_ms, end_ms = day_bounds(date(2026, 9, 21), _ZONE)
    after = _workout(end_ms + 5 * MINUTE_MS, 30)
    stale = stale_dates([span(_NOON, 5)], _ZONE, [after])
    head = after.fact.head
    assert stale.dates == (date(2026, 9, 21),)
    assert stale.reach == (
        Span(start_ms=start_ms, end_ms=end_ms),
        Span(start_ms=head.start_ms, end_ms=head.end_ms),
    )
