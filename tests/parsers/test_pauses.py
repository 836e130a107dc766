"""Pauses of FIT and TCX files: timer events, gaps between trackpoints, and bounds."""

import json
from dataclasses import replace

import numpy as np
import pytest

from model.facts import Workout
from model.storable import MOST_PAUSES, fact_refusal
from parsers.fit import decode, timer_stops
from parsers.fit_facts.fit_file import parse_fit
from parsers.formats import parse
from parsers.pauses import end_of_timer, pauses_in_gaps, pauses_within
from simulate.fit_messages import ENUM, UINT32, FieldShape, FitShape, encoded, fit_file
from simulate.fit_writer import Recording, write_activity
from tests.rooms import ROOT
from tests.rows import of_type

_START = 1_700_000_000_000
_T0 = _START // 1000 - 631_065_600
_WALK = Recording(start_ms=_START, end_ms=_START + 600_400, t=_START + 1000 * np.arange(600))


def _workout(data: bytes) -> Workout:
    (workout,) = of_type(Workout, parse_fit(data).facts)
    return workout


def _stops(*events: tuple[int, int], event: int = 0) -> list[tuple[int, int | None]]:
    """Return the stops of events (second, type), both in seconds since the start."""
    fields = {
        "at": FieldShape(number=253, base=UINT32),
        "event": FieldShape(number=0, base=ENUM),
        "type": FieldShape(number=1, base=ENUM),
    }
    shape = FitShape(number=21, local=0, fields=fields)
    parts = [encoded(shape, {"at": _T0 + at, "event": event, "type": kind}) for at, kind in events]
    stops = timer_stops(decode(fit_file(parts), messages={"event"})["event"])
    return [
        ((start - _START) // 1000, None if end is None else (end - _START) // 1000)
        for start, end in stops
    ]


@pytest.mark.parametrize(
    ("events", "stops"),
    [
        ([(0, 0), (600, 4)], [(600, None)]),
        ([(0, 0), (60, 4), (90, 0), (600, 9)], [(60, 90), (600, None)]),
        ([(0, 0), (60, 1), (70, 4), (90, 0)], [(60, 90)]),  # stopped twice
        ([(60, 1), (90, 0), (95, 0), (100, 8), (110, 0)], [(60, 90), (100, 110)]),
        ([(60, 4), (60, 0), (80, 4), (90, 0)], [(80, 90)]),  # no time passed
        ([(90, 0), (60, 4)], [(60, 90)]),  # written out of order
        ([(0, 0), (60, 3), (90, 7)], []),  # markers
        ([(60, 0)], []),
    ],
)
def test_the_timer_stands_still_between_a_stop_and_the_next_start(
    events: list[tuple[int, int]], stops: list[tuple[int, int | None]]
) -> None:
    assert _stops(*events) == stops


def test_other_events_and_device_times_are_no_stops() -> None:
    assert _stops((60, 4), (90, 0), event=9) == []
    assert _stops((-_T0 + 5, 4), (90, 0)) == []


def test_pauses_of_a_file() -> None:
    pauses = ((_START + 60_000, _START + 90_000), (_START + 300_000, _START + 420_000))
    workout = _workout(write_activity(replace(_WALK, pauses=pauses)))
    # The last stop lies in the second in which the workout ends: that is no pause.
    assert (workout.pauses, workout.moving_ms) == (pauses, 450_400)
    assert _workout(write_activity(_WALK)).pauses == ()


@pytest.mark.parametrize(
    ("stops", "timer_ms", "pauses"),
    [
        ([(10_000, 20_000)], None, ((10_000, 20_000),)),
        ([(10_000, 10_999)], None, ()),
        ([(10_000, 11_000)], None, ((10_000, 11_000),)),
        ([(-5_000, 5_000), (95_000, 200_000)], None, ((0, 5_000), (95_000, 100_000))),
        ([(-5_000, 0), (100_000, 200_000)], None, ()),
        # stopped, and saved later: the timer confirms it, or states nothing
        ([(40_000, None)], None, ((40_000, 100_000),)),
        ([(40_000, None)], 40_000, ((40_000, 100_000),)),
        ([(40_000, None)], 42_000, ((40_000, 100_000),)),
        # the event of the start was lost: the timer ran on
        ([(40_000, None)], 42_001, ()),
        ([(10_000, 20_000), (40_000, None)], 90_000, ((10_000, 20_000),)),
    ],
)
def test_stops_become_pauses_of_their_workout(
    stops: list[tuple[int, int | None]],
    timer_ms: int | None,
    pauses: tuple[tuple[int, int], ...],
) -> None:
    assert pauses_within(stops, (0, 100_000), timer_ms) == pauses


@pytest.mark.parametrize(
    ("stops", "end_ms"),
    [
        ([], 60_000),
        ([(10_000, 20_000)], 70_000),
        # the second begins within the time that the first has added, or when the timer has run out
        ([(10_000, 20_000), (69_999, 80_000)], 80_001),
        ([(10_000, 20_000), (70_000, 80_000)], 70_000),
        # what overlaps counts once, and what lies before the start not at all
        ([(10_000, 20_000), (15_000, 25_000)], 75_000),
        ([(-5_000, 5_000)], 65_000),
        ([(-5_000, -1_000)], 60_000),
        ([(20_000, 10_000)], 60_000),
    ],
)
def test_a_timer_that_ran_so_long_ends_after_its_pauses(
    stops: list[tuple[int, int]], end_ms: int
) -> None:
    assert end_of_timer(0, 60_000, stops) == end_ms


@pytest.mark.parametrize(
    ("paused_ms", "pauses"),
    [
        (None, ((101_000, 400_001),)),  # the point before a gap holds for its own second
        (0, ()),
        (999, ()),
        (20_000, ((380_001, 400_001),)),  # it ends with the next point
        (300_001, ((100_000, 400_001),)),
        (320_000, ((40_001, 60_000), (100_000, 400_001))),
        (900_000, ((0, 60_000), (100_000, 400_001), (500_000, 800_000))),
    ],
)
def test_the_longest_gaps_hold_the_stated_pause(
    paused_ms: int | None, pauses: tuple[tuple[int, int], ...]
) -> None:
    gaps = [(0, 60_000), (100_000, 400_001), (500_000, 800_000)]
    if paused_ms == 320_000:
        gaps = gaps[:2]
    assert pauses_in_gaps(gaps, paused_ms) == pauses


def test_a_fact_keeps_the_longest_of_too_many_pauses() -> None:
    stops = [(n * 10_000, n * 10_000 + 1_000 + n) for n in range(MOST_PAUSES + 5)]
    kept = pauses_within(stops, (0, 10**9), None)
    assert kept == tuple(stops[5:])


def _tcx(timed_s: str, *minutes: int) -> Workout:
    points = "".join(
        f"<Trackpoint><Time>2026-10-05T07:{minute:02d}:00Z</Time></Trackpoint>"
        for minute in minutes
    )
    body = (
        "<TrainingCenterDatabase><Activities><Activity Sport='Running'><Id>a</Id>"
        f"<Lap StartTime='2026-10-05T07:00:00Z'>{timed_s}<Track>{points}</Track></Lap>"
        "</Activity></Activities></TrainingCenterDatabase>"
    )
    (workout,) = of_type(Workout, parse("files", body.encode()).facts)
    assert fact_refusal(workout) == ""
    return workout


@pytest.mark.parametrize(
    ("timed_s", "pauses"),
    [
        ("<TotalTimeSeconds>1800</TotalTimeSeconds>", []),
        ("<TotalTimeSeconds>1200</TotalTimeSeconds>", [(12, 22)]),
        ("<TotalTimeSeconds>1080</TotalTimeSeconds>", [(10, 22)]),
        ("<TotalTimeSeconds>0</TotalTimeSeconds>", [(10, 22)]),
        ("", [(10, 22)]),
    ],
)
def test_a_gap_in_a_track_is_a_pause_as_far_as_the_laps_leave_room(
    timed_s: str, pauses: list[tuple[int, int]]
) -> None:
    workout = _tcx(timed_s, 0, 5, 10, 22, 26, 30)
    start = workout.head.start_ms
    assert [((a - start) // 60_000, (b - start) // 60_000) for a, b in workout.pauses] == pauses


@pytest.mark.parametrize(
    ("duration_s", "moving_ms"),
    [(4102, 4_102_000), (4293, 4_293_000), (4293.001, None), (4294, None), (5000, None), (0, None)],
)
def test_a_duration_below_the_length_is_the_timer_of_a_vendor(
    duration_s: float, moving_ms: int | None
) -> None:
    body = json.loads((ROOT / "tests/data/open_wearables/workout/body.json").read_bytes())
    body["data"]["duration_seconds"] = duration_s
    parsed = parse("open_wearables", json.dumps(body).encode())
    (workout,) = of_type(Workout, parsed.facts)
    assert (workout.moving_ms, workout.pauses) == (moving_ms, ())
