"""A recording without a usable session message is a workout all the same, and it is told."""

import pytest

from model.fact_properties import measured_until_ms
from model.facts import SampleBlock, Workout
from parsers.fit_facts.fit_file import parse_fit
from tests.parsers.fit.pieces import (
    BASE_MS,
    CYCLING,
    RUNNING,
    activity,
    lap,
    plain,
    pool_length,
    records,
    session,
    sport,
    startless_lap,
)
from tests.rows import of_type, values_of

_HALF = range(1800)


def _made(*parts: bytes) -> tuple[float, float, float, str, dict[str, float]]:
    """Return begin, end and moving time in seconds, the type, and the mark of where it is from."""
    (workout,) = of_type(Workout, parse_fit(plain(*parts)).facts)
    head, moving = workout.head, workout.moving_ms or 0
    seconds = (head.start_ms - BASE_MS) / 1000, (head.end_ms - BASE_MS) / 1000, moving / 1000
    mark = {name: value for name, value in workout.summary.items() if name.startswith("made")}
    return (*seconds, workout.type, mark)


_FROM_RECORDS, _FROM_LAPS = {"made_from_records": 1.0}, {"made_from_laps": 1.0}


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        pytest.param(
            [records(_HALF)], (0, 1800, 1800, "other", _FROM_RECORDS), id="records alone"
        ),
        pytest.param(
            [sport(CYCLING), records(_HALF)],
            (0, 1800, 1800, "cycling", _FROM_RECORDS),
            id="any message names the sport",
        ),
        pytest.param(
            [records([0, 300, 601, 700])],
            (0, 701, 401, "other", _FROM_RECORDS),
            id="a gap of 301 s is a pause and one of 300 s is none",
        ),
        pytest.param(
            [lap(start=0, written=900, elapsed=900, timer=900, sport=RUNNING),
             lap(start=900, written=1800, elapsed=900, timer=600, sport=RUNNING)],
            (0, 1800, 1500, "running", _FROM_LAPS),
            id="laps alone",
        ),
        pytest.param(
            [lap(written=900, elapsed=900, sport=RUNNING),
             lap(written=1800, elapsed=900, sport=RUNNING)],
            (0, 1800, 1800, "running", _FROM_LAPS),
            id="laps with an invalid start end when they were written",
        ),
        pytest.param(
            [startless_lap(written=900, elapsed=900, sport=RUNNING),
             startless_lap(written=1800, elapsed=900, sport=RUNNING)],
            (0, 1800, 1800, "running", _FROM_LAPS),
            id="laps whose definition has no start",
        ),
        pytest.param(
            [lap(written=900, timer=900), lap(written=5400, timer=900), session(sport=RUNNING)],
            (0, 5400, 1800, "running", _FROM_LAPS),
            id="laps with nothing but a timer, and the time between them",
        ),
        pytest.param(
            [lap(elapsed=900), lap(written=1800, elapsed=900, sport=RUNNING)],
            (900, 1800, 900, "running", _FROM_LAPS),
            id="a lap without any time of day is no part of it",
        ),
        pytest.param(
            [records(_HALF), lap(start=0, written=900, elapsed=900, timer=900, sport=RUNNING)],
            (0, 1800, 1800, "running", _FROM_LAPS),
            id="the last lap was not finished",
        ),
        pytest.param(
            [records(range(1801)), lap(start=0, written=1800, elapsed=1800, timer=1800)],
            (0, 1800, 1800, "other", _FROM_LAPS),
            id="a lap ends with the last record",
        ),
        pytest.param(
            [records(_HALF), lap(start=-86_400, written=-85_500, elapsed=900, sport=RUNNING)],
            (0, 1800, 1800, "running", _FROM_RECORDS),
            id="laps of another clock",
        ),
        pytest.param(
            [records(_HALF), session(start=0, written=0, elapsed=8 * 86_400, sport=RUNNING)],
            (0, 1800, 1800, "running", _FROM_RECORDS),
            id="a session longer than any",
        ),
        pytest.param(
            [pool_length(0, 40), pool_length(40, 60, kind=0), pool_length(100, 45),
             pool_length(145, 30, kind=0)],
            (0, 145, 85, "swimming", {"made_from_lengths": 1.0}),
            id="lengths of a pool, with a rest between and at the end",
        ),
        pytest.param(
            [lap(start=0, written=900, elapsed=900, timer=900), pool_length(0, 40)],
            (0, 900, 900, "other", _FROM_LAPS),
            id="laps hold the lengths",
        ),
    ],
)  # fmt: skip
def test_it_is_made_from_laps_else_from_records(
    parts: list[bytes], made: tuple[float, float, float, str, dict[str, float]]
) -> None:
    assert _made(*parts) == made
    reasons = values_of(parse_fit(plain(*parts)).rejects, "why")
    assert any(why.startswith("no_session: no session message: made from") for why in reasons)


def test_what_was_answered_on_the_watch_stays() -> None:
    parsed = parse_fit(plain(records(_HALF), session(start=0, elapsed=8 * 86_400, effort=4)))
    (workout,) = of_type(Workout, parsed.facts)
    assert workout.exertion_cr10 == 4


@pytest.mark.parametrize(
    ("message", "start", "length"),
    [
        (session(start=0, written=1200, elapsed=0, timer=1200), 0, 1200),
        (session(written=1200, elapsed=1200, timer=1100), 0, 1200),
        (session(written=1200, timer=1200), 0, 1200),
        (session(start=0, timer=1200), 0, 1200),
        (session(start=0, written=1200), 0, 1200),
    ],
)
def test_a_session_message_with_enough_in_it_is_used(
    message: bytes, start: int, length: int
) -> None:
    parsed = parse_fit(plain(records(range(1200)), message, activity(1200)))
    (workout,) = of_type(Workout, parsed.facts)
    assert workout.head.start_ms == BASE_MS + 1000 * start
    assert workout.head.end_ms == BASE_MS + 1000 * (start + length)
    assert not any(name.startswith("made") for name in workout.summary)


def test_the_last_record_is_in_the_workout_and_proves_no_later_delivery() -> None:
    parsed = parse_fit(plain(records(_HALF)))
    (workout,), (block,) = of_type(Workout, parsed.facts), of_type(SampleBlock, parsed.facts)
    assert workout.head.start_ms <= block.t[0] < block.t[-1] < workout.head.end_ms
    assert measured_until_ms(workout) == block.t[-1] == BASE_MS + 1799_000
    declared = parse_fit(plain(records(_HALF), session(start=0, written=1800, elapsed=1800)))
    (workout,) = of_type(Workout, declared.facts)
    assert measured_until_ms(workout) == workout.head.end_ms == BASE_MS + 1800_000


@pytest.mark.parametrize(("times", "workouts"), [([0], 0), ([0, 0], 0), ([0, 1], 1)])
def test_one_record_makes_no_workout_and_that_is_told(times: list[int], workouts: int) -> None:
    parsed = parse_fit(plain(records(times)))
    assert len(of_type(Workout, parsed.facts)) == workouts
    (reject,) = parsed.rejects
    ending = "made from records" if workouts else "and no stretch of records to make one from"
    assert reject.why.endswith(ending)


_RUN_ON = lap(start=900, written=1800, elapsed=900, timer=900)
_RUN_LATER = lap(start=5100, written=6000, elapsed=900, timer=900)


@pytest.mark.parametrize(
    ("parts", "pauses"),
    [
        ([_RUN_ON], []),
        ([_RUN_LATER], [(900, 5100)]),
        ([_RUN_LATER, _RUN_ON], [(1800, 5100)]),  # laps come in any order
        ([_RUN_LATER, records([*range(900), *range(5100, 6000)])], [(900, 5100)]),
        # laps may overlap, and then no time between them is left
        ([lap(start=300, written=6000, elapsed=5700, timer=5700), _RUN_LATER], []),
    ],
)
def test_the_time_between_laps_is_a_pause(
    parts: list[bytes], pauses: list[tuple[int, int]]
) -> None:
    first = lap(start=0, written=900, elapsed=900, timer=900, sport=RUNNING)
    (workout,) = of_type(Workout, parse_fit(plain(first, *parts)).facts)
    ms = [(BASE_MS + start * 1000, BASE_MS + end * 1000) for start, end in pauses]
    assert list(workout.pauses) == ms
