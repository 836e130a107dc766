"""A long pause that one route tells of divides the session for every route."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from model.calendar import MINUTE_MS, midnight
from model.columns.window import Window
from model.derived.changes import Derived
from model.facts import AttributedFact, DeviceType, Head, Method, OffsetOrigin, Source, Workout
from stream.compute.derive import derive
from tests.rows import values_of

_ZONE, _DAY = "Europe/Stockholm", date(2026, 11, 20)
_T0 = midnight(_DAY, _ZONE) + 8 * 60 * MINUTE_MS
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_HUB = Source(vendor="hub", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PHONE = replace(_HUB, device_type=DeviceType.PHONE)


def _record_of(
    source: Source,
    start: float,
    end: float,
    *pauses: tuple[float, float],
    timer: float | None = None,
    kind: str = "walking",
) -> AttributedFact:
    """Return a walk with times in minutes from eight o'clock."""
    at = [(round(_T0 + a * MINUTE_MS), round(_T0 + b * MINUTE_MS)) for a, b in pauses]
    head = Head(
        source=source,
        record=f"{source.vendor}:{source.device_type}",
        start_ms=round(_T0 + start * MINUTE_MS),
        end_ms=round(_T0 + end * MINUTE_MS),
        offset_min=60,
        offset_origin=OffsetOrigin.SOURCE,
    )
    moving_ms = None if timer is None else round(timer * MINUTE_MS)
    fact = Workout(head=head, type=kind, moving_ms=moving_ms, pauses=tuple(at))
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _derived(*workouts: AttributedFact) -> Derived:
    window = Window(
        patient="p",
        zone=_ZONE,
        profiles=(),
        dates=(_DAY,),
        workouts=workouts,
        columns=(),
        reports=(),
    )
    return derive(window)


def _counting(derived: Derived) -> list[tuple[float, float]]:
    sessions = [row for row in derived.sessions if row.counts]
    spans: list[tuple[int, int]] = values_of(sessions, "start_ms", "end_ms")
    return [((start - _T0) / MINUTE_MS, (end - _T0) / MINUTE_MS) for start, end in spans]


_LUNCH = _record_of(_WATCH, 0, 180, (40, 130))


@pytest.mark.parametrize(
    "other",
    [
        _record_of(_HUB, 0, 180, timer=90),  # the total of the timer only
        _record_of(_HUB, 1, 180, timer=80),  # without its stops as well
        _record_of(_PHONE, 0, 181, timer=91),  # a worse source
        _record_of(_PHONE, 0, 180),  # nothing but its span
        _record_of(_HUB, 0, 180, (41, 129)),  # a pause of its own, and as long
    ],
    ids=["timer", "moving", "phone", "span", "near"],
)
def test_another_route_of_a_divided_session_adds_nothing(other: AttributedFact) -> None:
    alone = _derived(_LUNCH)
    assert _counting(alone) == [(0, 40), (130, 180)]
    for order in permutations((_LUNCH, other)):
        both = _derived(*order)
        (day,) = both.days
        assert (len(_counting(both)), day.sessions) == (2, 2)
        # within the minute by which the routes differ
        assert abs(day.session_ms - 90 * MINUTE_MS) <= 2 * MINUTE_MS


def test_a_pause_that_is_a_few_seconds_too_short_divides_too() -> None:
    long, short = _record_of(_WATCH, 0, 180, (40, 100.5)), _record_of(_HUB, 0, 180, (40.4, 100.2))
    assert _counting(_derived(short)) == [(0, 180)]
    (day,) = _derived(long, short).days
    # each route ran for some seconds of the other's pause
    assert (day.sessions, day.session_ms) == (2, (180 - 60.5) * MINUTE_MS)


def test_a_route_that_ran_through_the_pause_stays_in_one_piece() -> None:
    through = _record_of(_HUB, 0, 180, timer=180)
    (day,) = _derived(_LUNCH, through).days
    assert (day.sessions, day.session_ms) == (1, 180 * MINUTE_MS)


_BREAK = _record_of(_WATCH, 0, 30, (10, 15))


@pytest.mark.parametrize(
    ("other", "counted"),
    [
        (_record_of(_HUB, 0, 25), 25),  # start and timer are all that it knows
        (_record_of(_HUB, 0, 25, timer=25), 25),
        (_record_of(_PHONE, 1, 25), 25),
        (
            _record_of(_HUB, 2, 29),
            23,
        ),  # within two minutes; it begins later, and so does what stays
        (_record_of(_HUB, 0, 22.9), 30),  # another one: its own end is believed
    ],
    ids=["alone", "timer", "phone", "near", "shorter"],
)
def test_a_route_that_ends_by_its_timer_ends_with_the_other(
    other: AttributedFact, counted: float
) -> None:
    for order in permutations((_BREAK, other)):
        (day,) = _derived(*order).days
        assert day.session_ms == round(counted * MINUTE_MS), order


def test_a_timer_of_another_family_or_start_ends_by_itself() -> None:
    ride = _record_of(_HUB, 0, 25, kind="cycling")
    later = _record_of(_HUB, 3, 28)
    assert (0, 25) in _counting(_derived(_BREAK, ride))
    assert (3, 28) in _counting(_derived(_BREAK, later))
