"""What counts of a session is without its pauses: zones, heart rate, load, days and weeks."""

from dataclasses import replace
from datetime import date
from itertools import chain, starmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import MINUTE_MS, midnight
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.sessions import Load, Session
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Method,
    OffsetOrigin,
    Source,
    Workout,
)
from model.intensity import HeartProfile, ZoneTimes
from parsers.fit_facts.fit_file import parse_fit
from stream.compute.derive import derive
from stream.compute.intensity.thresholds import zone_thresholds
from stream.compute.intensity.zones import shortened, zone_times_between, zone_times_in_pieces
from stream.compute.pieces import Pieces, cut_out, middle_of, pieces_ms
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.candidates import session_id
from stream.compute.weeks import week_of_days
from tests.depth import INVARIANT
from tests.rooms import SHARED
from tests.rows import keyed, of_type, values_of

_ZONE, _DAY = "Europe/Stockholm", date(2026, 11, 20)
_T0 = midnight(_DAY, _ZONE) + 10 * 60 * MINUTE_MS
_WATCH = Source(vendor="files", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_OTHER = replace(_WATCH, device="other")
# light from 99, moderate from 112, vigorous from 138, near maximal from 177
_PROFILE = HeartProfile(
    valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60, hr_max=190, sex="male"
)
_LIGHT, _MODERATE, _VIGOROUS = 100.0, 120.0, 150.0


def _at(minutes: float) -> int:
    return _T0 + round(minutes * MINUTE_MS)


def _workout(
    start: float,
    end: float,
    *pauses: tuple[float, float],
    timer: float | None = None,
    record: str = "r",
    source: Source = _WATCH,
    exertion: float | None = None,
) -> AttributedFact:
    """Return a workout with times in minutes from ten o'clock."""
    head = Head(
        source=source,
        record=record,
        start_ms=_at(start),
        end_ms=_at(end),
        offset_min=60,
        offset_origin=OffsetOrigin.SOURCE,
    )
    fact = Workout(
        head=head,
        type="walking",
        moving_ms=None if timer is None else round(timer * MINUTE_MS),
        pauses=tuple((_at(first), _at(last)) for first, last in pauses),
        exertion_cr10=exertion,
    )
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _heart(*parts: tuple[float, float, float]) -> tuple[SampleColumn, ...]:
    """Return heart rate each second: from minute, to minute, beats a minute."""
    t = [np.arange(_at(start), _at(end), 1_000, dtype=np.int64) for start, end, _ in parts]
    v = [np.full(len(own), part[2]) for own, part in zip(t, parts, strict=True)]
    column = SampleColumn(
        metric="heart_rate", source=_WATCH, record="r", t=np.concatenate(t), v=np.concatenate(v)
    )
    return (column,)


def _derived(*workouts: AttributedFact, heart: tuple[SampleColumn, ...] = ()) -> Derived:
    return derive(
        Window(
            patient="p",
            zone=_ZONE,
            profiles=(_PROFILE,),
            dates=(_DAY,),
            workouts=workouts,
            columns=heart,
            reports=(),
        )
    )


def _minutes(times: ZoneTimes) -> dict[str, float]:
    """Return the classes with time, in minutes."""
    named = zip(ZoneTimes.__slots__, times.as_tuple(), strict=True)
    return {name: ms / MINUTE_MS for name, ms in named if ms}


def _only(derived: Derived) -> Session:
    (session,) = derived.sessions
    return session


def test_a_pause_is_in_no_figure() -> None:
    heart = _heart((0, 10, _MODERATE), (10, 15, _VIGOROUS), (15, 30, _MODERATE))
    derived = _derived(_workout(0, 30, (10, 15)), heart=heart)
    session, (day,) = _only(derived), derived.days
    assert _minutes(session.zones) == {"moderate": 25}
    assert (session.elapsed_ms, session.paused_ms, session.timer_ms) == (
        30 * MINUTE_MS,
        5 * MINUTE_MS,
        25 * MINUTE_MS,
    )
    assert (session.pauses, session.unplaced_ms) == (((_at(10), _at(15)),), 0)
    assert (session.heart.n, session.heart.maximum) == (25 * 60, _MODERATE)
    assert (day.session_ms, day.paused_ms, day.elapsed_ms) == (
        25 * MINUTE_MS,
        5 * MINUTE_MS,
        30 * MINUTE_MS,
    )
    week = week_of_days(date(2026, 11, 16), derived.days)
    assert (week.session_ms, week.paused_ms, week.elapsed_ms, week.dose_min) == (
        25 * MINUTE_MS,
        5 * MINUTE_MS,
        30 * MINUTE_MS,
        25,
    )


def test_load_is_that_of_the_same_exercise_without_a_pause() -> None:
    paused = _only(
        _derived(
            _workout(0, 35, (10, 15), exertion=4),
            heart=_heart((0, 10, _MODERATE), (10, 15, _VIGOROUS), (15, 35, _MODERATE)),
        )
    )
    through = _only(_derived(_workout(0, 30, exertion=4), heart=_heart((0, 30, _MODERATE))))
    assert _values(paused.loads) == _values(through.loads)
    assert _values(paused.loads)["session_rpe"] == 120
    times = values_of(paused.zone_times_by_method, "ms")
    assert times == values_of(through.zone_times_by_method, "ms")


def _values(loads: tuple[Load, ...]) -> dict[str, float | None]:
    return {name: load.value for name, load in keyed(loads, "name").items()}


@pytest.mark.parametrize(
    ("timer", "zones"),
    [
        # 3 minutes light, 17 moderate, 10 unknown but for the 30 s that the last sample holds
        (30, {"light": 3, "moderate": 17.5, "unknown": 9.5}),
        (25, {"light": 3, "moderate": 17.5, "unknown": 4.5}),
        (20.5, {"light": 3, "moderate": 17.5}),
        (20, {"light": 2.5, "moderate": 17.5}),
        (17.5, {"moderate": 17.5}),
        (11, {"moderate": 11}),
        # a timer of nothing or longer than the session tells of no pause
        (0, {"light": 3, "moderate": 17.5, "unknown": 9.5}),
        (45, {"light": 3, "moderate": 17.5, "unknown": 9.5}),
        (None, {"light": 3, "moderate": 17.5, "unknown": 9.5}),
    ],
)
def test_a_pause_without_a_place_is_unknown_time_first_and_then_the_lowest_class(
    timer: float | None, zones: dict[str, float]
) -> None:
    heart = _heart((0, 3, _LIGHT), (3, 20 + 1 / 60, _MODERATE))
    session = _only(_derived(_workout(0, 30, timer=timer), heart=heart))
    # the last sample lies at the full minute and holds 30 s
    assert _minutes(session.zones) == pytest.approx(zones)
    assert session.paused_ms == round((30 - sum(zones.values())) * MINUTE_MS)


def test_intervals_and_total_together_take_no_more_than_the_total() -> None:
    session = _only(_derived(_workout(0, 30, (10, 15), timer=22), heart=_heart((0, 30, _MODERATE))))
    assert (session.timer_ms, session.unplaced_ms) == (22 * MINUTE_MS, 3 * MINUTE_MS)
    assert _minutes(session.zones) == {"moderate": 22}
    longer = _only(_derived(_workout(0, 30, (10, 15), timer=27)))
    assert (longer.timer_ms, longer.unplaced_ms) == (25 * MINUTE_MS, 0)
    assert longer.moving_ms == longer.timer_ms


def test_a_timer_of_nothing_tells_no_moving_time() -> None:
    session = _only(_derived(_workout(0, 30, timer=0)))
    assert (session.timer_ms, session.moving_ms) == (30 * MINUTE_MS, None)


@pytest.mark.parametrize(
    ("timer", "moving"),
    [(60, [20, 40]), (60 + 2 / 60, [20, 40]), (60 + 3 / 60, [None, None]), (50, [None, None])],
)
def test_parts_know_their_moving_time_where_the_pauses_leave_exactly_it(
    timer: float, moving: list[float | None]
) -> None:
    sessions = _derived(_workout(0, 120, (20, 80), timer=timer)).sessions
    ms = [None if minutes is None else minutes * MINUTE_MS for minutes in moving]
    assert [session.moving_ms for session in sessions] == ms


@pytest.mark.parametrize(
    ("pauses", "spans"),
    [
        (((30, 89.999),), [(0, 120)]),
        (((30, 90),), [(0, 30), (90, 120)]),
        (((30, 60), (60, 90)), [(0, 30), (90, 120)]),  # one pause in two pieces
        (((0, 60),), [(60, 120)]),
        (((60, 120),), [(0, 60)]),
        (((0, 120),), [(0, 120)]),
    ],
)
def test_a_pause_of_an_hour_ends_the_session(
    pauses: tuple[tuple[float, float], ...], spans: list[tuple[float, float]]
) -> None:
    derived = _derived(_workout(0, 120, *pauses))
    assert values_of(derived.sessions, "start_ms", "end_ms") == [
        (_at(first), _at(last)) for first, last in spans
    ]
    assert set(values_of(derived.sessions, "record")) == {"r"}
    assert derived.sessions[0].id == session_id("p", _WATCH, "r")
    assert len(set(values_of(derived.sessions, "id"))) == len(spans)


def test_both_sides_of_a_long_pause_count_and_keep_their_own_short_pauses() -> None:
    derived = _derived(_workout(0, 240, (10, 15), (40, 200), (210, 212), timer=70, exertion=4))
    first, second = derived.sessions
    assert (first.timer_ms, second.timer_ms) == (35 * MINUTE_MS, 38 * MINUTE_MS)
    assert (first.counts, second.counts, derived.days[0].sessions) == (True, True, 2)
    assert derived.days[0].elapsed_ms == 80 * MINUTE_MS
    assert (first.exertion_cr10, second.exertion_cr10) == (4, 4)


@pytest.mark.parametrize(("until", "counts"), [(12, True), (12.001, False)])
def test_ten_minutes_on_the_timer_make_a_session(until: float, *, counts: bool) -> None:
    derived = _derived(_workout(0, 20, (2, until)))
    assert _only(derived).counts is counts
    assert derived.days[0].session_ms == _only(derived).timer_ms


@pytest.mark.parametrize(("known", "partial"), [(16, False), (15.9, True)])
def test_how_much_is_known_is_judged_by_the_timer(known: float, *, partial: bool) -> None:
    heart = _heart((0, known - 0.5 + 1 / 60, _MODERATE))  # the last sample holds 30 s
    assert _only(_derived(_workout(0, 40, (20, 40)), heart=heart)).partial is partial


def test_another_session_in_a_pause_counts() -> None:
    longer = _workout(0, 90, (20, 70))
    within = _workout(30, 60, source=_OTHER, record="other")
    (day,) = _derived(longer, within).days
    assert (day.sessions, day.session_ms, day.paused_ms, day.elapsed_ms) == (
        2,
        70 * MINUTE_MS,
        20 * MINUTE_MS,
        90 * MINUTE_MS,
    )


def test_of_a_session_that_another_covers_the_rest_of_its_paused_time_counts() -> None:
    # Half of the 80 minutes is covered, and so is half of the 20 minutes of pause.
    longer, within = _workout(0, 80, timer=60), _workout(20, 60, source=_OTHER, record="other")
    (day,) = _derived(longer, within).days
    assert (day.session_ms, day.paused_ms, day.elapsed_ms) == (
        70 * MINUTE_MS,
        10 * MINUTE_MS,
        80 * MINUTE_MS,
    )


def test_a_break_between_merged_parts_is_a_pause_and_so_are_their_own() -> None:
    derived = _derived(_workout(0, 20, (5, 7)), _workout(24, 40, timer=15, record="s"))
    session = _only(derived)
    assert session.pauses == ((_at(5), _at(7)), (_at(20), _at(24)))
    assert (session.elapsed_ms, session.timer_ms) == (40 * MINUTE_MS, 33 * MINUTE_MS)


def test_a_duplicate_tells_the_pauses_that_the_better_record_does_not() -> None:
    phone = Source(vendor="hub", device_type=DeviceType.PHONE)
    session = _only(_derived(_workout(0, 30), _workout(1, 31, (10, 15), (29, 31), source=phone)))
    assert (session.declared_by, session.timer_ms) == (_WATCH, 24 * MINUTE_MS)
    assert session.pauses == ((_at(10), _at(15)), (_at(29), _at(30)))
    # the better record states its timer, and so that there was no pause
    through = _workout(0, 30, timer=30)
    session = _only(_derived(through, _workout(1, 31, (10, 15), source=phone)))
    assert session.timer_ms == 30 * MINUTE_MS


def test_a_duplicate_tells_when_the_pauses_were_of_which_the_better_record_has_the_total() -> None:
    phone = Source(vendor="hub", device_type=DeviceType.PHONE)
    twin = _workout(1, 31, (10, 15), source=phone)
    session = _only(_derived(_workout(0, 30, timer=25), twin))
    assert (session.declared_by, session.timer_ms) == (_WATCH, 25 * MINUTE_MS)
    assert session.pauses == ((_at(10), _at(15)),)
    # what is left of the total has no place, and a total without room for a pause stays as it is
    session = _only(_derived(_workout(0, 30, timer=22), twin))
    assert (session.timer_ms, session.pauses) == (22 * MINUTE_MS, ((_at(10), _at(15)),))
    session = _only(_derived(_workout(0, 30, timer=27), twin))
    assert (session.timer_ms, session.pauses) == (27 * MINUTE_MS, ())


_CASE = SHARED / "cases" / "F03" / "resume-later.fit"


@pytest.mark.skipif(not _CASE.exists(), reason="the field cases are not beside this checkout")
def test_resumed_after_20_hours_is_the_time_of_the_timer() -> None:
    (workout,) = of_type(Workout, parse_fit(_CASE.read_bytes()).facts)
    fact = AttributedFact(
        patient="p", connector="files", received_ms=0, body="b" * 64, fact=workout
    )
    derived = derive(
        Window(
            patient="p",
            zone=_ZONE,
            profiles=(_PROFILE,),
            dates=(date(2026, 10, 5),),
            workouts=(fact,),
            columns=(),
            reports=(),
        )
    )
    assert (_only(derived).elapsed_ms, derived.days[0].session_ms) == (
        1_240 * MINUTE_MS,
        80 * MINUTE_MS,
    )


_spans = st.lists(st.integers(0, 300), max_size=8, unique=True).map(sorted)


def _pieces(edges: list[int]) -> Pieces:
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@given(_spans, st.integers(0, 300), st.integers(0, 300))
def test_what_is_cut_out_and_what_is_left_is_everything(edges: list[int], a: int, b: int) -> None:
    start, end = sorted((a, b))
    holes = _pieces(edges)
    left = cut_out(start, end, holes)
    outside = set(range(start, end))
    for hole in holes:
        outside.difference_update(range(*hole))
    assert sorted(chain.from_iterable(starmap(range, left))) == sorted(outside)
    if left:
        middle = middle_of(left)
        assert len(outside.intersection(range(middle))) == len(outside) // 2


@st.composite
def _series(draw: st.DrawFn) -> ResolvedSeries:
    t = np.array(sorted(draw(st.sets(st.integers(0, 299), max_size=20))), np.int64)
    levels = st.sampled_from([80.0, 105.0, 120.0, 150.0, 180.0])
    v = np.array(draw(st.lists(levels, min_size=len(t), max_size=len(t))), np.float64)
    return ResolvedSeries(metric="heart_rate", t=t, v=v, hold=np.full(len(t), 30))


@INVARIANT
@given(_series(), _spans, st.integers(0, 300))
def test_zone_times_without_pauses_agree_in_every_way_of_counting(
    series: ResolvedSeries, edges: list[int], unplaced: int
) -> None:
    thresholds, pauses = zone_thresholds(_PROFILE, _DAY), _pieces(edges)
    outside, running = series.without(pauses), cut_out(0, 300, pauses)
    length = pieces_ms(running)
    at_once = zone_times_between(outside, 0, 300, thresholds, length)
    assert at_once == zone_times_in_pieces(outside, 0, running, thresholds)
    assert at_once == _by_each_ms(series, pauses)
    by_ms = min(unplaced, length)
    later = zone_times_between(outside, 0, 300, thresholds, length - by_ms)
    assert later == shortened(at_once, by_ms)
    assert later.total == length - by_ms
    assert min(later.as_tuple()) >= 0


def _by_each_ms(series: ResolvedSeries, pauses: Pieces) -> ZoneTimes:
    """Return the zone times, looking at each millisecond by itself."""
    counts = [0] * 6
    edges = zone_thresholds(_PROFILE, _DAY).edges
    value, since = 0.0, -1_000
    at_instant = dict(zip(series.t.tolist(), series.v.tolist(), strict=True))
    for at in range(300):
        if any(start <= at < end for start, end in pauses):
            since = -1_000  # what was measured before a pause does not hold behind it
            continue
        if at in at_instant:
            value, since = at_instant[at], at
        known = at - since < 30
        counts[sum(value >= edge for edge in edges) if known else 5] += 1
    return ZoneTimes(**dict(zip(ZoneTimes.__slots__, counts, strict=True)))
