"""Times as phones write them: each spelling, and what is no time."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from model.facts import RejectKind
from parsers.fields import Unreadable
from parsers.local_times.moments import in_table_order, moment_of, placed_moment

_ARABIC = {48 + digit: chr(0x0660 + digit) for digit in range(10)}  # as some phones write digits
_SEVEN_MS, _NOON_MS, _MIDNIGHT_MS = 1_791_151_020_000, 1_791_165_900_000, 1_791_122_700_000


@pytest.mark.parametrize(
    ("written", "ms", "offset"),
    [
        ("2026-10-05 07:57:00 +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00 am +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00\u202fAM +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00\u00a0a.m. +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00 fm +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57 AM +10:00", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00 a.\u00a0m. +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00\u202fA. M. +1000", _SEVEN_MS, 600),
        ("2026-10-05 7:57:00 vorm. +1000", _SEVEN_MS, 600),
        ("2026-10-05 12:05:00 p.\u202fm. +1000", _NOON_MS, 600),
        ("2026-10-05 12:05:00 \u5348\u5f8c +1000", _NOON_MS, 600),
        ("2026-10-05 12:05:00 \u03bc.\u03bc. +1000", _NOON_MS, 600),
        ("2026-10-05T07:57:00+10:00", _SEVEN_MS, 600),
        ("2026-10-04T21:57:00Z", _SEVEN_MS, None),
        ("2026-10-05 12:05:00\u202fpm +1000", _NOON_MS, 600),
        ("2026-10-05 12:05:00 am +1000", _MIDNIGHT_MS, 600),
        ("2026-10-05 00:05:00 +1000", _MIDNIGHT_MS, 600),
        ("2026-10-05 03:27:00 +0530", _SEVEN_MS, 330),
        ("2026-10-05 07:57:00".translate(_ARABIC) + " +1000", _SEVEN_MS, 600),
        (1_791_151_020, _SEVEN_MS, None),
        (1_791_151_020.25, _SEVEN_MS + 250, None),
        (1_791_151_020_000, _SEVEN_MS, None),
        ("1791151020", _SEVEN_MS, None),
    ],
)
def test_every_spelling_of_a_time_is_read(written: object, ms: int, offset: int | None) -> None:
    moment = placed_moment(written, "date")
    assert (moment.ms, moment.offset) == (ms, offset)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2026-10-05 13:05:00 pm +1000", "not a time of a clock with 12 hours"),
        ("2026-10-05 07:57:00 xm +1000", "not a time of a clock with 12 hours"),
        ("2026-10-05 24:05:00 +1000", "not a time that exists"),
        ("2026-02-30 07:57:00 +1000", "not a time that exists"),
        ("2026-10-05 07:57:00 +1500", "not within 14 hours of UTC"),
        ("1999-10-05 07:57:00 +1000", "not between the years 2000 and 2100"),
        ("05/10/2026 07:57", "not a time with date and offset"),
        ("2026-10-05 07:57:00", "a local time without an offset from UTC"),
        (1e300, "not between the years 2000 and 2100"),
        (-1, "not between the years 2000 and 2100"),
        (True, "not a time"),
        (None, "not a time"),
        ("2" * 65, "not a time"),
    ],
)
def test_what_is_no_time_says_why(written: object, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        placed_moment(written, "date")
    assert (caught.value.where, caught.value.why) == ("date", why)
    assert caught.value.kind in (RejectKind.FIELD, RejectKind.RANGE)


def test_a_zone_places_a_local_time_in_winter_and_in_summer() -> None:
    zone = "Europe/Stockholm"
    winter, summer = (
        moment_of("2026-01-15 08:00", "", zone),
        moment_of("2026-07-15 08:00", "", zone),
    )
    assert (winter.ms % 86_400_000, summer.ms % 86_400_000) == (7 * 3_600_000, 6 * 3_600_000)
    assert (winter.offset, winter.placed) == (None, True)
    assert moment_of("2026-01-15", "", zone).placed is False


def _placed(times: Sequence[str], zone: str) -> list[int | None]:
    moments = in_table_order([moment_of(f"2026-{time}:00", "", zone) for time in times], zone)
    return [None if at is None else at.ms // 60_000 for at in moments]


@pytest.mark.parametrize(
    ("zone", "times", "steps"),
    [
        ("Europe/Stockholm", ["10-25 02:00", "10-25 02:30", "10-25 02:00", "10-25 02:30"], 30),
        ("Europe/Stockholm", ["10-25 01:00", "10-25 02:00", "10-25 02:00", "10-25 03:00"], 60),
        ("Australia/Lord_Howe", ["04-05 01:30", "04-05 01:45", "04-05 01:30", "04-05 01:45"], 15),
        ("Europe/Stockholm", ["10-05 02:00", "10-05 02:30", "10-05 03:00"], 30),
    ],
)
def test_an_hour_that_comes_twice_in_a_table(zone: str, times: list[str], steps: int) -> None:
    placed = [at for at in _placed(times, zone) if at is not None]
    assert [later - before for before, later in pairwise(placed)] == [steps] * (len(times) - 1)


def test_rows_that_are_no_second_hour_stay() -> None:
    newest_first = ["10-25 03:30", "10-25 02:30", "10-25 02:00", "10-25 01:30"]
    first = [at for at in _placed(newest_first, "Europe/Stockholm") if at is not None]
    assert [later - before for before, later in pairwise(first)] == [-120, -30, -30]
    twice = _placed(["10-05 12:00", "10-05 12:00"], "Europe/Stockholm")
    assert twice[0] == twice[1]
