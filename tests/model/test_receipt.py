"""Nothing is measured later than its receipt, and nothing later proves a delivery."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, day_bounds
from model.derived.days import Day, DayState
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import ZoneTimes
from model.prescription import Intensity, Prescription
from model.versions.receipt import (
    FILE_LATER,
    MEASURED_LATER,
    as_first_received,
    as_received,
    delivered_until_ms,
    is_later,
)
from stream.compute.day_states import DayStateInput, day_states
from tests.depth import INVARIANT
from tests.rows import values_of

_T0 = 1_790_000_000_000
_WATCH = Source(vendor="v", device="watch", device_type=DeviceType.WATCH)
_LIMIT = _T0 + 300_000  # of a payload that is received at `_T0`


def _head(start_ms: int, end_ms: int) -> Head:
    return Head(source=_WATCH, record="r", start_ms=start_ms, end_ms=end_ms)


def _block(*t: int) -> SampleBlock:
    times = np.array(t, np.int64)
    head = _head(min(t), max(t) + 1)
    return SampleBlock(head=head, metric="heart_rate", t=times, v=np.full(len(t), 90.0))


def _workout(end_ms: int) -> Workout:
    return Workout(head=_head(end_ms - 1_800_000, end_ms), type="walking")


def _day(start_ms: int) -> DaySummary:
    head = _head(start_ms, start_ms + DAY_MS)
    return DaySummary(head=head, local_date=date(2026, 9, 21), values={"steps": 1.0})


def _answer(at_ms: int) -> Report:
    return Report(head=_head(at_ms, at_ms), instrument=Instrument.PAIN, value=9.0)


@pytest.mark.parametrize(
    ("fact", "later"),
    [
        (_workout(_LIMIT), False),
        (_workout(_LIMIT + 1), True),
        (_block(_T0, _LIMIT), False),
        (_block(_T0, _LIMIT + 1), True),
        (_answer(_LIMIT), False),
        (_answer(_LIMIT + 1), True),
        (_day(_T0 - DAY_MS + 1), False),
        (_day(_T0 - HOUR_MS), False),  # the day is not over, and its totals so far are stated
        (_day(_LIMIT + 1), True),
        (Deletion(head=_head(_LIMIT + 1, _LIMIT + 2)), False),
    ],
)
def test_what_is_later_than_a_receipt(fact: Fact, later: bool) -> None:  # noqa: FBT001
    assert is_later(fact, _T0) is later


def test_later_samples_are_left_out_by_name_and_the_others_stay() -> None:
    allowed = as_received([_block(_T0, _LIMIT, _LIMIT + 1, _LIMIT + 2)], _T0, is_file=True)
    (block,) = allowed.facts
    assert isinstance(block, SampleBlock)
    assert (block.t.tolist(), block.head.end_ms) == ([_T0, _LIMIT], _LIMIT + 1)
    assert values_of(allowed.rejects, "where", "why", "count") == [("facts[0]", MEASURED_LATER, 2)]


def test_a_later_count_is_left_out_with_its_end_and_an_unfinished_one_stays() -> None:
    until = np.array([_LIMIT + HOUR_MS, _LIMIT + 2 * HOUR_MS])
    counts = replace(_block(_T0, _LIMIT + 1), metric="steps", until=until)
    allowed = as_received([counts], _T0, is_file=False)
    (block,) = allowed.facts
    assert isinstance(block, SampleBlock)
    assert block.until is not None
    assert (block.t.tolist(), block.until.tolist()) == ([_T0], [_LIMIT + HOUR_MS])
    assert block.head.end_ms == _LIMIT + HOUR_MS
    assert delivered_until_ms(_received(block, _T0)) == _T0
    assert delivered_until_ms(_received(block, _LIMIT + DAY_MS)) == _LIMIT + HOUR_MS


@pytest.mark.parametrize("end_ms", [_LIMIT + 1, _T0 + 2 * HOUR_MS])
def test_of_a_file_whose_workout_is_later_nothing_is_kept(end_ms: int) -> None:
    in_time: list[Fact] = [_workout(_LIMIT), _block(_T0)]
    assert as_received(in_time, _T0, is_file=True).facts == tuple(in_time)
    # a clock that is a few minutes ahead, or local time an hour ahead that came 55 minutes later
    facts: list[Fact] = [_workout(end_ms), _block(_T0)]
    allowed = as_received(facts, _T0, is_file=True)
    assert (allowed.facts, values_of(allowed.rejects, "why")) == ((), [FILE_LATER])
    from_vendor = as_received(facts, _T0, is_file=False)
    assert (len(from_vendor.facts), values_of(from_vendor.rejects, "why")) == (1, [MEASURED_LATER])


@pytest.mark.parametrize(("end_ms", "until"), [(_T0 - 1, _T0 - 1), (_LIMIT, _T0)])
def test_a_source_has_delivered_up_to_its_receipt_at_most(end_ms: int, until: int) -> None:
    assert delivered_until_ms(_received(_workout(end_ms), _T0)) == until


def _received(fact: Fact, received_ms: int) -> AttributedFact:
    return AttributedFact(
        patient="p", connector="v", received_ms=received_ms, body="00" * 32, fact=fact
    )


_ZONE = "Europe/Stockholm"
_FIRST = date(2026, 9, 21)
_DATES = [_FIRST + timedelta(days=n) for n in range(14)]
_DAILY = Prescription(
    id="walk",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=7,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=110.0, high=130.0),
)


@st.composite
def _hostile(draw: st.DrawFn) -> tuple[int, list[Fact]]:
    """Return a body with instants anywhere in the calendar, and its receipt within two weeks."""
    start_ms = day_bounds(_FIRST, _ZONE)[0]
    received_ms = start_ms + draw(st.integers(0, 14 * 24 * 60)) * MINUTE_MS
    near = st.integers(-2 * DAY_MS, 20 * DAY_MS).map(lambda ms: start_ms + ms)
    at = st.one_of(near, st.integers(946_684_800_000, 4_102_444_000_000))
    facts = st.one_of(
        st.builds(_workout, at),
        st.builds(_day, at),
        st.builds(_answer, at),
        st.lists(at, min_size=1, max_size=9).map(lambda t: _block(*sorted(t))),
    )
    return received_ms, draw(st.lists(facts, min_size=1, max_size=4))


@INVARIANT
@given(
    worn=st.lists(st.booleans(), min_size=14, max_size=14),
    hostile=_hostile(),
    is_file=st.booleans(),
)
def test_no_body_makes_a_silent_day_one_of_no_activity(
    worn: list[bool],
    hostile: tuple[int, list[Fact]],
    is_file: bool,  # noqa: FBT001
) -> None:
    honest = []
    for day, is_on_patient in zip(_DATES, worn, strict=True):
        if is_on_patient:  # worn from morning to evening, and synced in the night
            end_ms = day_bounds(day, _ZONE)[1]
            honest.append(_received(_block(end_ms + HOUR_MS), end_ms + 2 * HOUR_MS))
    received_ms, facts = hostile
    allowed = as_received(facts, received_ms, is_file=is_file).facts
    bad = [_received(fact, received_ms) for fact in allowed]
    for item in bad:
        assert not is_later(item.fact, received_ms)
        assert (delivered_until_ms(item) or 0) <= received_ms
    states = _states(worn, [*honest, *bad])
    last_receipt_ms = max((item.received_ms for item in [*honest, *bad]), default=0)
    for day, is_on_patient in zip(_DATES, worn, strict=True):
        if not is_on_patient:
            assert states[day] is not DayState.NO_ACTIVITY
        if day_bounds(day, _ZONE)[1] > last_receipt_ms:
            assert states[day] is DayState.NO_DATA


def _states(worn: list[bool], reported: list[AttributedFact]) -> dict[date, DayState]:
    days = {}
    for day, is_on_patient in zip(_DATES, worn, strict=True):
        if is_on_patient:
            days[day] = Day(
                local_date=day,
                sessions=0,
                session_ms=0,
                zones=ZoneTimes(),
                wear_min=900,
                answered=False,
            )
    watermarks: dict[Source, int] = {}
    for item in reported:
        until_ms = delivered_until_ms(item)
        if until_ms is not None:
            watermarks[_WATCH] = max(watermarks.get(_WATCH, until_ms), until_ms)
    known = DayStateInput(
        days=days,
        prescriptions=(_DAILY,),
        blocked=frozenset(),
        since_ms=0,
        watermarks=watermarks,
        zone=_ZONE,
        today=date(2027, 1, 1),
    )
    return day_states(_DATES, known)


def test_a_payload_that_is_delivered_again_keeps_its_first_receipt() -> None:
    first, again = _received(_workout(_T0), _T0 + 1), _received(_workout(_T0), _T0 + 9)
    other = replace(_received(_workout(_T0), _T0 + 5), body="11" * 32)
    for order in ((first, again, other), (again, other, first)):
        receipts = {(item.body, item.received_ms) for item in as_first_received(order)}
        assert receipts == {(first.body, _T0 + 1), (other.body, _T0 + 5)}
    signed = replace(again, stated_ms=_T0)
    assert {item.order.stated_ms for item in as_first_received([first, signed])} == {_T0}
