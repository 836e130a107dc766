"""Versions of one workout: which counts, and that nothing of the others is read any more."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations

import numpy as np
import pytest

from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.facts import AttributedFact, DeviceType, Head, Method, Source, Workout
from stream.compute.derive import derive

_MIN = 60_000
_T0 = int(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1000)
_WATCH = Source(vendor="v", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT)
_STRAP = replace(_WATCH, device="strap", device_type=DeviceType.STRAP)
_BACKGROUND = replace(_WATCH, method=Method.BACKGROUND)
_NAMELESS = replace(_WATCH, device="", device_type=DeviceType.UNKNOWN)


def _version(
    record: str, start: int, end: int, received: int, source: Source = _WATCH
) -> AttributedFact:
    """Return a workout from one minute to another, as a body that came at `received` states it."""
    head = Head(source=source, record=record, start_ms=_T0 + start * _MIN, end_ms=_T0 + end * _MIN)
    return AttributedFact(
        patient="p",
        connector="c",
        received_ms=received,
        body=str(received) * 64,
        fact=Workout(head=head, type="walking"),
    )


def _heart(record: str, start: int, end: int, bpm: float, source: Source = _WATCH) -> SampleColumn:
    """Return a heart rate each second from one minute to another."""
    t = np.arange(_T0 + start * _MIN, _T0 + end * _MIN, 1000, dtype=np.int64)
    return SampleColumn(
        metric="heart_rate", source=source, record=record, t=t, v=np.full(len(t), bpm)
    )


def _derived(workouts: tuple[AttributedFact, ...], *columns: SampleColumn) -> Derived:
    """Return what is derived of a day, the same in any order of workouts and columns."""
    results: list[Derived] = []
    for order in permutations(workouts):
        for ordered in (columns, columns[::-1]):
            window = Window(
                patient="p",
                zone="UTC",
                profiles=(),
                dates=(date(2026, 11, 20),),
                workouts=order,
                columns=ordered,
                reports=(),
            )
            results.append(derive(window))
    assert all(result == results[0] for result in results)
    return results[0]


def _sessions(derived: Derived) -> list[tuple[int, int]]:
    """Return the minutes of the sessions that count."""
    return [
        ((row.start_ms - _T0) // _MIN, (row.end_ms - _T0) // _MIN)
        for row in derived.sessions
        if row.counts
    ]


@pytest.mark.parametrize(
    ("later", "sessions"),
    [
        (_version("a", 0, 20, 2), [(0, 20)]),
        (_version("b", 0, 20, 2), [(0, 20)]),
        (_version("a", 0, 20, 2, _NAMELESS), [(0, 20)]),  # the device is left out
        (_version("a", 2, 20, 2, _NAMELESS), [(2, 20)]),
        (_version("a", 0, 20, 2, replace(_WATCH, device="renamed")), [(0, 20)]),
        # another recording by another device is another route, and the better one stays
        (_version("b", 0, 20, 2, _NAMELESS), [(0, 45)]),
        (_version("a", 0, 20, 2, replace(_NAMELESS, vendor="w")), [(0, 45)]),
    ],
)
def test_the_version_that_was_stated_last_counts(
    later: AttributedFact, sessions: list[tuple[int, int]]
) -> None:
    derived = _derived((_version("a", 0, 45, 1), later))

    assert _sessions(derived) == sessions
    first, last = sessions[0]
    assert derived.days[0].session_ms == (last - first) * _MIN


@pytest.mark.parametrize(
    ("sources", "counted"),
    [
        ((_STRAP, _WATCH), _STRAP),
        ((_BACKGROUND, _STRAP), _STRAP),
        ((_BACKGROUND, _WATCH), _WATCH),
        # of equal rank: the name decides, because the same must count on every computer
        ((_NAMELESS, replace(_NAMELESS, device="x")), replace(_NAMELESS, device="x")),
    ],
)
def test_of_two_sources_in_one_message_the_better_counts(
    sources: tuple[Source, Source], counted: Source
) -> None:
    first, second = sources
    derived = _derived((_version("a", 0, 30, 1, first), _version("a", 0, 30, 1, second)))

    (session,) = derived.sessions
    assert session.declared_by == counted


def test_a_record_of_that_name_at_another_vendor_does_not_decide() -> None:
    false_start = _version("a", 0, 0, 1, replace(_WATCH, vendor="w"))
    again = _version("a", 0, 30, 1, replace(_WATCH, vendor="w"))
    derived = _derived(
        (false_start, again, _version("a", 0, 30, 1, _STRAP), _version("a", 0, 30, 1, _BACKGROUND))
    )

    (session,) = derived.sessions
    assert session.declared_by == _STRAP


@pytest.mark.parametrize(
    ("names", "samples"),
    [
        (("a", "b"), ("a", "b")),
        (("a", "b"), ("a:samples", "b:samples")),
        (("fit:1:0", "fit:2:0"), ("fit:1", "fit:2")),
        (("fit:1:0", "fit:2:0"), ("fit:1:beats", "fit:2")),
    ],
)
def test_no_sample_of_a_superseded_version_is_read(
    names: tuple[str, str], samples: tuple[str, str]
) -> None:
    workouts = _version(names[0], 0, 30, 1), _version(names[1], 0, 30, 2)
    # the first version has samples where the second has none
    derived = _derived(workouts, _heart(samples[0], 0, 30, 150), _heart(samples[1], 5, 30, 110))

    (session,) = derived.sessions
    assert (session.heart.n, session.heart.mean) == (25 * 60, 110.0)


def test_the_samples_of_the_other_sessions_of_a_file_stay() -> None:
    workouts = _version("fit:1:0", 0, 30, 1), _version("fit:1:1", 60, 90, 1)
    trimmed = _version("fit:2:0", 1, 30, 2)
    derived = _derived(
        (*workouts, trimmed), _heart("fit:1", 0, 90, 150), _heart("fit:2", 1, 30, 110)
    )

    assert [row.heart.mean for row in derived.sessions] == [110.0, 150.0]


def test_a_version_without_any_sample_leaves_those_of_the_older() -> None:
    derived = _derived(
        (_version("a", 0, 30, 1), _version("b", 0, 30, 2)), _heart("a:samples", 0, 30, 150)
    )

    (session,) = derived.sessions
    assert (session.record, session.heart.mean) == ("b", 150.0)
