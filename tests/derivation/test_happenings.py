"""The lives of the order-freedom tests hold everything that their docstring says, each often."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from model.calendar import HOUR_MS, local_date
from model.facts import AttributedFact, DaySummary, Deletion, Report, SampleBlock, Source, Workout
from model.words.activities import TYPES
from tests.depth import INVARIANT
from tests.lives.circumstances import RECEIVED_MS
from tests.lives.life import Life, lives
from tests.rows import with_fact

_LIVES = 600
_LEAST = 4  # of these lives
_LONG_PAUSE_MS = HOUR_MS
_VERSION_MS = 120_000


def _versions(life: Life) -> Iterator[tuple[AttributedFact, AttributedFact]]:
    """Yield the facts of one record and kind that two bodies state, the one stated first ahead."""
    for first, last in permutations(life.facts, 2):
        a, b = first.fact, last.fact
        named = (a.head.source, a.head.record, type(a)) == (b.head.source, b.head.record, type(b))
        if named and first.body != last.body and _stated(first) < _stated(last):
            yield first, last


def _stated(item: AttributedFact) -> int:
    return item.stated_ms or item.received_ms


def _revisions(life: Life) -> Iterator[int]:
    """Yield by how much the revision of a version is greater than that of the one before."""
    for first, last in _versions(life):
        yield last.fact.head.revision - first.fact.head.revision


def _workouts(life: Life) -> list[Workout]:
    return [item.fact for item in life.facts if isinstance(item.fact, Workout)]


def _under_another_id(life: Life) -> bool:
    for a, b in combinations(_workouts(life), 2):
        near = abs(a.head.start_ms - b.head.start_ms) <= _VERSION_MS
        family = TYPES.get(a.type, "other") == TYPES.get(b.type, "other")
        if near and family and a.head.source == b.head.source and a.head.record != b.head.record:
            return True
    return False


def _lower(life: Life) -> bool:
    """Tell whether an instant of a metric has a lesser value in what is stated later."""
    for first, last in _versions(life):
        a, b = first.fact, last.fact
        if isinstance(a, SampleBlock) and isinstance(b, SampleBlock) and a.metric == b.metric:
            before = dict(zip(a.t.tolist(), a.v.tolist(), strict=True))
            for t, v in zip(b.t.tolist(), b.v.tolist(), strict=True):
                if v < before.get(t, v):
                    return True
    return False


def _lower_total(life: Life) -> bool:
    for first, last in _versions(life):
        a, b = first.fact, last.fact
        if not isinstance(a, DaySummary) or not isinstance(b, DaySummary):
            continue
        if b.values.get("steps", 0.0) < a.values.get("steps", 0.0):
            return True
    return False


def _shorter(life: Life) -> bool:
    for first, last in _versions(life):
        a, b = first.fact.head, last.fact.head
        if isinstance(first.fact, Workout) and b.end_ms - b.start_ms < a.end_ms - a.start_ms:
            return True
    return False


def _pause_lengths(life: Life) -> Iterator[int]:
    for workout in _workouts(life):
        for start, end in workout.pauses:
            if end < workout.head.end_ms:
                yield end - start


def _gaps(life: Life) -> Iterator[int]:
    for item in life.facts:
        if isinstance(item.fact, SampleBlock):
            yield from np.diff(item.fact.t).tolist()


def _counted_in_part(life: Life) -> bool:
    """Tell whether the counts of two sources overlap, and neither is within the other."""
    spans: dict[Source, list[tuple[int, int]]] = defaultdict(list)
    for item in life.facts:
        fact = item.fact
        if isinstance(fact, SampleBlock) and fact.metric == "steps" and len(fact.t) > 1:
            spans[fact.head.source].append((int(fact.t[0]), int(fact.t[-1])))
    for spans_a, spans_b in permutations(spans.values(), 2):
        for a, b in spans_a:
            if any(a < start < b < end for start, end in spans_b):
                return True
    return False


def _intervals(life: Life) -> Iterator[tuple[Source, int, int]]:
    """Yield the source, start and end of each count that states its end."""
    for item in life.facts:
        fact = item.fact
        if isinstance(fact, SampleBlock) and fact.metric == "steps" and fact.until is not None:
            for start, end in zip(fact.t.tolist(), fact.until.tolist(), strict=True):
                yield fact.head.source, start, end


def _other_edges(life: Life) -> bool:
    """Tell whether two intervals of a source overlap in part."""
    for (source, start, end), (other, first, last) in permutations(_intervals(life), 2):
        if source == other and start < first < end < last:
            return True
    return False


def _over_midnight(life: Life) -> bool:
    for _, start, end in _intervals(life):
        if local_date(start, life.zone) != local_date(end - 1, life.zone):
            return True
    return False


def _stated_and_counted(life: Life) -> bool:
    stated = [item for item in life.facts if isinstance(item.fact, DaySummary)]
    counted = [item for item in life.facts if isinstance(item.fact, SampleBlock)]
    return bool(stated) and any(getattr(item.fact, "metric", "") == "steps" for item in counted)


def _deletions(life: Life, *, of_record: bool) -> bool:
    for item in life.facts:
        if isinstance(item.fact, Deletion) and bool(item.fact.target) is of_record:
            return True
    return False


HAPPENINGS: Mapping[str, Callable[[Life], bool]] = {
    "revision up": lambda life: any(by > 0 for by in _revisions(life)),
    "revision down": lambda life: any(by < 0 for by in _revisions(life)),
    "stated again without a revision": lambda life: 0 in _revisions(life),
    "version under another id": _under_another_id,
    "samples corrected down": _lower,
    "total corrected down": _lower_total,
    "workout corrected to a shorter one": _shorter,
    "short pause": lambda life: any(ms < _LONG_PAUSE_MS for ms in _pause_lengths(life)),
    "split at a long pause": lambda life: any(ms >= _LONG_PAUSE_MS for ms in _pause_lengths(life)),
    "pause as a total only": lambda life: any(
        row.moving_ms is not None and not row.pauses for row in _workouts(life)
    ),
    "counts that overlap in part": _counted_in_part,
    "window sent again with other edges": _other_edges,
    "count over midnight": _over_midnight,
    "count over the hour": lambda life: any(
        start // HOUR_MS != (end - 1) // HOUR_MS for _, start, end in _intervals(life)
    ),
    "stated and counted": _stated_and_counted,
    "future instants": lambda life: bool(life.later),
    "received while it goes on": lambda life: any(
        item.received_ms < min(RECEIVED_MS.values()) for item in life.facts
    ),
    "stated before its receipt": lambda life: any(item.stated_ms for item in life.facts),
    "clock jump": lambda life: any(ms >= 2 * HOUR_MS for ms in _gaps(life)),
    "deleted record": lambda life: _deletions(life, of_record=True),
    "deleted interval": lambda life: _deletions(life, of_record=False),
    "answers": lambda life: bool(with_fact(Report, life.facts)),
}


@pytest.mark.slow
def test_the_lives_hold_everything_that_may_happen() -> None:
    seen: Counter[str] = Counter()

    @settings(
        INVARIANT,
        max_examples=_LIVES,
        phases=(Phase.generate,),
        database=None,
        derandomize=True,
    )
    @given(life=lives())
    def look(life: Life) -> None:
        seen.update(name for name, holds in HAPPENINGS.items() if holds(life))

    look()
    rare = {name: seen[name] for name in HAPPENINGS if seen[name] < _LEAST}
    assert rare == {}
