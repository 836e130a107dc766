"""Sessions and days from a window: exact rows.

Nothing depends on order, repetition or splitting.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import day_bounds
from model.codec import dumps, plain
from model.columns.window import SampleColumn, Window
from model.derived import Derived, HeartSummary, Session
from model.facts import (
    AttributedFact,
    DaySummary,
    DeviceType,
    Head,
    Instrument,
    Method,
    Phase,
    Report,
    Source,
    Workout,
)
from model.intensity import HeartProfile, ZoneTimes
from stream.compute.derive import derive
from tests.depth import INVARIANT
from tests.rows import matching, values_of

_ZONE = "Europe/Stockholm"
_DAY = date(2026, 11, 20)
_MIN = 60_000
_WATCH = Source(vendor="files", device="w 1", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_BACK = Source(
    vendor="open_wearables", device="w 2", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
_STRAP = Source(
    vendor="open_wearables", device="s 1", device_type=DeviceType.STRAP, method=Method.WORKOUT
)
_PHONE = Source(vendor="open_wearables", device="p 1", device_type=DeviceType.PHONE)
_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_PROFILE = HeartProfile(
    valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60, hr_max=190
)  # 99, 112, 138, 177


def _at(hour: int, minute: int = 0, day: int = 20) -> int:
    """Local time in Stockholm, where winter is an hour ahead of UTC."""
    return (
        int(datetime(2026, 11, day, tzinfo=UTC).timestamp() * 1000)
        + (60 * (hour - 1) + minute) * _MIN
    )


def _attributed(fact: Workout | Report) -> AttributedFact:
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def _workout(
    start: int,
    end: int,
    source: Source = _WATCH,
    record: str = "r1",
    **more: Any,  # noqa: ANN401
) -> AttributedFact:
    head = Head(source=source, record=record, start_ms=start, end_ms=end)
    return _attributed(Workout(head=head, **{"type": "walking", "vendor_type": "Walk", **more}))


def _report(
    start: int,
    instrument: Instrument,
    record: str,
    end: int | None = None,
    **more: Any,  # noqa: ANN401
) -> AttributedFact:
    head = Head(source=_APP, record=record, start_ms=start, end_ms=start if end is None else end)
    return _attributed(Report(head=head, instrument=instrument, **more))


def _hearts(
    source: Source, start: int, end: int, rate: float, record: str = "r1", step: int = 1_000
) -> SampleColumn:
    t = np.arange(start, end, step, dtype=np.int64)
    return SampleColumn(
        metric="heart_rate", source=source, record=record, t=t, v=np.full(len(t), rate)
    )


def _window(**more: Any) -> Window:  # noqa: ANN401
    total = {
        "workouts": (),
        "columns": (),
        "reports": (),
        "profiles": (_PROFILE,),
        "dates": (_DAY,),
    }
    return Window(patient="p", zone=_ZONE, **{**total, **more})


def _as_bytes(derived: Derived) -> bytes:
    return dumps(plain(derived))


def test_a_session_and_its_day_exactly() -> None:
    start, end = _at(10), _at(10, 30)
    columns = (
        _hearts(_WATCH, start, _at(10, 20), 120),
        _hearts(_WATCH, _at(10, 20), _at(10, 29), 150, "r2"),
    )
    got = derive(
        _window(
            workouts=(_workout(start, end, moving_ms=30 * _MIN, exertion_cr10=3.0),),
            columns=columns,
        )
    )
    (session,), (day,) = got.sessions, got.days
    assert session.zones == ZoneTimes(
        moderate=20 * _MIN, vigorous=9 * _MIN + 29_000, unknown=31_000
    )
    assert session.heart == HeartSummary(
        n=1740, minimum=120, mean=(1200 * 120 + 540 * 150) / 1740, maximum=150
    )
    assert (session.start_ms, session.end_ms, session.local_date) == (start, end, _DAY)
    assert (session.type, session.vendor_type, session.moving_ms, session.exertion_cr10) == (
        "walking",
        "Walk",
        30 * _MIN,
        3.0,
    )
    assert (session.declared_by, session.heart_source, session.record, session.body) == (
        _WATCH,
        _WATCH,
        "r1",
        "b" * 64,
    )
    assert (session.partial, session.thresholds.method) == (False, "hrr:measured")
    assert (day.local_date, day.sessions, day.session_ms, day.zones) == (
        _DAY,
        1,
        30 * _MIN,
        session.zones,
    )
    assert (day.wear_min, day.answered) == (29, False)


def test_an_id_stays_when_the_workout_is_corrected_and_differs_by_patient_source_and_record() -> (
    None
):
    item = _workout(_at(10), _at(11))
    ids = [
        derive(replace(_window(workouts=(w,)), patient=p)).sessions[0].id
        for w, p in [
            (item, "p"),
            (_workout(_at(10), _at(12)), "p"),
            (item, "q"),
            (_workout(_at(10), _at(11), _BACK), "p"),
            (_workout(_at(10), _at(11), record="r2"), "p"),
        ]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_a_session_counts_on_the_date_on_which_it_starts_in_the_patients_zone() -> None:
    late = _workout(_at(23, 50), _at(23, 50) + 30 * _MIN)
    both = _window(
        workouts=(late,),
        dates=(_DAY, date(2026, 11, 21)),
        columns=(_hearts(_WATCH, _at(23, 50), _at(24), 120),),
    )
    assert values_of(derive(both).days, "local_date.day", "sessions", "wear_min") == [
        (20, 1, 10),
        (21, 0, 0),
    ]
    assert derive(replace(both, dates=(date(2026, 11, 21),))).sessions == ()


def test_more_than_a_fifth_unknown_is_partial() -> None:
    span = _at(10), _at(10) + 100_000
    for seconds, partial in [(80, False), (79, True)]:
        last = _hearts(_WATCH, span[0], span[0] + (seconds - 29) * 1_000, 120)
        (session,) = derive(_window(workouts=(_workout(*span),), columns=(last,))).sessions
        assert (session.zones.unknown, session.partial) == ((100 - seconds) * 1_000, partial)


def test_the_best_ranked_source_speaks_in_a_session() -> None:
    span = _at(10), _at(10, 10)
    everyone = [_hearts(s, *span, 100 + n) for n, s in enumerate((_PHONE, _BACK, _STRAP, _WATCH))]
    for selected, selected_value in [
        (everyone, _STRAP),
        (everyone[3:], _WATCH),
        (everyone[:2], _BACK),
        (everyone[:1], _PHONE),
    ]:
        (session,) = derive(_window(workouts=(_workout(*span),), columns=tuple(selected))).sessions
        assert session.heart_source == selected_value
        assert session.heart.n == 600
    (session,) = derive(
        _window(workouts=(_workout(*span),), columns=(_hearts(_BACK, _at(9), _at(10), 100),))
    ).sessions
    assert (session.heart_source, session.heart.n, session.zones) == (
        None,
        0,
        ZoneTimes(unknown=10 * _MIN),
    )


def test_of_two_of_one_rank_the_one_with_more_samples_speaks_then_the_first_by_name() -> None:
    span = _at(10), _at(10, 10)
    other = replace(_PHONE, device="p 0")
    for seconds, selected in [(1_000, other), (2_000, _PHONE)]:
        series = (_hearts(_PHONE, *span, 120), _hearts(other, *span, 130, step=seconds))
        for order in (1, -1):
            (session,) = derive(
                _window(workouts=(_workout(*span),), columns=series[::order])
            ).sessions
            assert session.heart_source == selected


def test_samples_of_one_a_minute_hold_for_longer() -> None:
    span = _at(10), _at(10, 10)
    for source, step, unknown in [
        (_BACK, _MIN, 0),
        (_PHONE, _MIN, 0),
        (_WATCH, _MIN, 0),
        (_WATCH, 44_000, 182_000),
        (_PHONE, 44_000, 182_000),
    ]:
        column = _hearts(source, *span, 120, step=step)
        (session,) = derive(_window(workouts=(_workout(*span),), columns=(column,))).sessions
        assert session.zones == ZoneTimes(moderate=10 * _MIN - unknown, unknown=unknown)


def test_at_one_instant_the_greater_record_then_value_stands() -> None:
    t = np.array([_at(10)])
    columns = [
        SampleColumn(metric="heart_rate", source=_WATCH, record=record, t=t, v=np.array([rate]))
        for record, rate in [("a", 150.0), ("b", 101.0), ("b", 102.0)]
    ]
    for order in (columns, columns[::-1]):
        (session,) = derive(
            _window(workouts=(_workout(_at(10), _at(10, 1)),), columns=tuple(order))
        ).sessions
        assert session.heart == HeartSummary(n=1, minimum=102, mean=102, maximum=102)


def test_limits_are_those_valid_on_the_date_and_invalid_ones_leave_time_unknown() -> None:
    later = replace(_PROFILE, valid_from=date(2026, 11, 20), rate_limited=True)
    total = _window(
        profiles=(later, _PROFILE),
        dates=(date(2026, 11, 19), _DAY),
        workouts=(
            _workout(_at(10, day=19), _at(11, day=19), record="r0"),
            _workout(_at(10), _at(11)),
        ),
        columns=(
            _hearts(_WATCH, _at(10, day=19), _at(11, day=19), 120, "r0"),
            _hearts(_WATCH, _at(10), _at(11), 120),
        ),
    )
    before, after = derive(total).sessions
    assert before.zones == ZoneTimes(moderate=60 * _MIN)
    assert (after.zones, after.thresholds.valid, after.heart.mean) == (
        ZoneTimes(unknown=60 * _MIN),
        False,
        120,
    )


@pytest.mark.promise(2)
def test_a_session_by_hand_has_the_zones_that_a_watch_shows_and_answers_its_day() -> None:
    by_hand = _report(
        _at(10),
        Instrument.SESSION,
        "s1",
        _at(10, 40),
        type="nordic_walking",
        value=4,
        scale="borg-cr10",
    )
    got = derive(_window(reports=(by_hand,), columns=(_hearts(_BACK, _at(10), _at(11), 120),)))
    (session,), (day,) = got.sessions, got.days
    assert (session.zones, session.partial, session.heart_source) == (
        ZoneTimes(moderate=40 * _MIN),
        False,
        _BACK,
    )
    assert (session.type, session.exertion_cr10, session.declared_by) == ("nordic_walking", 4, _APP)
    assert (day.sessions, day.session_ms, day.wear_min, day.answered) == (1, 40 * _MIN, 60, True)


def test_an_unknown_type_is_other() -> None:
    (session,) = derive(_window(workouts=(_workout(_at(10), _at(11), type="quidditch"),))).sessions
    assert session.type == "other"


@pytest.mark.parametrize(
    ("change", "sessions"),
    [
        ({}, 1),
        ({"start": _at(10, 2), "end": _at(10, 58)}, 1),
        ({"type": "running"}, 1),  # one family
        ({"start": _at(10, 2) + 1}, 2),
        ({"end": _at(11, 2) + 1}, 2),
        ({"type": "cycling"}, 2),
    ],
)
def test_one_session_by_two_routes_is_one(change: dict[str, Any], sessions: int) -> None:
    second = {"start": _at(10), "end": _at(11), "source": _BACK, "record": "x", **change}
    for order in (1, -1):
        both = (_workout(_at(10), _at(11)), _workout(**second))[::order]
        got = derive(_window(workouts=both)).sessions
        assert len(got) == sessions
        assert values_of(matching(got, record="r1"), "declared_by") == [_WATCH]


def test_a_report_of_a_session_that_a_watch_declared_is_no_second_session() -> None:
    result = _report(
        _at(11),
        Instrument.SESSION,
        "s1",
        _at(11, 20),
        session="r1",
        type="walking",
        value=5,
        scale="borg-cr10",
    )
    (session,) = derive(_window(workouts=(_workout(_at(10), _at(11)),), reports=(result,))).sessions
    assert (session.declared_by, session.exertion_cr10) == (_WATCH, 5)


@pytest.mark.parametrize(
    ("answered", "more", "expected"),
    [
        (_at(10, 30), {}, 6.0),
        (_at(16, 59), {}, 6.0),
        (_at(17), {}, 6.0),
        (_at(17) + 1, {}, None),
        (_at(9, 59), {}, None),
        (_at(20), {"session": "r1"}, 6.0),
        (_at(10, 30), {"scale": "borg-6-20", "value": 13.0}, 4.0),  # the same words
        (_at(10, 30), {"scale": "borg-6-20", "value": 6.0}, 0.0),
        (_at(10, 30), {"scale": "form-1-5"}, None),
        (_at(10, 30), {"value": None}, None),
    ],
)
def test_exertion_goes_to_the_session_it_concerns(
    answered: int, more: dict[str, Any], expected: float | None
) -> None:
    result = _report(
        answered, Instrument.EXERTION, "e1", **{"value": 6.0, "scale": "borg-cr10", **more}
    )
    (session,) = derive(_window(workouts=(_workout(_at(10), _at(11)),), reports=(result,))).sessions
    assert session.exertion_cr10 == expected


def test_the_patients_last_word_on_exertion_beats_the_watch() -> None:
    result = [
        _report(_at(11, n), Instrument.EXERTION, f"e{n}", value=n, scale="borg-cr10")
        for n in (2, 7, 4)
    ]
    result[0] = replace(
        result[0], fact=replace(result[0].fact, head=replace(result[0].fact.head, revision=9))
    )
    (session,) = derive(
        _window(workouts=(_workout(_at(10), _at(11), exertion_cr10=1.0),), reports=tuple(result))
    ).sessions
    assert session.exertion_cr10 == 7


def test_a_reference_to_the_twin_that_was_dropped_finds_the_session() -> None:
    twins = (_workout(_at(10), _at(11)), _workout(_at(10), _at(11), _BACK, "x"))
    result = _report(_at(20), Instrument.EXERTION, "e1", value=6, scale="borg-cr10", session="x")
    (session,) = derive(_window(workouts=twins, reports=(result,))).sessions
    assert (session.record, session.exertion_cr10) == ("r1", 6)


def test_a_minute_of_two_sessions_counts_once() -> None:
    total = _workout(_at(10), _at(12), record="whole", type="other")
    legs = [
        _workout(_at(10), _at(10, 30), record="swim", type="swimming"),
        _workout(_at(10, 35), _at(11), record="run", type="running"),
    ]
    by_phone = _workout(_at(10, 50), _at(12, 10), _PHONE, "phone", type="cycling")
    typed = _report(_at(11, 50), Instrument.SESSION, "s1", _at(12, 20), type="yoga")
    selected = (
        _hearts(_WATCH, _at(10), _at(12), 120, step=20_000),
        _hearts(_PHONE, _at(12), _at(12, 10) - 5_000, 150),
    )
    every_workout = (total, *legs, by_phone)
    for order in (1, -1):
        got = derive(
            _window(workouts=every_workout[::order], reports=(typed,), columns=selected[::order])
        )
        (day,) = got.days
        assert {s.record: s.end_ms - s.start_ms for s in got.sessions}["whole"] == 120 * _MIN
        assert (day.sessions, day.session_ms) == (3, 140 * _MIN)
        assert day.zones == ZoneTimes(
            moderate=120 * _MIN, vigorous=10 * _MIN + 54_000, unknown=10 * _MIN - 54_000
        )


def test_time_over_midnight_that_overlaps_counts_once_on_the_date_of_the_better_session() -> None:
    late, early = _workout(_at(23, 30), _at(24, 30)), _workout(_at(24), _at(25), _PHONE, "x")
    both = _window(workouts=(late, early), dates=(_DAY, date(2026, 11, 21)))
    assert values_of(derive(both).days, "sessions", "session_ms") == [
        (1, 60 * _MIN),
        (1, 30 * _MIN),
    ]
    assert derive(replace(both, dates=(date(2026, 11, 21),))).days == derive(both).days[1:]


def test_wear_counts_a_minute_once_over_all_sources_and_only_accepted_samples() -> None:
    columns = (
        _hearts(_BACK, _at(8), _at(8, 10), 70, step=_MIN),
        _hearts(_PHONE, _at(8, 5), _at(8, 20), 70),
        _hearts(_BACK, _at(9), _at(10), 20, "r2"),
    )
    assert derive(_window(columns=columns)).days[0].wear_min == 20


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 29), 23 * 60), (date(2026, 10, 25), 25 * 60)]
)
def test_wear_on_days_of_23_and_25_hours(day: date, minutes: int) -> None:
    around = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    column = _hearts(_BACK, around - 86_400_000, around + 2 * 86_400_000, 70, step=_MIN)
    assert derive(_window(columns=(column,), dates=(day,))).days[0].wear_min == minutes


def test_a_fact_of_another_kind_is_our_bug() -> None:
    with pytest.raises(TypeError):
        derive(_window(workouts=(_report(_at(10), Instrument.PAIN, "x"),)))
    with pytest.raises(TypeError):
        derive(_window(reports=(_workout(_at(10), _at(11)),)))


# Windows full of what might go wrong: twins, overlaps, equal instants, midnights, and answers that
# belong to no session.

minutes = st.integers(0, 3 * 24 * 60)
_sources = st.sampled_from([_WATCH, _BACK, _STRAP, _PHONE])
_records = st.sampled_from(["a", "b", "c"])
_rates = st.sampled_from([0.0, 20.0, 90.0, 120.0, 150.0])
metrics = st.sampled_from(["heart_rate", "heart_rate", "cadence", "steps", "speed"])
_workouts = st.builds(
    lambda start, length, source, record, kind: _workout(
        _at(0, day=19) + start * _MIN,
        _at(0, day=19) + (start + length) * _MIN,
        source,
        record,
        type=kind,
    ),
    minutes,
    st.integers(0, 120),
    _sources,
    _records,
    st.sampled_from(["walking", "running", "cycling"]),
)
_answers = st.builds(
    lambda start, instrument, record, value, session: _report(
        _at(0, day=19) + start * _MIN, instrument, record, value=value, scale="borg-cr10",
        session=session, phase=Phase.AFTER, end=_at(0, day=19) + (start + 30) * _MIN,
    ),
    minutes,
    st.sampled_from(list(Instrument)),
    st.sampled_from(["q1", "q2", "q3"]),
    st.none() | st.integers(0, 10),
    st.sampled_from(["", "a", "q1", "nowhere"]),
)  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> SampleColumn:
    points = draw(st.lists(st.tuples(minutes, st.integers(1, 25), _rates), max_size=6))
    t, v = np.empty(0, np.int64), np.empty(0)
    for minute, length, rate in points:
        t = np.append(t, _at(0, day=19) + (minute + np.arange(length)) * _MIN)
        v = np.append(v, np.full(length, rate))
    return SampleColumn(
        metric=draw(metrics), source=draw(_sources), record=draw(_records), t=t, v=v
    )


windows = st.builds(
    lambda w, h, r: _window(
        workouts=tuple(w),
        columns=tuple(h),
        reports=tuple(r),
        dates=(date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)),
    ),
    st.lists(_workouts, max_size=6),
    st.lists(columns(), max_size=6),
    st.lists(_answers, max_size=6),
)


@INVARIANT
@given(windows, st.randoms(use_true_random=False))
def test_order_and_repetition_change_no_byte(full: Window, chance: random.Random) -> None:
    def stirred(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        twice = [*rows, *chance.sample(rows, chance.randint(0, len(rows)))]
        return tuple(chance.sample(twice, len(twice)))

    other = Window(
        patient="p",
        zone=_ZONE,
        profiles=stirred(full.profiles),
        dates=stirred(full.dates),
        workouts=stirred(full.workouts),
        columns=stirred(full.columns),
        reports=stirred(full.reports),
    )
    assert _as_bytes(derive(other)) == _as_bytes(derive(full))


@INVARIANT
@given(windows, st.integers(0, 12))
def test_how_samples_were_split_into_columns_changes_no_byte(full: Window, cut: int) -> None:
    halves: list[SampleColumn] = []
    for c in full.columns:
        halves += [replace(c, t=c.t[:cut], v=c.v[:cut]), replace(c, t=c.t[cut:], v=c.v[cut:])]
    assert _as_bytes(derive(replace(full, columns=tuple(halves)))) == _as_bytes(derive(full))


@INVARIANT
@given(windows)
def test_each_date_alone_gives_what_all_together_give(full: Window) -> None:
    together = derive(full)
    alone = [derive(replace(full, dates=(day,))) for day in full.dates]
    assert _as_bytes(together) == _as_bytes(
        Derived(
            sessions=tuple(chain.from_iterable(values_of(alone, "sessions"))),
            days=tuple(chain.from_iterable(values_of(alone, "days"))),
            source_selections=tuple(chain.from_iterable(values_of(alone, "source_selections"))),
        )
    )


def length(sessions: Iterable[Session]) -> int:
    """Return how many ms at least one of the sessions covers."""
    covered, until = 0, -(2**62)
    for start, end in sorted(values_of(sessions, "start_ms", "end_ms")):
        covered += max(end - max(start, until), 0)
        until = max(until, end)
    return covered


@INVARIANT
@given(windows)
def test_the_invariants_of_rows(full: Window) -> None:
    got = derive(full)
    for s in got.sessions:
        assert s.zones.total + s.paused_ms == s.end_ms - s.start_ms
    assert len(set(values_of(got.sessions, "id"))) == len(got.sessions)
    for day in got.days:
        mine = matching(got.sessions, local_date=day.local_date)
        assert day.sessions == sum(values_of(mine, "counts"))
        assert day.session_ms <= length(
            mine
        )  # what other days' sessions cover counts there; exact cases stand above
        assert day.zones.total == day.session_ms
        start, end = day_bounds(day.local_date, _ZONE)
        assert day.volume.total == end - start
        assert 0 <= day.wear_min <= 24 * 60


def stated(source: Source, record: str, revision: int, **values: float) -> AttributedFact:
    head = Head(source=source, record=record, revision=revision, start_ms=_at(0), end_ms=_at(24))
    return AttributedFact(
        patient="p",
        connector="c",
        received_ms=0,
        body="b" * 64,
        fact=DaySummary(head=head, local_date=_DAY, values=values),
    )


@pytest.mark.parametrize(
    ("counted", "total", "steps"),
    [
        (900.0, 8_432, 8_432),  # an hour of samples and the total of the date
        (8_433.0, 8_432, 8_433),  # the total came before the last samples
        (8_432.0, 8_432, 8_432),
        (0.0, 12, 12),
        (None, 8_432, 8_432),
        (900.0, None, 900),
        (None, None, None),
    ],
)
def test_the_greater_of_the_counted_and_the_stated_steps_is_the_figure_of_the_day(
    counted: float | None, total: float | None, steps: int | None
) -> None:
    columns, summaries = [], []
    if counted is not None:
        t, v = np.array([_at(10)]), np.array([counted])
        columns.append(SampleColumn(metric="steps", source=_PHONE, record="r", t=t, v=v))
    if total is not None:
        summaries.append(stated(_BACK, "w", 1, steps=total))
    (day,) = derive(_window(summaries=tuple(summaries), columns=tuple(columns))).days
    assert (day.steps, day.steps_counted, day.stated.get("steps")) == (steps, counted, total)


def test_what_sources_state_of_a_day_is_that_of_the_best_ranked_and_grows_by_revisions() -> None:
    by_phone, by_watch = (
        stated(_PHONE, "p", 9, steps=9_000, active_energy=300),
        stated(_BACK, "w", 1, steps=4_000),
    )
    grown = stated(_BACK, "w", 2, steps=7_000)
    for order in (1, -1):
        (day,) = derive(_window(summaries=(by_phone, by_watch, grown)[::order])).days
        assert day.stated == {"active_energy": 300, "steps": 7_000}
        assert day.steps == 7_000
    counted = SampleColumn(
        metric="steps", source=_PHONE, record="r", t=np.array([_at(10)]), v=np.array([50.0])
    )
    (day,) = derive(_window(summaries=(grown,), columns=(counted,))).days
    assert (day.steps, day.steps_counted, day.stated["steps"]) == (7_000, 50, 7_000)
    with pytest.raises(TypeError):
        derive(_window(summaries=(_workout(_at(10), _at(11)),)))


@pytest.mark.parametrize(
    ("summary", "made_from"),
    [
        ({}, ""),
        ({"distance": 900.0}, ""),
        ({"made_from_laps": 1.0}, "laps"),
        ({"made_from_records": 1.0, "distance": 900.0}, "records"),
    ],
)
def test_a_session_that_a_reader_made_says_so(summary: dict[str, float], made_from: str) -> None:
    workout = _workout(_at(10), _at(10, 30), summary=summary)
    (session,) = derive(_window(workouts=(workout,))).sessions
    assert session.made_from == made_from
    assert len(session.flags) == bool(made_from)


def test_the_last_answer_of_a_date_about_its_week_holds() -> None:
    reports = [
        _report(_at(20), Instrument.WEEK, "q1", value=1.0, scale="sessions-this-week"),
        _report(_at(21), Instrument.WEEK, "q2", value=2.0, scale="sessions-this-week"),
        _report(_at(22), Instrument.PAIN, "q3", value=5.0, scale="nrs-0-10"),
    ]
    for order in (reports, reports[::-1]):
        (day,) = derive(_window(reports=tuple(order))).days
        assert (day.recalled_sessions, day.answered) == (2, True)
