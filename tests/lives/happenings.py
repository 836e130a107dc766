"""What happens around an instant of a life, as strategies: a fact, or some that belong together."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from model.calendar import MINUTE_MS
from model.facts import Fact
from tests.lives.circumstances import OFFSETS_MIN, OFFSETS_MS
from tests.lives.measured import (
    life_counts,
    life_outings,
    life_records,
    life_streams,
    life_wears,
    life_windows,
    life_workouts,
)
from tests.lives.nights import life_nights
from tests.lives.stated import (
    life_days,
    life_deleted_intervals,
    life_deleted_records,
    life_manual_sessions,
    life_marks,
    life_reports,
)


def life_happenings(centres: Sequence[int], most: int) -> st.SearchStrategy[list[list[Fact]]]:
    at = st.builds(
        lambda centre, minutes, ms: centre + minutes * MINUTE_MS + ms,
        st.sampled_from(centres),
        st.sampled_from(OFFSETS_MIN),
        st.sampled_from(OFFSETS_MS),
    )
    return st.lists(
        st.one_of(
            life_outings(at),
            _rated(at),
            _alone(life_workouts(at)),
            _alone(life_records(at)),
            _alone(life_streams(at)),
            life_counts(at),
            life_windows(at),
            life_nights(at),
            life_nights(at),
            _alone(life_wears(at)),
            _alone(life_reports(at)),
            _alone(life_manual_sessions(at)),
            _judged(at),
            _alone(life_marks(at)),
            _alone(life_days(at)),
            _alone(life_days(at)),
            _alone(life_deleted_records(at)),
            _alone(life_deleted_intervals(at)),
        ),
        min_size=2,
        max_size=most,
    )


def _alone(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[list[Fact]]:
    return facts.map(lambda fact: [fact])


@st.composite
def _rated(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a declared or a patient's own session, and an answer minutes or hours after it."""
    session = draw(st.one_of(life_workouts(at), life_manual_sessions(at)))
    after = draw(st.sampled_from([0, 1, 30, 200, 359, 360, 361, 840])) * MINUTE_MS
    answer = draw(life_reports(st.just(session.head.end_ms + after)))
    names = ["", "", session.head.record]
    return [session, replace(answer, session=draw(st.sampled_from(names)))]


@st.composite
def _judged(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a workout, a patient's own session or a walk, and one or two marks about it."""
    session = draw(st.one_of(life_workouts(at), life_manual_sessions(at), life_streams(at)))
    head = session.head
    marks = [draw(life_marks(st.just(head.start_ms))) for _ in range(draw(st.integers(1, 2)))]
    spans = [(head.start_ms, head.end_ms), (head.start_ms, head.start_ms)]
    facts: list[Fact] = [session]
    for mark in marks:
        start, end = draw(st.sampled_from(spans))
        named = draw(st.sampled_from([head.record, mark.session]))
        meant = replace(mark.head, start_ms=start, end_ms=end)
        facts.append(replace(mark, head=meant, session=named))
    return facts
