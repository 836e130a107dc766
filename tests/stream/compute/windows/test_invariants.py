"""Nothing depends on order, repetition or splitting, in windows full of what might go wrong.

They hold duplicates, overlaps, equal instants, midnights, and answers that belong to no session.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import day_bounds
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.sessions import Session
from model.facts import Instrument, Phase
from stream.compute.derive import derive
from tests.depth import INVARIANT
from tests.rows import matching, values_of
from tests.stream.compute.windows.exact_windows import (
    PHONE_STEPS,
    STRAP_WORKOUT,
    WATCH_BACKGROUND,
    WATCH_WORKOUT,
    WINDOW_MIN,
    WINDOW_ZONE,
    answered_report,
    declared_workout,
    derived_bytes,
    exact_window,
    stockholm_ms,
)

minutes = st.integers(0, 3 * 24 * 60)
_sources = st.sampled_from([WATCH_WORKOUT, WATCH_BACKGROUND, STRAP_WORKOUT, PHONE_STEPS])
_records = st.sampled_from(["a", "b", "c"])
_rates = st.sampled_from([0.0, 20.0, 90.0, 120.0, 150.0])
metrics = st.sampled_from(["heart_rate", "heart_rate", "cadence", "steps", "speed"])
_workouts = st.builds(
    lambda start, length, source, record, kind: declared_workout(
        stockholm_ms(0, day=19) + start * WINDOW_MIN,
        stockholm_ms(0, day=19) + (start + length) * WINDOW_MIN,
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
    lambda start, instrument, record, value, session: answered_report(
        stockholm_ms(0, day=19) + start * WINDOW_MIN,
        instrument,
        record,
        value=value,
        scale="borg-cr10",
        session=session,
        phase=Phase.AFTER,
        end=stockholm_ms(0, day=19) + (start + 30) * WINDOW_MIN,
    ),
    minutes,
    st.sampled_from(list(Instrument)),
    st.sampled_from(["q1", "q2", "q3"]),
    st.none() | st.integers(0, 10),
    st.sampled_from(["", "a", "q1", "nowhere"]),
)


@st.composite
def columns(draw: st.DrawFn) -> SampleColumn:
    points = draw(st.lists(st.tuples(minutes, st.integers(1, 25), _rates), max_size=6))
    t, v = np.empty(0, np.int64), np.empty(0)
    for minute, length, rate in points:
        t = np.append(t, stockholm_ms(0, day=19) + (minute + np.arange(length)) * WINDOW_MIN)
        v = np.append(v, np.full(length, rate))
    return SampleColumn(
        metric=draw(metrics), source=draw(_sources), record=draw(_records), t=t, v=v
    )


windows = st.builds(
    lambda w, h, r: exact_window(
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
        zone=WINDOW_ZONE,
        profiles=stirred(full.profiles),
        dates=stirred(full.dates),
        workouts=stirred(full.workouts),
        columns=stirred(full.columns),
        reports=stirred(full.reports),
    )
    assert derived_bytes(derive(other)) == derived_bytes(derive(full))


@INVARIANT
@given(windows, st.integers(0, 12))
def test_how_samples_were_split_into_columns_changes_no_byte(full: Window, cut: int) -> None:
    halves: list[SampleColumn] = []
    for c in full.columns:
        halves += [replace(c, t=c.t[:cut], v=c.v[:cut]), replace(c, t=c.t[cut:], v=c.v[cut:])]
    assert derived_bytes(derive(replace(full, columns=tuple(halves)))) == derived_bytes(
        derive(full)
    )


@INVARIANT
@given(windows)
def test_each_date_alone_gives_what_all_together_give(full: Window) -> None:
    together = derive(full)
    alone = [derive(replace(full, dates=(day,))) for day in full.dates]
    assert derived_bytes(together) == derived_bytes(
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
        start, end = day_bounds(day.local_date, WINDOW_ZONE)
        assert day.volume.total == end - start
        assert 0 <= day.wear_min <= 24 * 60
