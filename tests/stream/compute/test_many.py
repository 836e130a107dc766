"""Many sessions at once: the sweeps agree with comparing each with each.

A date costs no more than its bound.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answered_session import answered_session, answered_sessions
from model.calendar import DAY_MS, MINUTE_MS, dates_between, local_date
from model.columns.window import SampleColumn, Window
from model.derived.sessions import Origin
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Report,
    Source,
    Workout,
)
from model.intensity import ZoneTimes
from stream.compute.derive import derive
from stream.compute.intensity.thresholds import zone_thresholds
from stream.compute.intensity.zones import zone_times_between, zone_times_in_pieces
from stream.compute.series.reported_columns import CADENCE, HEART, SPEED, STEPS
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.adjacent import LONGEST_BREAK_MS, merge_adjacent
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.overlap import (
    MOST_A_DATE,
    SAME_SESSION_FROM,
    KnownSessions,
    counted_pieces,
    ids_with_figures,
)
from stream.compute.sessions.sessions_of_dates import BEYOND_LIMIT
from tests.depth import INVARIANT
from tests.lives.circumstances import PROFILE
from tests.rows import cells_of, matching, values_of

_ZONE = "Europe/Stockholm"
_T0 = 1_790_000_000_000
_WATCH = Source(vendor="files", device="w", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_PERSON = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
_LIMITS = zone_thresholds(PROFILE, local_date(_T0, _ZONE))

claims = st.builds(
    lambda start, length, kind, origin: SessionCandidate(
        id="",
        start_ms=_T0 + MINUTE_MS * start,
        end_ms=_T0 + MINUTE_MS * (start + length),
        type=kind,
        vendor_type="",
        source=_WATCH,
        record="",
        body="",
        origin=origin,
    ),
    st.integers(0, 60),
    st.integers(0, 40),
    st.sampled_from(["walking", "running"]),
    st.sampled_from([Origin.DECLARED, Origin.DECLARED, Origin.REPORTED]),
)
many = st.lists(claims, max_size=12).map(
    lambda some: [
        replace(item, id=str(n), record=str(n), records=frozenset({str(n)}))
        for n, item in enumerate(some)
    ]
)


def _minutes(claim: SessionCandidate) -> set[int]:
    return set(range(claim.start_ms // MINUTE_MS, claim.end_ms // MINUTE_MS))


@INVARIANT
@given(many)
def test_each_minute_counts_for_the_best_session_that_holds_it(
    some: list[SessionCandidate],
) -> None:
    pieces = counted_pieces(some)
    best = sorted(
        some,
        key=lambda c: (
            *(c.origin is not Origin.DECLARED, c.length_ms, c.start_ms),
            *(c.type, c.record),
        ),
    )
    taken: set[int] = set()
    for claim in best:
        mine: set[int] = set()
        for start, end in pieces[claim.id].running:
            mine.update(range(start // MINUTE_MS, end // MINUTE_MS))
        assert mine == _minutes(claim) - taken
        assert all(start < end for start, end in pieces[claim.id].running)
        for item, two in pairwise(pieces[claim.id].running):
            assert item[1] < two[0]
        taken |= _minutes(claim)


@INVARIANT
@given(many, st.lists(st.integers(-30, 500), max_size=8))
def test_answers_concern_what_they_concern_one_by_one(
    some: list[SessionCandidate], at: list[int]
) -> None:
    instants = [_T0 + MINUTE_MS * minute for minute in at]
    assert answered_sessions(instants, some) == {
        instant: answered_session(instant, some) for instant in instants
    }


def follows(part: SessionCandidate, claim: SessionCandidate) -> bool:
    declared = part.origin is claim.origin is Origin.DECLARED
    return (
        declared
        and part.type == claim.type
        and 0 <= claim.start_ms - part.end_ms <= LONGEST_BREAK_MS
    )


def groups(some: Sequence[SessionCandidate]) -> set[frozenset[str]]:
    """Return which candidates are the same session, each compared with each."""
    groups_of_ids = [{item.id} for item in some]
    for part in some:
        for claim in some:
            if (
                part.id != claim.id
                and (part.start_ms, part.id) < (claim.start_ms, claim.id)
                and follows(part, claim)
            ):
                mine = [group for group in groups_of_ids if part.id in group or claim.id in group]
                groups_of_ids = [group for group in groups_of_ids if group not in mine] + [
                    set().union(*mine)
                ]
    return set(map(frozenset, groups_of_ids))


@INVARIANT
@given(many)
def test_what_follows_is_joined_as_when_each_is_compared_with_each(
    some: list[SessionCandidate],
) -> None:
    assert set(values_of(merge_adjacent(some), "records")) == groups(some)


@INVARIANT
@given(many, st.integers(0, 60), st.integers(1, 40))
def test_a_bout_is_absorbed_by_one_that_shares_half_of_the_shorter(
    some: list[SessionCandidate], start: int, length: int
) -> None:
    span = _T0 + MINUTE_MS * start, _T0 + MINUTE_MS * (start + length)
    shares = (
        min(span[1], c.end_ms) - max(span[0], c.start_ms)
        >= SAME_SESSION_FROM * min(length * MINUTE_MS, c.length_ms)
        > 0
        for c in some
    )
    assert KnownSessions(some).absorbs(span) is any(shares)


@INVARIANT
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(40, 190), st.sampled_from([30, 90])), max_size=30
    ),
    st.lists(st.integers(0, 900), min_size=2, max_size=8, unique=True),
)
def test_zones_in_pieces_are_differences_of_zones_from_the_start(
    samples: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    samples_at = {at: (bpm, hold) for at, bpm, hold in sorted(samples)}
    t = _T0 + 1000 * np.array(list(samples_at), np.int64)
    v = np.array(cells_of(samples_at.values(), 0), np.float64)
    hold = 1000 * np.array(cells_of(samples_at.values(), 1), np.int64)
    track = ResolvedSeries(metric=HEART, t=t, v=v, hold=hold)
    at = [_T0 + 1000 * cut for cut in sorted(cuts)]
    pieces = list(zip(at[::2], at[1::2], strict=False))
    until = {cut: zone_times_between(track, _T0, cut, _LIMITS).as_tuple() for cut in at}
    spent = [np.subtract(until[end], until[start]) for start, end in pieces]
    times = zone_times_in_pieces(track, _T0, pieces, _LIMITS).as_tuple()
    assert list(times) == np.sum(spent, axis=0).tolist()
    assert zone_times_in_pieces(None, _T0, pieces, _LIMITS) == ZoneTimes(
        unknown=sum(end - start for start, end in pieces)
    )


def _attributed(fact: Workout | Report) -> AttributedFact:
    return AttributedFact(patient="p1", connector="x", received_ms=_T0, body="00" * 32, fact=fact)


def _window(
    workouts: Sequence[AttributedFact] = (),
    reports: Sequence[AttributedFact] = (),
    columns: tuple[SampleColumn, ...] = (),
) -> Window:
    end = max(values_of((*workouts, *reports), "fact.head.end_ms"))
    return Window(
        patient="p1",
        zone=_ZONE,
        profiles=(PROFILE,),
        dates=tuple(dates_between(_T0, end, _ZONE)),
        workouts=tuple(workouts),
        columns=columns,
        reports=tuple(reports),
    )


def _manual(number: int, step_ms: int, length_ms: int) -> AttributedFact:
    start = _T0 + number * step_ms
    head = Head(source=_PERSON, record=f"r{number}", start_ms=start, end_ms=start + length_ms)
    return _attributed(Report(head=head, instrument=Instrument.SESSION, type="walking"))


def lines_run(made: Window) -> int:
    """Return how many lines of Python a derivation runs, the same number on every machine."""
    run = 0

    def counted_pieces(_: FrameType, event: str, __: object) -> Any:  # noqa: ANN401
        nonlocal run
        run += event == "line"
        return counted_pieces

    before = sys.gettrace()
    sys.settrace(counted_pieces)
    try:
        derive(made)
    finally:
        sys.settrace(before)
    return run


@pytest.mark.slow
def test_five_thousand_overlapping_sessions_of_one_date_cost_what_they_are() -> None:
    made = _window(reports=[_manual(n, 1000, 3_600_000 + 130_000 * n) for n in range(5_000)])
    assert lines_run(made) < 12 * lines_run(_window(reports=made.reports[:500]))


def _walk_with_a_pause(seconds: int) -> Window:
    t = _T0 + 1000 * np.arange(seconds, dtype=np.int64)
    columns: list[SampleColumn] = []
    for metric, value in ((HEART, 100.0), (SPEED, 1.5), (CADENCE, 110.0), (STEPS, 2.0)):
        v = np.full(len(t), value)
        columns.append(SampleColumn(metric=metric, source=_WATCH, record="f", t=t, v=v))
    head = Head(source=_WATCH, record="w", start_ms=_T0, end_ms=_T0 + 1000 * seconds)
    walk = Workout(head=head, type="walking", pauses=((_T0 + 60_000, _T0 + 180_000),))
    return _window(workouts=[_attributed(walk)], columns=tuple(columns))


def test_no_line_is_run_for_each_sample() -> None:
    short = _walk_with_a_pause(900)
    derive(short)  # fills the caches
    assert lines_run(_walk_with_a_pause(9_000)) < lines_run(short) + 200


def test_sessions_beyond_what_a_date_may_have_are_rows_that_do_not_count() -> None:
    reports = [_manual(n, 130_000, 700_000) for n in range(MOST_A_DATE + 7)]
    derived = derive(_window(reports=reports))
    plain = matching(derived.sessions, why=BEYOND_LIMIT)
    assert (len(derived.sessions), len(plain)) == (MOST_A_DATE + 7, 7)
    for item in plain:
        assert not item.counts
        assert item.zones == ZoneTimes(unknown=700_000)
    assert derived.days[0].session_ms == (MOST_A_DATE + 6) * 130_000 + 700_000


def test_a_long_session_has_figures_behind_its_legs_and_the_next_long_one_has_none() -> None:
    week, leg = 7 * DAY_MS, DAY_MS
    long = [
        replace(claim, end_ms=claim.start_ms + length)
        for claim, length in zip(two(), (week, week + 1), strict=True)
    ]
    short = [
        replace(claim, id=f"leg {n}", end_ms=claim.start_ms + leg) for n, claim in enumerate(two())
    ]
    assert ids_with_figures([*long, *short]) == {"0", "leg 0", "leg 1"}


def two() -> list[SessionCandidate]:
    session_candidate = SessionCandidate(
        id="0",
        start_ms=_T0,
        end_ms=_T0,
        type="hiking",
        vendor_type="",
        source=_WATCH,
        record="0",
        body="",
    )
    return [session_candidate, replace(session_candidate, id="1", record="1")]


def test_a_week_of_overlapping_weeks_is_worked_out_once() -> None:
    t = _T0 + 1000 * np.arange(7 * 86_400, dtype=np.int64)
    heart = SampleColumn(metric=HEART, source=_WATCH, record="f", t=t, v=np.full(len(t), 100.0))
    heads = [
        Head(
            source=_WATCH,
            record=f"w{n}",
            start_ms=_T0 + 130_000 * n,
            end_ms=_T0 + 7 * DAY_MS - 130_000 * n,
        )
        for n in range(100)
    ]
    derived = derive(
        _window(
            workouts=[_attributed(Workout(head=head, type="hiking")) for head in heads],
            columns=(heart,),
        )
    )
    assert sum(session.why != BEYOND_LIMIT for session in derived.sessions) == 1
