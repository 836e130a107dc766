"""What Fitbit's export and its former interface write alike of an exercise. Pure.

Neither says when the timer stood still, nor in which unit an account counts distance.
"""

from collections.abc import Iterator, Mapping

from model.facts import RejectKind
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import JsonObject, Unreadable, kept_without, number_within
from parsers.pauses import SHORTEST_PAUSE_MS

_TOTALS: Mapping[str, tuple[str, float]] = {
    "steps": ("steps", 1e7),
    "calories": ("total_energy", 1e6),
    "averageHeartRate": ("heart_rate_mean", 1e3),
}
_UNITS: Mapping[str, float] = {"Kilometer": 1_000.0, "Mile": 1_609.344, "Meter": 1.0}


def timer_of_exercise(entry: JsonObject, lasted_ms: int, errors: list[Unreadable]) -> int | None:
    """Return the time of the timer in ms, None where it is not less than `lasted_ms`."""
    active = entry.get("activeDuration")
    if active is None:
        return None
    moving = kept_without(
        errors, 0.0, number_within, active, 0, LONGEST_WORKOUT_MS, "activeDuration"
    )
    return int(moving) if 0 < moving <= lasted_ms - SHORTEST_PAUSE_MS else None


def figures_of_exercise(entry: JsonObject, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    """Yield the stated figures of an exercise with their names, distance in metres."""
    for theirs, (ours, most) in _TOTALS.items():
        if entry.get(theirs) is not None:
            value = kept_without(errors, None, number_within, entry[theirs], 0, most, theirs)
            if value is not None:
                yield ours, value
    # A distance without a unit is in that of the account, which is stated nowhere.
    written = entry.get("distanceUnit")
    unit = _UNITS.get(str(written))
    if unit is None and written is not None and entry.get("distance") is not None:
        errors.append(Unreadable("distanceUnit", "not a unit of distance", RejectKind.UNKNOWN))
    if unit is not None and entry.get("distance") is not None:
        distance = kept_without(errors, None, number_within, entry["distance"], 0, 1e6, "distance")
        if distance is not None:
            yield "distance", distance * unit
