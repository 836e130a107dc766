"""One local date's totals from its sessions and from what speaks in its minutes. Never judges the day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from model.calendar import day_bounds
from model.derived import Day, Session
from model.facts import AttributedFact, DaySummary
from model.intensity import ZoneThresholds, ZoneTimes
from stream.compute.intensity.load import ADDITIVE_LOADS
from stream.compute.intensity.resting import night_hr
from stream.compute.intensity.zones import zone_times_between
from stream.compute.series.reported_columns import HEART, STEPS
from stream.compute.series.resolve import ResolvedMetric
from stream.compute.series.sources import source_order
from stream.compute.sessions.candidates import current_facts


def derive_day(
    day: date,
    zone: str,
    sessions: Sequence[tuple[Session, ZoneTimes]],
    values: Mapping[str, ResolvedMetric],
    thresholds: ZoneThresholds,
    *,
    stated: Mapping[str, float],
    answered: bool,
) -> Day:
    """Return one date's row. `sessions` are those that start on it, each with its time in zones that counts."""
    start, end = day_bounds(day, zone)
    zones = sum((counts for _, counts in sessions), start=ZoneTimes())
    heart = values.get(HEART)
    return Day(
        local_date=day,
        sessions=sum(session.counts for session, _ in sessions),
        session_ms=zones.total,
        zones=zones,
        wear_min=heart.minutes_with_samples(start, end) if heart else 0,
        answered=answered,
        volume=zone_times_between(None if heart is None else heart.series, start, end, thresholds),
        steps=_steps(values.get(STEPS), start, end, stated.get(STEPS)),
        night_hr=None if heart is None else night_hr(heart.series.t, heart.series.v, day, zone),
        stated=dict(stated),
        loads=_loads(session for session, _ in sessions if session.counts),
    )


def stated_totals(summaries: Iterable[AttributedFact]) -> dict[date, dict[str, float]]:
    """Return what sources state of whole dates, by date and metric: of each metric the best ranked source's figure.

    Raises TypeError for a fact of another kind.
    """
    fields: dict[date, dict[str, float]] = {}
    for reported in sorted(current_facts(summaries), key=_speaks_first):
        result = reported.fact
        if not isinstance(result, DaySummary):
            raise TypeError(f"a day's summary was expected, not {type(result).__name__}")
        stated = fields.setdefault(result.local_date, {})
        stated |= {metric: value for metric, value in result.values.items() if metric not in stated}
    return {day: dict(sorted(values.items())) for day, values in fields.items()}


def _speaks_first(attributed_fact: AttributedFact) -> tuple[tuple[int, tuple[str, ...]], int, str]:
    """Return a key that puts the best ranked source first; of one source the greater revision, then by record."""
    head = attributed_fact.fact.head
    return source_order(head.source), -head.revision, head.record


def _steps(steps: ResolvedMetric | None, start: int, end: int, stated: float | None) -> int | None:
    """Return the steps of the date: counted minute by minute, else as stated; None when nobody counted."""
    track = steps.within(start, end) if steps else None
    counted = float(track.v.sum()) if track is not None and len(track.v) else stated
    return None if counted is None else round(counted)


def _loads(sessions: Iterable[Session]) -> dict[str, float]:
    """Return the sum of each load over sessions, in their order."""
    values: dict[str, float] = {}
    for session in sessions:
        for load in session.loads:
            if load.value is not None and load.name in ADDITIVE_LOADS:
                values[load.name] = values.get(load.name, 0.0) + load.value
    return values
