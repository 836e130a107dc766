"""Dates without consent or restricted: by hand, and beside the definition word for word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, day_bounds, midnight
from model.prescribing.blocked_dates import (
    NO_CONSENT,
    OBJECTED,
    RESTRICTED,
    BlockedDates,
    ConsentSpan,
    UnusedSpan,
    blocked_among,
    blocked_dates,
    consent_gaps,
    paused_while_blocked,
    restricted_dates,
    with_own_pauses,
)
from model.prescription import Intensity, Pause, Prescription

_ZONE = "Europe/Stockholm"
_DAYS = [date(2026, 10, 20) + timedelta(days=number) for number in range(12)]  # 25 has 25 hours
_START = midnight(_DAYS[0], _ZONE)
_NOON = _START + 12 * HOUR_MS
_PLAN = Prescription(
    id="rx",
    version=1,
    valid_from=_DAYS[0],
    valid_to=_DAYS[9],
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=100, high=120),
)


def _off(*consents: ConsentSpan) -> frozenset[date]:
    return blocked_among(_DAYS[:4], consent_gaps(consents, _ZONE))


def test_consent_is_off_from_the_first_whole_day_after_it_was_withdrawn() -> None:
    third = midnight(_DAYS[2], _ZONE)
    assert _off() == set()
    assert _off((0, None)) == set()
    assert _off((0, _NOON)) == set(_DAYS[1:4])
    assert _off((0, _START)) == set(_DAYS[:4])
    assert _off((0, _START + 1)) == set(_DAYS[1:4])
    assert _off((0, _NOON), (third, None)) == {_DAYS[1]}
    assert _off((0, _NOON), (third - 1, None)) == set()
    assert _off((third, None)) == set()


def test_another_source_keeps_the_dates() -> None:
    assert _off((0, _NOON), (1, None)) == set()
    assert _off((0, _NOON), (1, _NOON + 48 * HOUR_MS)) == {_DAYS[3]}


_MOMENTS = st.integers(0, 12 * 24 * 2).map(lambda half: _START + half * HOUR_MS // 2)
_CONSENTS = st.lists(st.tuples(_MOMENTS, st.none() | _MOMENTS)).map(
    lambda rows: [row for row in rows if row[1] is None or row[0] <= row[1]]
)


def _is_blocked(at: date, consents: Sequence[ConsentSpan]) -> bool:
    start, end = day_bounds(at, _ZONE)
    holds = any(given < end and (until is None or until > start) for given, until in consents)
    return not holds and any(until is not None and until <= start for _, until in consents)


@given(_CONSENTS)
def test_gaps_are_the_dates_after_a_withdrawal_that_no_consent_touches(
    consents: list[ConsentSpan],
) -> None:
    expected = {at for at in _DAYS if _is_blocked(at, consents)}
    assert blocked_among(_DAYS, consent_gaps(consents, _ZONE)) == expected


def test_a_version_is_paused_in_its_gaps_and_keeps_its_own_pauses() -> None:
    own = Pause(first=_DAYS[0], last=_DAYS[0], why="illness")
    plan = replace(_PLAN, pauses=(own,))
    gaps = (
        BlockedDates(first=_DAYS[2], last=_DAYS[3], why=NO_CONSENT),
        BlockedDates(first=_DAYS[8], last=None, why=OBJECTED),
    )
    paused_plan = paused_while_blocked(plan, gaps)
    assert paused_plan.pauses == (
        own,
        Pause(first=_DAYS[2], last=_DAYS[3], why=NO_CONSENT),
        Pause(first=_DAYS[8], last=_DAYS[9], why=OBJECTED),
    )
    assert paused_while_blocked(plan, ()) is plan
    after = (BlockedDates(first=_DAYS[10], last=None, why=RESTRICTED),)
    assert paused_while_blocked(plan, after) is plan
    # what the clinician or the patient set stays a pause for answers too
    assert with_own_pauses([paused_plan]) == (plan,)
    assert with_own_pauses([plan])[0] is plan


def test_a_restriction_takes_each_date_that_it_touches() -> None:
    second = midnight(_DAYS[1], _ZONE)
    row = BlockedDates(first=_DAYS[0], last=_DAYS[0], why=RESTRICTED)
    for span in ((_NOON, _NOON + 1), (_NOON, second), (_START, second)):
        assert restricted_dates([(*span, RESTRICTED)], _ZONE) == (row,)
    (longer,) = restricted_dates([(_NOON, second + 1, RESTRICTED)], _ZONE)
    assert (longer.first, longer.last) == (_DAYS[0], _DAYS[1])
    (open_end,) = restricted_dates([(second, None, OBJECTED)], _ZONE)
    assert open_end == BlockedDates(first=_DAYS[1], last=None, why=OBJECTED)


_UNUSED = st.lists(st.tuples(_MOMENTS, st.none() | _MOMENTS)).map(
    lambda rows: [(*row, RESTRICTED) for row in rows if row[1] is None or row[0] < row[1]]
)


def _is_touched(at: date, unused: Sequence[UnusedSpan]) -> bool:
    start, end = day_bounds(at, _ZONE)
    return any(first < end and (until is None or until > start) for first, until, _ in unused)


@given(_CONSENTS, _UNUSED)
def test_what_blocks_is_a_gap_of_consent_or_a_restriction(
    consents: list[ConsentSpan], unused: list[UnusedSpan]
) -> None:
    expected = {at for at in _DAYS if _is_blocked(at, consents) or _is_touched(at, unused)}
    assert blocked_among(_DAYS, blocked_dates(consents, unused, _ZONE)) == expected
