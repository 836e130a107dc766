"""Orders of facts that once ended in wrong rows, each as small as it was recorded."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from model.calendar import HOUR_MS, MINUTE_MS, midnight
from model.facts import (
    Deletion,
    Fact,
    Head,
    Instrument,
    Joining,
    OffsetOrigin,
    Report,
    SampleBlock,
    Source,
    Workout,
)
from model.intensity import HeartProfile
from tests.lives.circumstances import BACK, HUB, LIFE_PERSON, LIFE_WATCH, PROFILE
from tests.lives.life import Life, attributed
from tests.storage.facts.test_life import Connected, Step, connected, streamed

__all__ = ["connected"]

STOCKHOLM, KOLKATA = "Europe/Stockholm", "Asia/Kolkata"
_T0 = midnight(date(2026, 9, 22), STOCKHOLM)
K0 = midnight(date(2026, 6, 10), KOLKATA)  # half past a UTC hour
EVENING, MORNING = _T0 + 18 * HOUR_MS, _T0 + 32 * HOUR_MS


def _head(source: Source, record: str, start: int, minutes: float, revision: int = 0) -> Head:
    end = start + int(minutes * MINUTE_MS)
    origin = OffsetOrigin.SOURCE
    return Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=start,
        end_ms=end,
        offset_min=0,
        offset_origin=origin,
    )


def _walk(record: str, start: int, source: Source = LIFE_WATCH) -> Workout:
    return Workout(head=_head(source, record, start, 30), type="walking")


def _manual(record: str, start: int, minutes: float = 30, session: str = "") -> Report:
    result = _head(LIFE_PERSON, record, start, minutes)
    return Report(head=result, instrument=Instrument.SESSION, type="walking", session=session)


def _exertion(record: str, at: int, session: str = "") -> Report:
    result = _head(LIFE_PERSON, record, at, 0)
    return Report(
        head=result, instrument=Instrument.EXERTION, value=5.0, scale="borg-cr10", session=session
    )


def _hearts(
    value: Head, start: int, every_ms: int, *values: float, joining: Joining = Joining.RECORD
) -> SampleBlock:
    t = start + every_ms * np.arange(len(values), dtype=np.int64)
    return SampleBlock(head=value, metric="heart_rate", t=t, v=np.array(values), joining=joining)


def stream(start: int, *values: float, revision: int = 0) -> SampleBlock:
    return _hearts(
        _head(BACK, "s1", start, len(values), revision),
        start,
        MINUTE_MS,
        *values,
        joining=Joining.STREAM,
    )


def _detected_walk(start: int) -> SampleBlock:
    """Return steps that show a walk of twenty minutes."""
    result = stream(start, *[110.0] * 20)
    return replace(result, metric="steps")


NEXT_DAY = _walk(
    "r9", MORNING - HOUR_MS
)  # what an answer of the morning concerns, unless it names another
_CASES: dict[str, tuple[str, list[list[Fact] | HeartProfile]]] = {
    "an answer at midnight, told with one of the day before": (
        STOCKHOLM,
        [[_manual("m1", _T0 - 45 * MINUTE_MS, 6), _exertion("q1", _T0)]],
    ),
    "a manual session, rated the next morning, gets samples": (
        STOCKHOLM,
        [
            [_manual("m1", EVENING)],
            [_exertion("q1", MORNING, "m1")],
            [stream(EVENING, *[130.0] * 10)],
        ],
    ),
    "a manual session comes after its rating of the next morning": (
        STOCKHOLM,
        [[_exertion("q1", MORNING, "m1")], [_manual("m1", EVENING)]],
    ),
    "a manual session takes a rating from another one": (
        STOCKHOLM,
        [[NEXT_DAY], [_exertion("q1", MORNING, "m1")], [_manual("m1", EVENING)]],
    ),
    "a rating names a session by the app's word for it": (
        STOCKHOLM,
        [
            [_manual("m1", EVENING, session="app 1")],
            [_exertion("q1", MORNING, "app 1")],
            [stream(EVENING, 130.0)],
        ],
    ),
    "a session is taken back, and its rating concerns another one": (
        STOCKHOLM,
        [
            [_walk("r1", EVENING), NEXT_DAY],
            [_exertion("q1", MORNING, "r1")],
            [Deletion(head=_head(LIFE_WATCH, "x1", _T0, 0), target="r1")],
        ],
    ),
    "one name at two sources, and the one nearer to its rating comes last": (
        STOCKHOLM,
        [
            [_walk("r1", EVENING - 96 * HOUR_MS, HUB)],
            [_exertion("q1", MORNING, "r1")],
            [_walk("r1", EVENING)],
        ],
    ),
    "an answer after midnight to a session that was only found": (
        STOCKHOLM,
        [[_detected_walk(_T0 - 40 * MINUTE_MS)], [_exertion("q1", _T0 + 20 * MINUTE_MS)]],
    ),
    "an answer's own record is the name of a workout": (
        STOCKHOLM,
        [[_walk("r1", EVENING)], [_exertion("r1", MORNING)]],
    ),
    "samples of a series whose block now tells of another day, and a profile": (
        STOCKHOLM,
        [
            [stream(_T0, *[130.0] * 20)],
            [stream(_T0 + 72 * HOUR_MS, *[130.0] * 20, revision=1)],
            PROFILE,
        ],
    ),
    "samples before a midnight within a UTC hour are taken back, and the day after is touched": (
        KOLKATA,
        [
            [_hearts(_head(LIFE_WATCH, "r1", K0 - 30_000, 1), K0 - 30_000, 5_000, *[60.0] * 6)],
            [_hearts(_head(LIFE_WATCH, "r2", K0, 1), K0 + 2_000, 1_000, 140.0, 140.0, 140.0)],
            [Deletion(head=_head(LIFE_WATCH, "x1", K0 - 40_000, 0.65), metric="heart_rate")],
            [_exertion("q1", K0 + 20 * HOUR_MS)],
        ],
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_every_prefix_is_what_everything_at_once_says(connected: Connected, name: str) -> None:
    zone, result = _CASES[name]
    runner, conn = connected
    way: list[Step] = [
        step if isinstance(step, HeartProfile) else tuple(map(attributed, step)) for step in result
    ]
    runner.run(streamed(conn, Life(zone=zone, facts=()), way))
