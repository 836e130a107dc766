"""Bouts over midnight: the dates on both sides agree, whatever each of them is derived with."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.calendar import MINUTE_MS, dates_between, day_bounds, midnight
from model.columns.window import Window
from model.derived.sessions import Origin, Session
from model.fact_properties import BESIDE_MS, touched_span
from model.facts import AttributedFact, Head, Joining, SampleBlock
from model.spans import Span, merge
from stream.compute.derive import derive
from stream.compute.detection.touching import touches_midnight
from stream.compute.staleness import StaleDates, hours_around, stale_dates
from tests.depth import INVARIANT
from tests.lives.circumstances import BACK, PROFILE
from tests.lives.life import Life, attributed, night_lives
from tests.lives.measured import life_head
from tests.rows import matching
from tests.stream.compute.test_life import (
    derived_rows,
    full_window,
    rows_of_dates,
    some_dates,
)


@INVARIANT
@given(drawn=some_dates(night_lives()))
def test_a_date_derived_without_its_neighbours_is_the_same(drawn: tuple[Window, Window]) -> None:
    full, part = drawn
    assert derived_rows(derive(part)) == derived_rows(
        rows_of_dates(derive(full), frozenset(part.dates))
    )


@INVARIANT
@given(life=night_lives(), data=st.data())
def test_a_date_needs_no_more_than_is_read_for_it(life: Life, data: st.DataObject) -> None:
    full = full_window(life)
    start, end = day_bounds(data.draw(st.sampled_from(full.dates)), life.zone)
    noon = (start + end) // 2
    part = _loaded([Span(start_ms=noon, end_ms=noon)], full, [*full.workouts, *full.reports])
    assert derived_rows(derive(part)) == derived_rows(derive(replace(full, dates=part.dates)))


@INVARIANT
@given(life=night_lives(), data=st.data())
def test_a_fact_that_comes_or_goes_changes_no_row_of_a_date_that_is_not_stale(
    life: Life, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(life.facts) - 1))
    new = life.facts[number].fact
    without = full_window(replace(life, facts=life.facts[:number] + life.facts[number + 1 :]))
    before, after = data.draw(st.permutations([without, full_window(life)]))
    # Of the versions of a record one holds, so all of them may have changed.
    versions = [item.fact for item in life.facts if item.fact.head.record == new.head.record]
    stated = [item for item in life.facts if not isinstance(item.fact, SampleBlock)]
    part = _loaded(merge(map(touched_span, versions), gap_ms=0), after, stated)
    others = tuple(sorted({*before.dates, *after.dates} - {*part.dates}))
    assert derived_rows(derive(replace(before, dates=others))) == derived_rows(
        derive(replace(after, dates=others))
    )


def _loaded(changed: Sequence[Span], full: Window, stated: Sequence[AttributedFact]) -> Window:
    """Return the window that is loaded for what changed, with what is read for it alone."""
    stale = _settled(changed, full.zone, stated, active_at_midnight=False)
    part = _as_read(full, stale)
    if not touches_midnight(part):
        return part
    return _as_read(full, _settled(changed, full.zone, stated, active_at_midnight=True))


def _settled(
    changed: Sequence[Span],
    zone: str,
    stated: Sequence[AttributedFact],
    *,
    active_at_midnight: bool,
) -> StaleDates:
    """Return what is stale if only the requested facts are read."""
    stale, read = (
        stale_dates(changed, zone, active_at_midnight=active_at_midnight),
        tuple[Span, ...](),
    )
    while not stale.is_known(read):
        read = merge((*read, *stale.facts_within), gap_ms=0)
        stale = stale_dates(
            changed, zone, _within(stated, read), active_at_midnight=active_at_midnight
        )
    return stale


def _within(facts: Sequence[AttributedFact], spans: Sequence[Span]) -> list[AttributedFact]:
    return [item for item in facts if _meets_any(item.fact.head, spans)]


def _meets_any(head: Head, spans: Sequence[Span]) -> bool:
    return any(head.start_ms < span.end_ms and head.end_ms >= span.start_ms for span in spans)


def _as_read(window: Window, stale: StaleDates) -> Window:
    """Return a window of the dates that are stale, with what is read for them alone."""
    around = hours_around(stale)
    columns = []
    for column in window.columns:
        beside = BESIDE_MS if column.metric == "steps" else 0
        kept = np.zeros(len(column.t), np.bool_)
        for span in around:
            kept |= (column.t >= span.start_ms - beside) & (column.t < span.end_ms + beside)
        columns.append(column.where(kept))
    return replace(
        window,
        dates=stale.dates,
        columns=tuple(columns),
        workouts=tuple(_within(window.workouts, stale.facts_within)),
        reports=tuple(_within(window.reports, stale.facts_within)),
    )


_MIDNIGHT = midnight(date(2026, 9, 22), "Europe/Stockholm")


def _block(record: str, first: int, last: int, bpm: float) -> AttributedFact:
    """Return heart rate from minute `first` to before `last` of midnight, for 20 of them raised."""
    minutes = np.arange(first, last)
    t = _MIDNIGHT + minutes * MINUTE_MS
    head = life_head(BACK, record, int(t[0]), int(t[-1]) + MINUTE_MS)
    v = np.where(abs(minutes) < 20, bpm, 70.0)
    return attributed(
        SampleBlock(head=head, metric="heart_rate", t=t, v=v, joining=Joining.STREAM), "a"
    )


@pytest.mark.parametrize("taken", [0, 1])
@pytest.mark.parametrize(("bpm", "dates"), [(130.0, 2), (80.0, 1)])
def test_what_is_taken_back_on_one_side_of_midnight_makes_the_other_side_stale_if_it_is_active(
    taken: int, bpm: float, dates: int
) -> None:
    facts = (_block("s1", -60, 0, bpm), _block("s2", 0, 60, bpm))
    life = Life(zone="Europe/Stockholm", facts=facts, profiles=(PROFILE,))
    left = replace(life, facts=(facts[1 - taken],))
    part = _loaded([touched_span(facts[taken].fact)], full_window(left), [])
    assert len([day for day in part.dates if day.day in (21, 22)]) == dates
    assert derived_rows(derive(part)) == derived_rows(
        derive(replace(full_window(left), dates=part.dates))
    )


@INVARIANT
@given(life=night_lives())
def test_detected_sessions_share_no_minute_and_end_near_their_date(life: Life) -> None:
    detected = matching(derive(full_window(life)).sessions, origin=Origin.DETECTED)
    ordered: list[Session] = sorted(detected, key=lambda row: row.start_ms)
    for before, after in pairwise(ordered):
        assert before.end_ms <= after.start_ms
    for row in ordered:
        first, *later = dates_between(row.start_ms, row.end_ms, life.zone)
        assert (first, len(later) <= 1) == (row.local_date, True)
        _, at_ms = day_bounds(first, life.zone)
        # the five minutes of rest after it lie within the two hours, too
        assert row.end_ms <= at_ms + 115 * MINUTE_MS
