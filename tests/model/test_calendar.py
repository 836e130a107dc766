"""Instants and local days, where clocks change: exact bounds, and that days tile time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import (
    DAY_MS,
    dates_between,
    day_bounds,
    epoch_ms,
    known_zone,
    local_date,
    midnight,
    monday,
    rfc3339,
    rfc3339_ms,
    utc,
    week_bounds,
)

_ZONE = "Europe/Stockholm"
_HOUR = 3_600_000
_zones = st.sampled_from(
    [_ZONE, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"]
)
_days = st.dates(date(1990, 1, 1), date(2036, 1, 1))
instants = st.integers(0, 2_000_000_000_000)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)]
)
def test_days_of_23_24_and_25_hours(day: date, hours: int) -> None:
    start, end = day_bounds(day, _ZONE)
    assert end - start == hours * _HOUR


def test_a_known_midnight() -> None:
    assert utc(midnight(date(2026, 11, 23), _ZONE)) == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert utc(midnight(date(2026, 7, 1), _ZONE)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_week_with_a_change_of_clocks() -> None:
    start, end = week_bounds(date(2026, 10, 19), _ZONE)
    assert end - start == 7 * DAY_MS + _HOUR


@given(instants, _zones)
def test_an_instant_lies_within_its_local_day(ms: int, zone: str) -> None:
    start, end = day_bounds(local_date(ms, zone), zone)
    assert start <= ms < end


@given(_days, _zones)
def test_days_tile_time(day: date, zone: str) -> None:
    assert day_bounds(day, zone)[1] == day_bounds(day + timedelta(days=1), zone)[0]


@given(_days)
def test_monday_is_the_first_of_its_week(day: date) -> None:
    first = monday(day)
    assert (first.weekday(), first <= day < first + timedelta(days=7)) == (0, True)
    assert first.isocalendar()[:2] == day.isocalendar()[:2]


@given(instants)
def test_utc_and_back_is_exact(ms: int) -> None:
    assert epoch_ms(utc(ms)) == ms
    assert epoch_ms(datetime.fromisoformat(rfc3339(ms))) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (1_000, "1970-01-01T00:00:01Z")],
)
def test_rfc3339(ms: int, text: str) -> None:
    assert rfc3339(ms) == text


@given(instants, st.integers(0, 5 * DAY_MS), _zones)
def test_dates_between_are_those_of_the_first_and_last_instant_and_all_in_between(
    ms: int, n: int, zone: str
) -> None:
    got = dates_between(ms, ms + n, zone)
    assert (got[0], got[-1]) == (local_date(ms, zone), local_date(ms + max(n - 1, 0), zone))
    for earlier, later in pairwise(got):
        assert later - earlier == timedelta(days=1)


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+5", "Europe/Paris", "America/Argentina/Ushuaia"])
def test_a_zone_of_the_database_is_known(zone: str) -> None:
    assert known_zone(zone) == zone


@pytest.mark.parametrize(
    "zone",
    [
        *("localtime", "posixrules", "Factory", "posix/Europe/Paris", "right/Europe/Paris"),
        *("", "Mars/Base", "Europe", "../../etc/passwd", "/etc/localtime", "Europe/Paris\0"),
    ],
)
def test_a_zone_in_which_nobody_lives_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="must be an IANA time zone"):
        known_zone(zone)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2025-11-25T08:00:00Z", 0),
        ("2025-11-25t08:00:00z", 0),
        ("2025-11-25 08:00:00z", 0),
        ("2025-11-25T08:00:00-00:00", 0),
        ("2025-11-25T08:00Z", 0),
        ("2025-11-25 09:00+01:00", 0),
        ("2025-11-25T09:00:00.25+01:00", 250),
        ("2025-11-25T08:00:00.123456789Z", 123),
    ],
)
def test_an_rfc_3339_instant_is_read(text: str, ms: int) -> None:
    assert rfc3339_ms(text) == epoch_ms(datetime(2025, 11, 25, 8, tzinfo=UTC)) + ms


@pytest.mark.parametrize(
    "text",
    [
        *("2025-W48-2T08:00:00Z", "20251125T080000Z", "2025-11-25x08:00:00Z", "2025-11-25T08Z"),
        *("2025-11-25T08:00.5Z", "2025-11-25T08:00:00+01:00:30", "2025-11-25T08:00:00 +01:00"),
        *(
            "2025-11-25T08:00:00,5Z",
            "2025-11-25T08:00:00",
            "2025-11-25",
            "2025-11-25T08:00:00+0100",
        ),
        *("2025-11-25T24:00:00Z", "2025-11-31T08:00:00Z", "2025-11-25T08:00:00+24:00", ""),
        *("2025-11-25T08:00:00Z\n", "2025-11-25T08:00:0\u0663Z", "2025-11-25T08:00:00.Z"),
    ],
)
def test_no_other_text_is_an_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is that of Python for a false date
        rfc3339_ms(text)
