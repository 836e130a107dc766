"""Sessions and heart rate of real files, against time in zone from an independent program."""

from pathlib import Path

import numpy as np

from model.facts import SampleBlock, Workout
from parsers.fit import MESSAGES, FitSession, Samples, decode, enum_values, read_activity
from parsers.fit_facts.fit_file import parse_fit
from stream.compute.intensity.zones import karvonen, time_in_zones
from tests.on_purpose import settled
from tests.rows import cells_of, entries_of, matching, of_type, values_of

_REST, PEAK = 60, 190
_EDGES = (
    karvonen(_REST, PEAK, 0.30),
    karvonen(_REST, PEAK, 0.40),
    karvonen(_REST, PEAK, 0.60),
    karvonen(_REST, PEAK, 0.90),
)
_ZONES = ("very_light", "light", "moderate", "vigorous", "near_max", "unknown")


def test_sessions_and_zones_are_equal_to_the_millisecond(
    zone_rows: tuple[Path, list[dict[str, str]]],
) -> None:
    path, rows = zone_rows
    activity = read_activity(decode(path.read_bytes(), messages=MESSAGES))
    heart = activity.samples.get("heart_rate")
    declared = [(str(s.start_ms), str(s.length_ms)) for s in activity.sessions]
    rows = list(map(settled, rows))
    assert declared == cells_of(rows, "start_ms", "length_ms")
    numbers = {name: str(number) for number, name in enum_values("sport").items()}
    for row, session in zip(rows, activity.sessions, strict=True):
        # the oracle's profile is older: it gives numbers for sports it has no name for
        assert row["sport"] in (session.sport, numbers.get(session.sport))
    for row, session in zip(rows, activity.sessions, strict=True):
        if row["jump"] == "0":
            assert _zones(heart, session) == entries_of(row, _ZONES)


def test_the_facts_of_the_file_give_the_same_zones(
    zone_rows: tuple[Path, list[dict[str, str]]],
) -> None:
    path, rows = zone_rows
    facts = parse_fit(path.read_bytes()).facts
    rows = list(map(settled, rows))
    workouts = of_type(Workout, facts)
    # The oracle does not read the beats that a strap hands over in messages of its own.
    blocks = [
        fact
        for fact in matching(of_type(SampleBlock, facts), metric="heart_rate")
        if not fact.head.record.endswith(":beats")
    ]
    heart = None
    if blocks:
        heart = Samples(
            t=np.concatenate(values_of(blocks, "t")), v=np.concatenate(values_of(blocks, "v"))
        )
    for row, workout in zip(rows, workouts, strict=True):
        span = FitSession(
            start_ms=workout.head.start_ms, length_ms=workout.head.end_ms - workout.head.start_ms
        )
        assert (str(span.start_ms), str(span.length_ms)) == (row["start_ms"], row["length_ms"])
        if row["jump"] == "0":
            assert _zones(heart, span) == entries_of(row, _ZONES)


def _zones(heart: Samples | None, session: FitSession) -> dict[str, str]:
    if heart is None:
        return dict.fromkeys(_ZONES, "0") | {"unknown": str(session.length_ms)}
    end = session.start_ms + session.length_ms
    times = time_in_zones(heart.t, heart.v, session.start_ms, end, _EDGES)
    return {zone: str(getattr(times, zone)) for zone in _ZONES}
