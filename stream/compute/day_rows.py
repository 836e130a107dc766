"""One local date's totals from its sessions and from what speaks in its minutes. Never judges the day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ...model.calendar import day_bounds
from ...model.derived import Day, Session
from ...model.facts import DaySummary, Told
from ...model.intensity import HeartLimits, ZoneTimes
from .claims import standing
from .columns import HEART, STEPS
from .load import ADDING
from .resolve import Resolved
from .resting import night_hr
from .sources import precedence
from .zones import zones_of


def day_row(
    day: date,
    zone: str,
    sessions: Sequence[tuple[Session, ZoneTimes]],
    heard: Mapping[str, Resolved],
    limits: HeartLimits,
    *,
    told: Mapping[str, float],
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
        steps=_steps(heard.get(STEPS), start, end, told.get(STEPS)),
        night_hr=None if heart is None else night_hr(heart.track.t, heart.track.v, day, zone),
        told=dict(told),
        loads=_loads(session for session, _ in sessions if session.counts),
    )


def totals(summaries: Iterable[Told]) -> dict[date, dict[str, float]]:
    """Return what sources state of whole dates, by date and metric: of each metric the best ranked source's figure.

    Raises TypeError for a fact of another kind.
    """
    found: dict[date, dict[str, float]] = {}
    for told in sorted(standing(summaries), key=_speaks_first):
        said = told.fact
        if not isinstance(said, DaySummary):
            raise TypeError(f"a day's summary was expected, not {type(said).__name__}")
        stated = found.setdefault(said.local_date, {})
        stated |= {metric: value for metric, value in said.values.items() if metric not in stated}
    return {day: dict(sorted(values.items())) for day, values in found.items()}


def _speaks_first(told: Told) -> tuple[tuple[int, tuple[str, ...]], int, str]:
    """Return a key that puts the best ranked source first; of one source the greater revision, then by record."""
    head = told.fact.head
    return precedence(head.source), -head.revision, head.record


def _steps(steps: Resolved | None, start: int, end: int, stated: float | None) -> int | None:
    """Return the steps of the date: counted minute by minute, else as stated; None when nobody counted."""
    track = steps.within(start, end) if steps else None
    counted = float(track.v.sum()) if track is not None and len(track.v) else stated
    return None if counted is None else round(counted)


def _loads(sessions: Iterable[Session]) -> dict[str, float]:
    """Return the sum of each load over sessions, in their order."""
    found: dict[str, float] = {}
    for session in sessions:
        for load in session.loads:
            if load.value is not None and load.name in ADDING:
                found[load.name] = found.get(load.name, 0.0) + load.value
    return found
