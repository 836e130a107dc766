"""One local date's totals from its sessions and from what speaks in its minutes. Never judges the day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ...model.calendar import day_bounds
from ...model.derived import Day, Session
from ...model.intensity import HeartLimits, ZoneTimes
from .columns import HEART, STEPS
from .load import ADDING
from .resolve import Resolved
from .resting import night_hr
from .zones import zones_of


def day_row(
    day: date,
    zone: str,
    sessions: Sequence[tuple[Session, ZoneTimes]],
    heard: Mapping[str, Resolved],
    limits: HeartLimits,
    *,
    answered: bool,
) -> Day:
    """Return one date's row. `sessions` are those that start on it, each with its time in zones that counts."""
    start, end = day_bounds(day, zone)
    zones = sum((counts for _, counts in sessions), start=ZoneTimes())
    heart = heard.get(HEART)
    return Day(
        local_date=day,
        sessions=sum(session.counts for session, _ in sessions),
        session_ms=zones.total,
        zones=zones,
        wear_min=heart.worn(start, end) if heart else 0,
        answered=answered,
        volume=zones_of(None if heart is None else heart.track, start, end, limits),
        steps=_steps(heard.get(STEPS), start, end),
        night_hr=None if heart is None else night_hr(heart.track.t, heart.track.v, day, zone),
        loads=_loads(session for session, _ in sessions if session.counts),
    )


def _steps(steps: Resolved | None, start: int, end: int) -> int | None:
    """Return the steps of the date, None when nobody counted."""
    track = steps.within(start, end) if steps else None
    return round(float(track.v.sum())) if track is not None and len(track.v) else None


def _loads(sessions: Iterable[Session]) -> dict[str, float]:
    """Return the sum of each load over sessions, in their order."""
    found: dict[str, float] = {}
    for session in sessions:
        for load in session.loads:
            if load.value is not None and load.name in ADDING:
                found[load.name] = found.get(load.name, 0.0) + load.value
    return found
