"""When an account closes: to the millisecond, when clocks change, at ends of months."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import DAY_MS, epoch_ms, local_date, midnight
from model.privacy.closing import (
    AccountLife,
    AccountStep,
    ClosingReading,
    ClosingTerms,
    closes_from_ms,
    erases_from_ms,
    last_day,
    months_later,
    next_step,
    warns_from_ms,
)

_ZONE = "Europe/Stockholm"
_TERMS = ClosingTerms()
_STRICT = ClosingTerms(reading=ClosingReading.AFTER_END)
_ENDS = AccountLife(ends_on=date(2026, 5, 31))
_DATES = st.dates(date(1990, 1, 1), date(2090, 1, 1))
_ZONES = st.sampled_from([_ZONE, "Atlantic/Azores", "America/Havana", "Australia/Lord_Howe", "UTC"])
_READINGS = st.sampled_from(list(ClosingReading))


def _at(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(_ZONE)).astimezone(UTC))


def _warned(life: AccountLife, terms: ClosingTerms, at_ms: int, zone: str = _ZONE) -> AccountLife:
    return replace(life, warned_for=last_day(life, terms, zone), warned_ms=at_ms)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-05-31", "2026-11-30"),  # November has no 31st
        ("2026-08-31", "2027-02-28"),
        ("2027-08-31", "2028-02-29"),  # a leap year
        ("2027-08-29", "2028-02-29"),
        ("2028-02-29", "2028-08-29"),
        ("2026-12-31", "2027-06-30"),
        ("2026-01-01", "2026-07-01"),
        ("2100-08-31", "2101-02-28"),  # 2100 is no leap year, nor is 2101
    ],
)
def test_six_months_end_on_the_same_number_or_the_last_of_the_month(start: str, end: str) -> None:
    assert months_later(date.fromisoformat(start), 6) == date.fromisoformat(end)


@pytest.mark.promise(16)
def test_each_step_comes_at_its_exact_millisecond() -> None:
    # the last day is 30 November; the warning 30 days before the closing, in winter time
    warns_ms, closes_ms = _at("2026-11-01T00:00:00"), _at("2026-12-01T00:00:00")
    assert next_step(_ENDS, _TERMS, _ZONE, warns_ms - 1) is AccountStep.NOTHING
    assert next_step(_ENDS, _TERMS, _ZONE, warns_ms) is AccountStep.WARN
    warned = _warned(_ENDS, _TERMS, warns_ms)
    assert next_step(warned, _TERMS, _ZONE, closes_ms - 1) is AccountStep.NOTHING
    assert next_step(warned, _TERMS, _ZONE, closes_ms) is AccountStep.CLOSE
    closed = replace(warned, closed_ms=closes_ms)
    # 1 December does not count, and 30 full days follow
    erases_ms = _at("2027-01-01T00:00:00")
    assert next_step(closed, _TERMS, _ZONE, erases_ms - 1) is AccountStep.NOTHING
    assert next_step(closed, _TERMS, _ZONE, erases_ms) is AccountStep.ERASE


@pytest.mark.parametrize(
    ("ends_on", "closes"),
    [
        # closing at the midnight after which the clocks change, forward and back
        ("2026-09-28", "2027-03-29T00:00:00"),
        ("2026-09-27", "2027-03-28T00:00:00"),
        ("2027-04-30", "2027-10-31T00:00:00"),
        ("2027-05-01", "2027-11-02T00:00:00"),
    ],
)
def test_a_closing_is_a_local_midnight_whatever_the_clocks_do(ends_on: str, closes: str) -> None:
    life = AccountLife(ends_on=date.fromisoformat(ends_on))
    last = last_day(life, _TERMS, _ZONE)
    assert last is not None
    warned = _warned(life, _TERMS, warns_from_ms(last, _TERMS, _ZONE))
    assert closes_from_ms(warned, last, _TERMS, _ZONE) == _at(closes)


@pytest.mark.promise(16)
def test_the_two_readings_differ_once_the_patient_has_signed_in() -> None:
    # 31 August, in the last half minute of the day in Stockholm, which is still 31 August
    signed_in = replace(_ENDS, signed_in_ms=_at("2026-08-31T23:59:59.999"))
    assert last_day(signed_in, _TERMS, _ZONE) == date(2027, 2, 28)
    assert last_day(signed_in, _STRICT, _ZONE) is None
    assert last_day(_ENDS, _STRICT, _ZONE) == date(2026, 11, 30)
    # a sign-in on the last day of the prescription, or before it, is none since its end
    before = replace(_ENDS, signed_in_ms=_at("2026-05-31T23:59:59.999"))
    assert last_day(before, _STRICT, _ZONE) == date(2026, 11, 30)
    after = replace(_ENDS, signed_in_ms=_at("2026-06-01T00:00:00"))
    assert last_day(after, _STRICT, _ZONE) is None


def test_without_a_prescription_nothing_closes_by_itself() -> None:
    life = AccountLife(signed_in_ms=0)
    for reading in ClosingReading:
        terms = ClosingTerms(reading=reading)
        assert next_step(life, terms, _ZONE, _at("2199-01-01T00:00:00")) is AccountStep.NOTHING


@pytest.mark.promise(16)
def test_a_late_warning_moves_the_closing() -> None:
    late_ms = _at("2027-03-15T13:00:00")
    warned = _warned(_ENDS, _TERMS, late_ms)
    closes_ms = _at("2027-04-14T00:00:00")
    assert next_step(_ENDS, _TERMS, _ZONE, late_ms) is AccountStep.WARN
    assert next_step(warned, _TERMS, _ZONE, closes_ms - 1) is AccountStep.NOTHING
    assert next_step(warned, _TERMS, _ZONE, closes_ms) is AccountStep.CLOSE


def test_a_sign_in_after_the_warning_needs_another_one() -> None:
    warned = _warned(_ENDS, _TERMS, _at("2026-11-01T00:00:00"))
    seen = replace(warned, signed_in_ms=_at("2026-11-30T23:59:59"))
    assert next_step(seen, _TERMS, _ZONE, _at("2026-12-01T00:00:00")) is AccountStep.NOTHING
    assert next_step(seen, _TERMS, _ZONE, _at("2027-05-02T00:00:00")) is AccountStep.WARN


@pytest.mark.promise(17)
def test_what_was_prescribed_anew_keeps_an_account_and_its_data() -> None:
    now_ms = _at("2027-03-01T12:00:00")
    again = replace(_ENDS, ends_on=date(2027, 3, 1), closed_ms=_at("2026-12-01T00:00:00"))
    assert next_step(again, _TERMS, _ZONE, now_ms) is AccountStep.NOTHING
    assert next_step(replace(again, closed_ms=None), _TERMS, _ZONE, now_ms) is AccountStep.NOTHING


def test_an_erasure_waits_for_what_holds_it_and_can_be_switched_off() -> None:
    closed = replace(_ENDS, closed_ms=_at("2026-12-01T00:00:00"))
    now_ms = _at("2028-01-01T00:00:00")
    assert next_step(closed, _TERMS, _ZONE, now_ms) is AccountStep.ERASE
    held = replace(closed, is_held=True)
    assert next_step(held, _TERMS, _ZONE, now_ms) is AccountStep.NOTHING
    assert next_step(closed, ClosingTerms(erase_days=0), _ZONE, now_ms) is AccountStep.NOTHING
    assert erases_from_ms(0, ClosingTerms(erase_days=0), _ZONE) is None


@given(_DATES)
def test_months_are_added_in_the_order_of_the_dates(day: date) -> None:
    days = [day + timedelta(days=n) for n in range(40)]
    ends = [months_later(each, 6) for each in days]
    assert all(first <= second for first, second in pairwise(ends))
    assert all(181 - 3 <= (end - each).days <= 184 for each, end in zip(days, ends, strict=True))


@given(ends=_DATES, seen=st.none() | _DATES, hour=st.integers(0, DAY_MS - 1), zone=_ZONES)
def test_signing_in_never_closes_an_account_earlier(
    ends: date, seen: date | None, hour: int, zone: str
) -> None:
    life = AccountLife(ends_on=ends)
    signed_in = None if seen is None else midnight(seen, "UTC") + hour
    last = last_day(life, _TERMS, zone)
    later = last_day(replace(life, signed_in_ms=signed_in), _TERMS, zone)
    assert last is not None
    assert later is not None
    assert later >= last
    if signed_in is not None:
        assert later >= months_later(local_date(signed_in, zone), 6)


@given(ends=_DATES, late=st.integers(0, 400 * DAY_MS), days=st.integers(1, 150), zone=_ZONES,
       reading=_READINGS)  # fmt: skip
def test_nothing_closes_without_a_warning_of_its_full_length(
    ends: date, late: int, days: int, zone: str, reading: ClosingReading
) -> None:
    terms = ClosingTerms(reading=reading, warn_days=days)
    life = AccountLife(ends_on=ends)
    last = last_day(life, terms, zone)
    assert last is not None
    warned_ms = warns_from_ms(last, terms, zone) + late
    assert next_step(life, terms, zone, warned_ms) is AccountStep.WARN
    assert next_step(life, terms, zone, warned_ms + 1000 * DAY_MS) is AccountStep.WARN
    warned = _warned(life, terms, warned_ms, zone)
    closes_ms = closes_from_ms(warned, last, terms, zone)
    assert closes_ms is not None
    # a local date may last 25 hours, so a day of warning may be an hour short of its date
    assert (local_date(closes_ms, zone) - local_date(warned_ms, zone)).days >= days
    assert local_date(closes_ms - 1, zone) >= last
    assert next_step(warned, terms, zone, closes_ms - 1) is AccountStep.NOTHING
    assert next_step(warned, terms, zone, closes_ms) is AccountStep.CLOSE
