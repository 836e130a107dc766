"""Working hours: weekdays, hours, holidays and the two nights on which clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.working_hours import (
    DEFAULT_HOURS,
    WorkingHours,
    WorkingHoursError,
    hours_json,
    parse_hours,
)
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, epoch_ms

_ROUND_THE_CLOCK = WorkingHours(
    zone="Europe/Stockholm", weekdays=(1, 2, 3, 4, 5, 6, 7), opens_min=0, closes_min=1440
)
_JSON: dict[str, Any] = {
    "zone": "Europe/Stockholm",
    "weekdays": [1, 2, 3, 4, 5],
    "opens": "08:00",
    "closes": "17:00",
    "country": "SE",
    "subdivision": "",
    "closed": [],
}


def _utc(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "working"),
    [
        ("2026-11-23T06:59:59.999", False),  # Monday, 07:59:59.999 in Stockholm
        ("2026-11-23T07:00", True),
        ("2026-11-23T15:59:59.999", True),
        ("2026-11-23T16:00", False),
        ("2026-11-22T10:00", False),  # Sunday
        ("2026-06-01T06:00", True),  # summer time: 08:00
        ("2026-06-19T10:00", False),  # Midsummer Eve, a Friday, no law but nobody works
        ("2026-01-06T10:00", False),  # Epiphany, a Tuesday
        ("2026-12-24T10:00", False),
        ("2026-12-23T10:00", True),
    ],
)
def test_office_hours_in_sweden(at: str, *, working: bool) -> None:
    assert DEFAULT_HOURS.is_working(_utc(at)) is working


def test_a_closed_day_is_no_working_day_and_a_country_has_its_own() -> None:
    at = _utc("2026-11-23T10:00")
    assert not replace(DEFAULT_HOURS, closed=(date(2026, 11, 23),)).is_working(at)
    third_of_october = _utc("2025-10-03T10:00")  # Germany's, a Friday
    assert DEFAULT_HOURS.is_working(third_of_october)
    assert not replace(DEFAULT_HOURS, country="DE").is_working(third_of_october)
    assert replace(DEFAULT_HOURS, country="").is_working(_utc("2026-06-19T10:00"))
    epiphany = _utc("2026-01-06T10:00")  # in Germany a holiday in some states only
    assert replace(DEFAULT_HOURS, country="DE").is_working(epiphany)
    assert not replace(DEFAULT_HOURS, country="DE", subdivision="BY").is_working(epiphany)


@pytest.mark.parametrize(
    ("at", "hours", "after"),
    [
        ("2026-11-23T07:00", 4, "2026-11-23T11:00"),
        ("2026-11-23T12:00", 4, "2026-11-23T16:00"),  # exactly at closing time
        ("2026-11-23T13:00", 4, "2026-11-24T08:00"),
        ("2026-11-20T15:00", 4, "2026-11-23T10:00"),  # Friday afternoon to Monday
        ("2026-11-21T10:00", 4, "2026-11-23T11:00"),  # raised on a Saturday
        ("2026-11-23T16:00", 0, "2026-11-24T07:00"),
        ("2026-11-23T09:30", 0, "2026-11-23T09:30"),
        ("2026-12-23T15:00", 4, "2026-12-28T10:00"),  # over Christmas and a weekend
        ("2026-03-27T15:00", 4, "2026-03-30T09:00"),  # over the change to summer time
        ("2026-10-23T14:00", 4, "2026-10-26T10:00"),  # and back
    ],
)
def test_working_time_is_added(at: str, hours: int, after: str) -> None:
    assert DEFAULT_HOURS.add_working_ms(_utc(at), hours * HOUR_MS) == _utc(after)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-03-28", 24)]
)
def test_a_day_on_which_clocks_change_has_its_own_length(day: str, hours: int) -> None:
    start = _ROUND_THE_CLOCK.add_working_ms(_utc(f"{day}T12:00"), 0) - 12 * HOUR_MS
    bounds = _utc(f"{day}T00:00") - DAY_MS, _utc(f"{day}T00:00") + 2 * DAY_MS
    weekday = date.fromisoformat(day).isoweekday()
    only = replace(_ROUND_THE_CLOCK, weekdays=(weekday,))
    assert only.working_ms_between(*bounds) == hours * HOUR_MS
    assert start == _utc(f"{day}T00:00")


def test_skipped_and_doubled_times() -> None:
    # 02:30 is skipped on 2026-03-29: it counts as 03:30, an hour and a half after 01:00 +01:00.
    night = replace(_ROUND_THE_CLOCK, opens_min=150, closes_min=300)
    assert night.add_working_ms(_utc("2026-03-28T23:00"), 0) == _utc("2026-03-29T01:30")
    # 02:30 comes twice on 2026-10-25: opened at the first, closed at the second.
    first, second = _utc("2026-10-25T00:30"), _utc("2026-10-25T01:30")
    assert night.add_working_ms(_utc("2026-10-24T23:00"), 0) == first
    until = replace(_ROUND_THE_CLOCK, opens_min=60, closes_min=150)
    assert until.is_working(second - 1)
    assert not until.is_working(second)
    # a skipped closing time does not close before the change
    assert until.is_working(_utc("2026-03-29T01:29"))
    assert not until.is_working(_utc("2026-03-29T01:30"))


def test_the_working_day_of_an_instant() -> None:
    assert DEFAULT_HOURS.working_day(_utc("2026-11-20T15:00")) == date(2026, 11, 20)
    assert DEFAULT_HOURS.working_day(_utc("2026-11-20T16:00")) == date(2026, 11, 23)
    assert DEFAULT_HOURS.working_day(_utc("2026-11-23T02:00")) == date(2026, 11, 23)


_INSTANTS = st.integers(_utc("2026-01-01T00:00"), _utc("2027-12-31T00:00"))
_SPANS = st.integers(0, 60 * HOUR_MS)


@given(_INSTANTS, _SPANS)
def test_what_was_added_has_passed(at: int, ms: int) -> None:
    after = DEFAULT_HOURS.add_working_ms(at, ms)
    assert DEFAULT_HOURS.working_ms_between(at, after) == ms
    # and not a millisecond earlier
    assert ms == 0 or DEFAULT_HOURS.working_ms_between(at, after - 1) == ms - 1


@given(_INSTANTS, _SPANS, _SPANS)
def test_adding_twice_is_adding_the_sum(at: int, first: int, second: int) -> None:
    hours = DEFAULT_HOURS
    # a step of no time may leave closing time for the next opening, so a step has some
    twice = hours.add_working_ms(hours.add_working_ms(at, first + 1), second + 1)
    assert twice == hours.add_working_ms(at, first + second + 2)


def test_json_there_and_back() -> None:
    assert parse_hours(_JSON) == DEFAULT_HOURS
    assert hours_json(DEFAULT_HOURS) == _JSON
    other = {**_JSON, "closes": "24:00", "closed": ["2026-06-05"], "weekdays": [7, 1, 1]}
    assert hours_json(parse_hours(other)) == {**other, "weekdays": [1, 7]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Stockholm"),
        ("zone", "localtime"),
        ("zone", ""),
        ("weekdays", []),
        ("weekdays", [0]),
        ("weekdays", [1, 8]),
        ("weekdays", [True]),
        ("weekdays", "12345"),
        ("opens", "8"),
        ("opens", "17:00"),
        ("opens", "٠٨:00"),
        ("closes", "24:01"),
        ("closes", "16:60"),
        ("country", "ZZ"),
        ("subdivision", "BY"),
        ("closed", "2026-06-05"),
        ("closed", ["5 June"]),
        ("closed", ["2026-06-05"] * 367),
        ("lunch", "12:00"),
    ],
)
def test_hours_that_cannot_be_are_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(WorkingHoursError, match=f"^{field if field != 'opens' else '(opens|clo)'}"):
        parse_hours({**_JSON, field: value})


@pytest.mark.parametrize(
    ("at", "last", "following"),
    [
        ("2026-11-23T10:00", "2026-11-20T16:00", "2026-11-23T16:00"),  # Monday
        ("2026-11-23T15:59:59.999", "2026-11-20T16:00", "2026-11-23T16:00"),
        ("2026-11-23T16:00", "2026-11-23T16:00", "2026-11-24T16:00"),  # 17:00 in Stockholm
        ("2026-11-27T16:00", "2026-11-27T16:00", "2026-11-30T16:00"),  # Friday
        ("2026-06-18T15:00", "2026-06-18T15:00", "2026-06-22T15:00"),  # before Midsummer
    ],
)
def test_a_working_day_is_between_two_closings(at: str, last: str, following: str) -> None:
    assert DEFAULT_HOURS.last_closing(_utc(at)) == _utc(last)
    assert DEFAULT_HOURS.next_closing(_utc(at)) == _utc(following)


@given(st.integers(_utc("2026-01-01T00:00"), _utc("2027-12-31T00:00")))
def test_each_instant_is_in_a_single_working_day(at: int) -> None:
    for hours in (DEFAULT_HOURS, _ROUND_THE_CLOCK):
        first, last = hours.last_closing(at), hours.next_closing(at)
        assert first <= at < last
        assert hours.last_closing(last - 1) == first
        assert hours.last_closing(last) == last == hours.next_closing(first)


def test_hours_without_a_working_day_end() -> None:
    closed = tuple(date(2026, 1, 1 + n) for n in range(31))
    january = replace(DEFAULT_HOURS, closed=closed)
    assert january.add_working_ms(_utc("2026-01-10T10:00"), MINUTE_MS) == _utc("2026-02-02T07:01")
    with pytest.raises(WorkingHoursError):
        replace(DEFAULT_HOURS, weekdays=()).add_working_ms(_utc("2026-01-10T10:00"), 1)
