"""What applies on a local date: profile, thresholds, prescriptions, the least length. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from model.calendar import MINUTE_MS
from model.columns.window import Window
from model.intensity import HeartProfile, ZoneThresholds
from model.prescription import Prescription, in_force
from stream.compute.intensity.thresholds import profile_on, zone_thresholds

_USUAL_LEAST_MS = 10 * MINUTE_MS  # clinical definition section 3.3
_NEVER_BELOW_MS = 5 * MINUTE_MS
_SHARE_OF_PRESCRIBED = 0.5  # a patient who stops halfway has still had a session


@dataclass(frozen=True, slots=True, kw_only=True)
class DateInputs:
    """What the figures of a session rest on beside its samples, on the local date of its start."""

    day: date
    profile: HeartProfile | None
    thresholds: ZoneThresholds
    prescribed: tuple[Prescription, ...]
    shortest_ms: int


def inputs_by_date(window: Window) -> dict[date, DateInputs]:
    """Return by date, in order, what applies on it: profile, thresholds, prescriptions, limits."""
    return {day: inputs_on(window, day) for day in sorted(set(window.dates))}


def inputs_on(window: Window, day: date) -> DateInputs:
    """Return what applies on a local date."""
    profile = profile_on(window.profiles, day)
    prescribed = in_force(window.prescriptions, day)
    return DateInputs(
        day=day,
        profile=profile,
        thresholds=zone_thresholds(profile, day),
        prescribed=prescribed,
        shortest_ms=shortest_session_ms(prescribed),
    )


def shortest_session_ms(prescribed: Iterable[Prescription]) -> int:
    """Return the least length of a session in ms, with what is prescribed on its date.

    It is 10 minutes, or half of the prescribed length where that is shorter, but never under 5
    minutes: a walk to the kitchen is no session, whatever is prescribed.
    """
    shortest = _USUAL_LEAST_MS
    for row in prescribed:
        half_ms = int(_SHARE_OF_PRESCRIBED * row.minutes_per_session * MINUTE_MS)
        shortest = min(shortest, half_ms)
    return max(shortest, _NEVER_BELOW_MS)
