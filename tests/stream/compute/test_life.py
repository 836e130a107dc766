"""A patient's life, without a database: rows depend on the facts as a set.

The rows of a date do not depend on other dates.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, combinations, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS, day_bounds, local_date
from model.codec import dumps, plain
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.derived.days import Day
from model.derived.sessions import Session, SourceSelection
from model.facts import AttributedFact
from model.metrics import METRIC
from model.words.not_counted import is_no_exercise
from stream.compute.derive import derive
from stream.compute.series.reported_columns import SESSION_METRICS, STEPS
from tests import oracle
from tests.depth import INVARIANT
from tests.lives.life import Life, lives, split
from tests.rows import matching, values_of
from tests.stream.counted import counted_by_minute


def _rows(life: Life, attributed_facts: Iterable[AttributedFact]) -> dict[str, list[bytes]]:
    return oracle.rows(attributed_facts, life.zone, life.profiles, life.prescriptions).as_bytes()


def full_window(life: Life) -> Window:
    return oracle.window(life.facts, life.zone, life.profiles, life.prescriptions)


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[Life, Sequence[AttributedFact]]:
    """Return a life, and its facts in another order, some of them again, perhaps in halves.

    Payloads may be delivered again, hours after their first receipt, and be worked on before it.
    What is later than its receipt is among them and changes nothing.
    """
    life = draw(lives())
    facts = (split(life) if draw(st.booleans()) else life).facts
    again: list[AttributedFact] = []
    for item in draw(st.lists(st.sampled_from(facts), max_size=3)):
        delay_ms = draw(st.sampled_from([0, 1, HOUR_MS, 40 * HOUR_MS]))
        again.append(replace(item, received_ms=item.received_ms + delay_ms))
    return life, draw(st.permutations([*facts, *again, *life.later]))


@INVARIANT
@given(drawn=shuffled())
def test_order_repetition_and_splitting_change_nothing(
    drawn: tuple[Life, Sequence[AttributedFact]],
) -> None:
    life, other = drawn
    assert _rows(life, other) == _rows(life, life.facts)


@st.composite
def some_dates(draw: st.DrawFn, kind: st.SearchStrategy[Life]) -> tuple[Window, Window]:
    """Return all of a life, and the same with its facts in another order and some of its dates."""
    full = full_window(draw(kind))
    columns: list[SampleColumn] = []
    for column in full.columns:
        columns += _halves(column, draw(st.integers(0, len(column.t))))
    part = replace(
        full,
        dates=tuple(draw(st.lists(st.sampled_from(full.dates), min_size=1, max_size=3))),
        columns=tuple(draw(st.permutations(columns))),
        workouts=tuple(draw(st.permutations(full.workouts))),
        reports=tuple(draw(st.permutations(full.reports))),
        profiles=tuple(draw(st.permutations(full.profiles))),
        prescriptions=tuple(draw(st.permutations(full.prescriptions))),
    )
    return full, part


def _halves(column: SampleColumn, at: int) -> list[SampleColumn]:
    return [
        column.where(np.arange(len(column.t)) >= at),
        column.where(np.arange(len(column.t)) < at),
    ]


@INVARIANT
@given(drawn=some_dates(lives()))
def test_a_date_derived_without_the_others_is_the_same(drawn: tuple[Window, Window]) -> None:
    full, part = drawn
    assert derived_rows(derive(part)) == derived_rows(
        rows_of_dates(derive(full), frozenset(part.dates))
    )


def rows_of_dates(derived: Derived, dates: frozenset[date]) -> Derived:
    return Derived(
        sessions=tuple(row for row in derived.sessions if row.local_date in dates),
        days=tuple(row for row in derived.days if row.local_date in dates),
        source_selections=tuple(
            row for row in derived.source_selections if row.local_date in dates
        ),
    )


def derived_rows(derived: Derived) -> bytes:
    selections = sorted(
        derived.source_selections,
        key=lambda selection: (
            selection.local_date,
            METRIC[selection.metric].id,
            selection.start_ms,
        ),
    )
    return dumps(plain(replace(derived, source_selections=tuple(selections))))


@INVARIANT
@given(life=lives())
def test_zones_add_up_and_no_minute_is_counted_by_two(life: Life) -> None:
    full = full_window(life)
    derived = derive(full)
    for session in derived.sessions:
        assert_adds_up(session)
    for day in derived.days:
        start, end = day_bounds(day.local_date, life.zone)
        assert day.volume.total == end - start
        assert day.session_ms == day.zones.total
        assert day.session_ms + day.paused_ms == day.elapsed_ms
        assert day.paused_ms >= 0
        assert day.wear_min <= (end - start) // MINUTE_MS
        assert day.steps == _steps(full, derived.source_selections, day)
    exercise = [row for row in derived.sessions if not is_no_exercise(row.why)]
    assert sum(values_of(derived.days, "elapsed_ms")) == _covered(exercise)
    assert_single_source(derived.source_selections)


def assert_adds_up(session: Session) -> None:
    length = session.end_ms - session.start_ms
    assert session.zones.total + session.paused_ms == length
    assert session.zones.unknown >= 0
    for band in session.zone_times_by_method:
        assert sum(band.ms) + band.unknown_ms == session.timer_ms
        assert band.unknown_ms >= 0
    assert session.heart.n == 0 or session.heart_source is not None
    assert 0 <= session.unplaced_ms <= session.paused_ms <= length
    assert session.moving_ms is None or 0 <= session.moving_ms <= session.timer_ms
    # neither overlaps with itself or with the other, and a long pause is in no session
    still = sorted([*session.pauses, *session.stops])
    assert all(before[1] <= after[0] for before, after in pairwise(still))
    assert all(end - start < 60 * MINUTE_MS for start, end in session.pauses)


def _covered(sessions: Iterable[Session]) -> int:
    """Return the time in at least one session, in ms.

    Between two neighbouring edges the time is either inside a session or outside all of them.
    """
    spans = values_of(sessions, "start_ms", "end_ms")
    total = 0
    for a, b in pairwise(sorted(set(chain.from_iterable(spans)))):
        if any(start <= a and b <= end for start, end in spans):
            total += b - a
    return total


def assert_single_source(selections: Iterable[SourceSelection]) -> None:
    """Assert that ranges of a metric overlap only where the same source is selected in both.

    They may overlap where sessions of two dates do.
    """
    by_metric: dict[str, list[SourceSelection]] = defaultdict(list)
    for selection in selections:
        by_metric[selection.metric].append(selection)
    for metric, own in by_metric.items():
        for before, after in combinations(sorted(own, key=lambda selection: selection.start_ms), 2):
            apart = before.end_ms <= after.start_ms
            assert apart or (
                metric in SESSION_METRICS
                and before.source == after.source
                and before.local_date != after.local_date
            )


def _steps(full: Window, selections: Sequence[SourceSelection], day: Day) -> int | None:
    """Return the steps of a date: the greater of those of the selected sources and the stated."""
    own = [
        selection
        for selection in selections
        if selection.metric == STEPS and selection.local_date == day.local_date
    ]
    counts = counted_by_minute(matching(full.columns, metric=STEPS))
    counted = []
    for (source, minute), value in counts.items():
        t = minute * MINUTE_MS
        chosen = matching(own, source=source)
        selected = any(item.start_ms <= t < item.end_ms for item in chosen)
        if selected and local_date(t, full.zone) == day.local_date:
            counted.append(value)
    stated = day.stated.get(STEPS)
    # the order of adding may move a sum of halves to the other side
    exact = None if not counted else sum(counted)
    assert (day.steps_counted is None) == (exact is None)
    if exact is not None and day.steps_counted is not None:
        assert abs(day.steps_counted - exact) <= 0.5 + 1e-6
    figures = [] if day.steps_counted is None else [day.steps_counted]
    figures += [] if stated is None else [round(stated)]
    return max(figures, default=None)
