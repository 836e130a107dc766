"""What devices tell of a life, as strategies: workouts, records, streams, counts, wear."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from model.calendar import HOUR_MS, MINUTE_MS
from model.facts import Fact, Head, Joining, OffsetOrigin, SampleBlock, Source, Workout
from tests.lives.circumstances import (
    AFTER_MIN,
    BACK,
    COUNTED,
    EVERY_MS,
    HUB,
    LENGTHS_MIN,
    LEVELS,
    LIFE_PHONE,
    LIFE_STRAP,
    LIFE_WATCH,
    PAUSES_MIN,
    RECORDS,
    SHAPES,
    TIMERS_MIN,
    TYPES,
    WINDOWS_MIN,
)

LIFE_REVISIONS = st.sampled_from([0, 0, 1, 2])
LIFE_RECORDERS = st.sampled_from([LIFE_WATCH, LIFE_WATCH, HUB, LIFE_STRAP])


def life_head(source: Source, record: str, start: int, end: int, revision: int = 0) -> Head:
    return Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=start,
        end_ms=end,
        offset_min=120,
        offset_origin=OffsetOrigin.SOURCE,
    )


@st.composite
def life_outings(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return a workout with heart rate, and perhaps speed or cadence, as a file has them."""
    start, minutes = draw(at), draw(st.sampled_from([10, 20, 30]))
    source, record, revision = (
        draw(LIFE_RECORDERS),
        draw(st.sampled_from(RECORDS)),
        draw(LIFE_REVISIONS),
    )
    head = life_head(source, record, start, start + minutes * MINUTE_MS, revision)
    metrics = [
        "heart_rate",
        *draw(st.sampled_from([(), (), ("speed",), ("cadence",), ("power", "speed")])),
    ]
    blocks = [
        _block(head, metric, start, 30_000, 2 * minutes + 3, draw(_shape(metric)))
        for metric in metrics
    ]
    return [draw(_with_pauses(_workout(head, draw(st.sampled_from(TYPES))))), *blocks]


@st.composite
def life_workouts(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Workout:
    start, minutes = draw(at), draw(st.sampled_from(LENGTHS_MIN))
    source, record = draw(LIFE_RECORDERS), draw(st.sampled_from(RECORDS))
    head = life_head(source, record, start, start + minutes * MINUTE_MS, draw(LIFE_REVISIONS))
    exertion = draw(st.sampled_from([None, None, 3.0]))
    workout = draw(_with_pauses(_workout(head, draw(st.sampled_from(TYPES)))))
    return replace(workout, exertion_cr10=exertion)


def _workout(head: Head, kind: str) -> Workout:
    return Workout(head=head, type=kind, vendor_type=kind)


@st.composite
def _with_pauses(draw: st.DrawFn, workout: Workout) -> Workout:
    """Return a workout with pauses, as intervals and as a total, either of which may be absent."""
    start, end = workout.head.start_ms, workout.head.end_ms
    pauses: list[tuple[int, int]] = []
    for first, last in draw(st.sampled_from(PAUSES_MIN)):
        if start + first * MINUTE_MS < end:
            pauses.append((start + first * MINUTE_MS, min(end, start + last * MINUTE_MS)))
    timer_min = draw(st.sampled_from(TIMERS_MIN))
    moving_ms = None if timer_min is None else timer_min * MINUTE_MS
    return replace(workout, pauses=tuple(pauses), moving_ms=moving_ms)


@st.composite
def life_records(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return samples of a record: a late part of a workout, or a record of their own."""
    start, source = draw(at), draw(st.sampled_from([LIFE_WATCH, LIFE_STRAP, HUB, BACK]))
    metric = draw(st.sampled_from(["heart_rate", "heart_rate", "speed", "cadence", "power"]))
    every, n = draw(st.sampled_from(EVERY_MS)), draw(st.sampled_from(COUNTED))
    head = life_head(
        source, draw(st.sampled_from(RECORDS)), start, start + every * n, draw(LIFE_REVISIONS)
    )
    return _block(
        head, metric, start, every, n, draw(_shape(metric)), part=draw(st.sampled_from([0, 0, 1]))
    )


@st.composite
def life_streams(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return samples that name no record: background heart rate, and epochs of steps that grow."""
    start, source = draw(at), draw(st.sampled_from([BACK, LIFE_PHONE, LIFE_PHONE]))
    metric = draw(st.sampled_from(["heart_rate", "heart_rate", "steps", "cadence"]))
    every, n = draw(st.sampled_from(EVERY_MS)), draw(st.sampled_from(COUNTED))
    head = life_head(
        source,
        draw(st.sampled_from(["s1", "s2", "s3"])),
        start,
        start + every * n,
        draw(LIFE_REVISIONS),
    )
    return replace(
        _block(head, metric, start, every, n, draw(_shape(metric))), joining=Joining.STREAM
    )


@st.composite
def life_counts(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return steps of a phone over ten minutes each, and of a watch over some of these minutes."""
    start, after = draw(at), draw(st.sampled_from(AFTER_MIN)) * MINUTE_MS
    facts: list[Fact] = []
    for source, begins, every in ((LIFE_PHONE, start, 10), (BACK, start + after, 1)):
        n = draw(st.sampled_from([2, 24, 60])) // every + 1
        head = life_head(
            source, draw(st.sampled_from(["s1", "c1"])), begins, begins, draw(LIFE_REVISIONS)
        )
        level = draw(st.sampled_from([110.0, 37.0])) * every
        block = _block(head, "steps", begins, every * MINUTE_MS, n, (level, "flat"))
        facts.append(replace(block, joining=Joining.STREAM))
    return facts


@st.composite
def life_windows(draw: st.DrawFn, at: st.SearchStrategy[int]) -> list[Fact]:
    """Return counts of intervals that a phone states, and those of the same time once more.

    The second time they have other edges, or belong to a record of their own.
    """
    start, length = draw(at), draw(st.sampled_from(WINDOWS_MIN)) * MINUTE_MS
    joining = draw(st.sampled_from([Joining.STREAM, Joining.STREAM, Joining.RECORD]))
    # No source has a record whose blocks join in both ways.
    names = ["e1", "e2"] if joining is Joining.RECORD else ["s1", "s2"]
    facts: list[Fact] = []
    for after in draw(st.sampled_from([(0,), (0, 0), (0, 5), (0, 1), (0, -31)])):
        head = life_head(LIFE_PHONE, draw(st.sampled_from(names)), start, start)
        block = _block(
            replace(head, revision=draw(LIFE_REVISIONS)),
            "steps",
            start + after * MINUTE_MS,
            draw(st.sampled_from([length, length, length // 2, 2 * length])),
            draw(st.sampled_from([1, 2, 7])),
            (draw(st.sampled_from([700.0, 9_000.0])), "rise"),
        )
        held = draw(st.sampled_from([length, length, length + 30_000]))
        facts.append(replace(block, joining=joining, until=block.t + min(held, 25 * HOUR_MS)))
    return facts


@st.composite
def life_wears(draw: st.DrawFn, at: st.SearchStrategy[int]) -> Fact:
    """Return an interval in which a source says that it was worn, or that it was not."""
    start, minutes = draw(at), draw(st.sampled_from([0, 1, 60, 480, 1_500]))
    source = draw(st.sampled_from([BACK, BACK, LIFE_PHONE]))
    head = life_head(
        source, draw(st.sampled_from(["w1", "w2"])), start, start, draw(LIFE_REVISIONS)
    )
    level = draw(st.sampled_from([1.0, 1.0, 0.0]))
    block = _block(head, "wear", start, MINUTE_MS, 1, (level, "flat"))
    return replace(block, joining=Joining.STREAM, until=block.t + minutes * MINUTE_MS)


def _shape(metric: str) -> st.SearchStrategy[tuple[float, str]]:
    return st.tuples(st.sampled_from(LEVELS[metric]), st.sampled_from(SHAPES))


def _block(
    head: Head, metric: str, start: int, every: int, n: int, shape: tuple[float, str], part: int = 0
) -> SampleBlock:
    """Return `n` samples from an instant on, of a level and shape."""
    level, kind = shape
    t = start + every * np.arange(n, dtype=np.int64)
    v = np.full(n, level)
    if kind == "rise":
        v += np.arange(n) % 40
    if kind == "saw":
        v[::2] *= 0.75
    if kind == "spike":
        v[n // 2 : n // 2 + 2] *= 1.4
    if kind == "bad":
        v[n // 2], v[-1] = 0.0, 999.0
    if kind == "twice":  # every instant comes twice
        t, v = np.repeat(t, 2), np.repeat(v, 2)
        v[1::2] *= 0.9
    return SampleBlock(head=head, metric=metric, t=t, v=np.round(v, 1), part=part)
