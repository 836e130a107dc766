"""Versions of one workout: the last stated counts, shorter or longer, under whatever id."""

from datetime import date
from hashlib import sha256
from itertools import permutations

import pytest

from model.calendar import MINUTE_MS
from model.columns.window import Window
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Phase,
    Report,
    Source,
    Workout,
)
from stream.compute.derive import derive

_T0 = 1_790_000_000_000  # 2026-09-21T14:13:20Z
_RECEIVED = _T0 + 600 * MINUTE_MS
_WATCH = Source(
    vendor="open_wearables", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
_OTHER = Source(vendor="files", device="watch", device_type=DeviceType.WATCH, method=Method.WORKOUT)


def _stated(
    n: int,
    minutes: int,
    *,
    record: str = "w",
    after_ms: int = 0,
    kind: str = "running",
    source: Source = _WATCH,
    revision: int = 0,
) -> AttributedFact:
    """Return a workout as it was reported in the minute `n`."""
    start = _T0 + after_ms
    head = Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=start,
        end_ms=start + minutes * MINUTE_MS,
    )
    return AttributedFact(
        patient="p",
        connector=source.vendor,
        received_ms=_RECEIVED + n * MINUTE_MS,
        body=sha256(bytes([255 - n])).hexdigest(),
        fact=Workout(head=head, type=kind, vendor_type=kind),
    )


def _sessions(facts: tuple[AttributedFact, ...]) -> list[tuple[str, int]]:
    window = Window(
        patient="p",
        zone="Europe/Stockholm",
        profiles=(),
        dates=(date(2026, 9, 21),),
        workouts=facts,
        columns=(),
        reports=(),
    )
    sessions = derive(window).sessions
    return sorted((s.record, (s.end_ms - s.start_ms) // MINUTE_MS) for s in sessions if s.counts)


_CASES = {
    "a correction to shorter": ([_stated(1, 300), _stated(2, 45)], [("w", 45)]),
    "a correction to longer": ([_stated(1, 45), _stated(2, 300)], [("w", 300)]),
    "the sender's number before the time": (
        [_stated(1, 45, revision=2), _stated(2, 300, revision=1)],
        [("w", 45)],
    ),
    "half of it first, all of it under another id": (
        [_stated(1, 20, record="part"), _stated(2, 45, record="total")],
        [("total", 45)],
    ),
    "all of it first": (
        [_stated(1, 45, record="total"), _stated(2, 20, record="part")],
        [("part", 20)],
    ),
    "three ids": (
        [_stated(n, 10 * n, record=f"w{n}") for n in (1, 2, 3)],
        [("w3", 30)],
    ),
    "just two minutes apart": (
        [_stated(1, 20, record="a"), _stated(2, 45, record="b", after_ms=120_000)],
        [("b", 45)],
    ),
    "another kind of foot": (
        [_stated(1, 20, record="a", kind="walking"), _stated(2, 45, record="b")],
        [("b", 45)],
    ),
    # Beyond that they are two workouts, and their common time counts once.
    "just over two minutes apart": (
        [_stated(1, 20, record="a"), _stated(2, 40, record="b", after_ms=121_000)],
        [("a", 20), ("b", 40)],
    ),
    "a leg of another type": (
        [
            _stated(1, 20, record="a", kind="swimming"),
            _stated(2, 45, record="b", kind="multisport"),
        ],
        [("a", 20), ("b", 45)],
    ),
    "typed afterwards": (
        [_stated(1, 20, record="a", kind="other"), _stated(2, 45, record="b")],
        [("b", 45)],
    ),
    "a leg whose type nobody named": (
        [
            _stated(1, 20, record="a", kind="other"),
            _stated(2, 45, record="b", kind="multisport"),
        ],
        [("a", 20), ("b", 45)],
    ),
    # What has no time in common is no version, however near it begins; a short break joins it.
    "a false start that is told of last": (
        [_stated(1, 30, record="b", after_ms=80_000), _stated(2, 1, record="a")],
        [("a", 31)],
    ),
    "just touching": (
        [_stated(1, 30, record="b", after_ms=MINUTE_MS), _stated(2, 1, record="a")],
        [("a", 31)],
    ),
    "a false start in common": (
        [_stated(1, 30, record="b", after_ms=59_000), _stated(2, 1, record="a")],
        [],  # the last stated holds, and a minute is too short to count
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_the_last_stated_version_counts_in_any_order(name: str) -> None:
    facts, expected = _CASES[name]
    for order in permutations(facts):
        assert _sessions(order) == expected, order


def test_another_source_is_no_version() -> None:
    """Two routes of one workout are duplicates, of which the better ranked stays."""
    facts = (_stated(1, 45, record="a"), _stated(2, 45, record="b", source=_OTHER))
    assert len(_sessions(facts)) == 1
    shorter = (_stated(1, 45, record="a"), _stated(2, 20, record="b", source=_OTHER))
    assert _sessions(shorter) != [("b", 20)]


def test_an_answer_to_an_earlier_id_belongs_to_the_version_that_counts() -> None:
    facts = [_stated(1, 20, record="part"), _stated(2, 45, record="total")]
    window = Window(
        patient="p",
        zone="Europe/Stockholm",
        profiles=(),
        dates=(date(2026, 9, 21),),
        workouts=tuple(facts),
        columns=(),
        reports=(_exertion("part"),),
    )
    (session,) = derive(window).sessions
    assert (session.record, session.exertion_cr10) == ("total", 6.0)


def _exertion(session: str) -> AttributedFact:
    source = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
    at = _T0 + 60 * MINUTE_MS
    head = Head(source=source, record="q", start_ms=at, end_ms=at)
    report = Report(
        head=head,
        instrument=Instrument.EXERTION,
        phase=Phase.AFTER,
        value=6.0,
        scale="borg-cr10",
        session=session,
    )
    return AttributedFact(
        patient="p", connector="reports", received_ms=_RECEIVED, body="00" * 32, fact=report
    )
