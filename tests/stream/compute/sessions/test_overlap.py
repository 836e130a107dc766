"""Sessions that overlap or are short: what counts, and to whom exertion passes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import pytest

from model.columns.window import Window
from model.derived.changes import Derived
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Phase,
    Report,
    Source,
    Workout,
)
from stream.compute.derive import derive

_MIN = 60_000
_DAY = date(2026, 11, 20)
_T0 = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PHONE = Source(vendor="hub", device_type=DeviceType.PHONE, method=Method.WORKOUT)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)


def _workout(
    record: str,
    start: float,
    end: float,
    source: Source = _WATCH,
    kind: str = "walking",
    exertion: float | None = None,
) -> AttributedFact:
    start_ms, end_ms = _T0 + round(start * _MIN), _T0 + round(end * _MIN)
    head = Head(source=source, record=record, start_ms=start_ms, end_ms=end_ms)
    workout = Workout(head=head, type=kind, exertion_cr10=exertion)
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=workout)


def _answer(at: int, cr10: float, session: str = "") -> AttributedFact:
    head = Head(source=_APP, record=f"e{at}", start_ms=_T0 + at * _MIN, end_ms=_T0 + at * _MIN)
    report = Report(
        head=head,
        instrument=Instrument.EXERTION,
        phase=Phase.AFTER,
        value=cr10,
        scale="borg-cr10",
        session=session,
    )
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=report)


def _derived(*facts: AttributedFact) -> Derived:
    """Return what is derived from facts, the same in any order."""
    derived: Derived | None = None
    for order in permutations(facts):
        workouts = tuple(row for row in order if isinstance(row.fact, Workout))
        reports = tuple(row for row in order if isinstance(row.fact, Report))
        window = Window(
            patient="p",
            zone="UTC",
            profiles=(),
            dates=(_DAY,),
            workouts=workouts,
            columns=(),
            reports=reports,
        )
        assert derived in (None, derive(window))
        derived = derive(window)
    assert derived is not None
    return derived


def _rows(derived: Derived) -> dict[str, tuple[bool, float | None]]:
    return {row.record: (row.counts, row.exertion_cr10) for row in derived.sessions}


@pytest.mark.parametrize(
    ("end", "phone"),
    [
        (20, (False, 6.0)),  # 11 of its 20 minutes lie within the watch's session
        (22, (True, 6.0)),  # 11 of 22: half is not more than half
    ],
)
def test_a_session_mostly_within_a_better_one_is_listed_and_its_exertion_passes(
    end: int, phone: tuple[bool, float]
) -> None:
    watch = _workout("w", -19, 11, kind="cycling")
    derived = _derived(watch, _workout("p", 0, end, _PHONE, exertion=6.0))
    passed = None if phone[0] else 6.0
    assert _rows(derived) == {"w": (True, passed), "p": phone}


def test_the_word_of_the_one_that_stays_is_not_overwritten() -> None:
    watch = _workout("w", -19, 30, kind="cycling", exertion=2.0)
    assert _rows(_derived(watch, _workout("p", 0, 20, _PHONE, exertion=6.0)))["w"] == (True, 2.0)


def test_of_two_better_ones_the_one_that_shares_most_has_it() -> None:
    first, second = _workout("a", 0, 8, kind="cycling"), _workout("b", 8, 30, kind="running")
    covered = _workout("p", 0, 20, _PHONE, exertion=6.0)
    rows = _rows(_derived(first, second, covered))
    assert (rows["a"][1], rows["b"][1]) == (None, 6.0)


def test_an_answer_that_names_the_covered_session_passes_too() -> None:
    watch, phone = _workout("w", -19, 30, kind="cycling"), _workout("p", 0, 20, _PHONE)
    assert _rows(_derived(watch, phone, _answer(25, 4.0, "p")))["w"] == (True, 4.0)


def test_the_better_route_that_asks_for_no_exertion_keeps_that_of_the_other() -> None:
    watch, phone = _workout("w", 0, 20), _workout("p", 1, 21, _PHONE, exertion=6.0)
    assert _rows(_derived(watch, phone)) == {"w": (True, 6.0)}


@pytest.mark.parametrize(
    ("part", "kind", "counted"),
    [
        ((0, 20), "walking", {"whole"}),
        ((2, 20), "walking", {"whole"}),
        ((-2, 20), "walking", {"whole"}),
        ((3, 20), "walking", {"part", "whole"}),  # begins elsewhere
        ((25, 45), "walking", {"whole"}),
        ((0, 22), "walking", {"whole"}),
        ((0, 22.5), "walking", {"whole"}),  # just half of it
        ((0, 23), "walking", {"part"}),  # more than half: the whole lies mostly within it
        ((0, 20), "cycling", {"part", "whole"}),
    ],
)
def test_a_trimmed_copy_does_not_count_beside_its_whole(
    part: tuple[float, float], kind: str, counted: set[str]
) -> None:
    other = replace(_WATCH, vendor="other")
    derived = _derived(
        _workout("whole", 0, 45, source=other), _workout("part", *part, kind=kind, exertion=5.0)
    )
    counts = {name for name, (is_counted, _) in _rows(derived).items() if is_counted}
    assert counts == counted
    # each of the minutes counts once, whoever stands for them
    first, last = min(0, part[0]), max(45, part[1])
    assert derived.days[0].session_ms == (last - first) * _MIN
    # what was answered about the copy is about the session
    if counted == {"whole"}:
        assert _rows(derived)["whole"] == (True, 5.0)


def test_a_session_without_a_length_is_no_copy_of_itself() -> None:
    (session,) = _derived(_workout("w", 5, 5, exertion=6.0)).sessions
    assert (session.end_ms - session.start_ms, session.exertion_cr10) == (0, 6.0)


def test_two_halves_stand_for_the_record_around_them() -> None:
    other = replace(_WATCH, vendor="other")
    derived = _derived(
        _workout("whole", 0, 45, source=other), _workout("a", 0, 21), _workout("b", 27, 45)
    )
    counts = {name for name, (is_counted, _) in _rows(derived).items() if is_counted}
    assert counts == {"a", "b"}


@pytest.mark.parametrize(("minutes", "sessions"), [(9, 0), (10, 1)])
def test_a_short_declared_session_counts_in_time_and_not_in_frequency(
    minutes: int, sessions: int
) -> None:
    (day,) = _derived(_workout("w", 0, minutes)).days
    assert (day.sessions, day.session_ms) == (sessions, minutes * _MIN)


def test_parts_over_midnight_are_one_session_on_the_date_of_the_first() -> None:
    midnight = 14 * 60
    first, second = (
        _workout("a", midnight - 30, midnight - 2),
        _workout("b", midnight + 3, midnight + 30),
    )
    (session,) = _derived(first, second).sessions
    assert (session.local_date, session.end_ms - session.start_ms) == (_DAY, 60 * _MIN)
    late = replace(second.fact.head, start_ms=second.fact.head.start_ms + 1)
    apart = replace(second, fact=Workout(head=late, type="walking"))
    assert [row.record for row in _derived(first, apart).sessions] == ["a"]
