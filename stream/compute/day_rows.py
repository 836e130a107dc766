"""Makes the row of a local date from its sessions and its minutes.

The row holds totals only; `day_states` judges the day.
"""

from collections.abc import Iterable, Mapping
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
from stream.compute.sessions.session_rows import CountedSession


def derive_day(
    day: date,
    zone: str,
    sessions: Iterable[CountedSession],
    resolved: Mapping[str, ResolvedMetric],
    thresholds: ZoneThresholds,
    *,
    stated: Mapping[str, float],
    answered: bool,
) -> Day:
    """Return the row of a local date.

    `zone` is the patient's IANA zone. `sessions` are those that start on the date. `resolved` holds
    the selected samples by metric. `stated` holds totals of the date as sources state them.
    `answered` says that the patient reported on the date.
    """
    start, end = day_bounds(day, zone)
    zones = ZoneTimes()
    counting: list[Session] = []
    for row in sessions:
        # The time of a session counts even where it does not count as another session.
        zones += row.counted
        if row.session.counts:
            counting.append(row.session)
    heart = resolved.get(HEART)
    series = None if heart is None else heart.series
    return Day(
        local_date=day,
        sessions=len(counting),
        session_ms=zones.total,
        zones=zones,
        wear_min=0 if heart is None else heart.minutes_with_samples(start, end),
        answered=answered,
        volume=zone_times_between(series, start, end, thresholds),
        steps=_steps(resolved.get(STEPS), start, end, stated.get(STEPS)),
        night_hr=None if series is None else night_hr(series.t, series.v, day, zone),
        stated=dict(stated),
        loads=_loads(counting),
    )


def stated_totals(summaries: Iterable[AttributedFact]) -> dict[date, dict[str, float]]:
    """Return the totals that sources state, by local date and metric.

    Each total is from the best ranked source that states it. Raises TypeError for a fact that is
    not a day's summary.
    """
    totals: dict[date, dict[str, float]] = {}
    for summary in sorted(current_facts(summaries), key=_best_first):
        fact = summary.fact
        if not isinstance(fact, DaySummary):
            raise TypeError(f"a day's summary was expected, not {type(fact).__name__}")
        of_date = totals.setdefault(fact.local_date, {})
        for metric, value in fact.values.items():
            # Sources are never mixed: the best that states a metric has already been read.
            of_date.setdefault(metric, value)
    for day, of_date in totals.items():
        # In order of names, so that equal rows have equal bytes whatever order the sources have.
        totals[day] = dict(sorted(of_date.items()))
    return totals


def _best_first(summary: AttributedFact) -> tuple[tuple[int, tuple[str, ...]], int, str]:
    """Return a sort key: the best ranked source, then the greatest revision, then the record."""
    head = summary.fact.head
    return source_order(head.source), -head.revision, head.record


def _steps(steps: ResolvedMetric | None, start: int, end: int, stated: float | None) -> int | None:
    """Return the steps of a date, None when they are unknown.

    Steps counted minute by minute are preferred to the total that a source states.
    """
    series = None if steps is None else steps.within(start, end)
    # No samples are not 0 steps: the source may state a total only.
    counted = float(series.v.sum()) if series is not None and len(series.v) else stated
    return None if counted is None else round(counted)


def _loads(sessions: Iterable[Session]) -> dict[str, float]:
    """Return the sum of each load over sessions, added in their order."""
    totals: dict[str, float] = {}
    for session in sessions:
        for load in session.loads:
            if load.value is not None and load.name in ADDITIVE_LOADS:
                totals[load.name] = totals.get(load.name, 0.0) + load.value
    return totals
