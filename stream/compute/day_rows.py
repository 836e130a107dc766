"""Makes the row of a local date from its sessions and its minutes: totals, zones, steps, wear.

The row holds totals only; `day_states` judges the day.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from model.calendar import MINUTE_MS, day_bounds
from model.derived.days import Day, TypeTotal
from model.derived.sessions import Origin, Session
from model.facts import AttributedFact, DaySummary
from model.intensity import ZoneThresholds, ZoneTimes
from stream.compute.intensity.dose import dose_minutes, exertion_dose
from stream.compute.intensity.load import ADDITIVE_LOADS
from stream.compute.intensity.resting import night_hr
from stream.compute.intensity.zones import zone_times_between
from stream.compute.series.reported_columns import HEART, STEPS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.sources import source_order
from stream.compute.sessions.candidates import current_facts
from stream.compute.sessions.session_rows import CountedSession, WindowSamples
from stream.compute.wear import phone_minutes, unseen_minutes, worn_minutes, worn_spans


def derive_day(
    day: date,
    zone: str,
    sessions: Iterable[CountedSession],
    samples: WindowSamples,
    thresholds: ZoneThresholds,
    *,
    stated: Mapping[str, float],
    answered: bool,
) -> Day:
    """Return the row of a local date.

    `zone` is the patient's IANA zone. `sessions` are those that start on the date. `stated` holds
    totals of the date as sources state them. `answered` says that the patient reported on the date.
    """
    start, end = day_bounds(day, zone)
    heart = samples.resolved.get(HEART)
    # Cut at both ends of the date, so that the samples of other dates change nothing.
    series = None if heart is None else heart.since(start).before(end).series
    worn = worn_spans((*samples.reported_heart, *samples.reported_wear), start, end)
    steps = _counted(samples.resolved.get(STEPS), start, end)
    return replace(
        _day_of_sessions(day, list(sessions)),
        answered=answered,
        wear_min=worn_minutes(worn),
        phone_min=phone_minutes(samples.reported_steps, start, end),
        unseen_min=unseen_minutes(worn, day, zone),
        volume=zone_times_between(series, start, end, thresholds),
        steps=_greater(steps, stated.get(STEPS)),
        steps_counted=steps,
        night_hr=None if series is None else night_hr(series.t, series.v, day, zone),
        stated=dict(stated),
    )


def _day_of_sessions(day: date, rows: Sequence[CountedSession]) -> Day:
    """Return the row of a date with the figures of its sessions alone."""
    zones, elapsed_ms, paused_ms = _counted_time(rows)
    counting = [row.session for row in rows if row.session.counts]
    exertion_ms, exertion_dose_ms = _exertion_ms(rows)
    in_range_ms, range_known_ms = _range_ms(rows)
    return Day(
        local_date=day,
        sessions=len(counting),
        session_ms=zones.total,
        zones=zones,
        wear_min=0,
        answered=False,
        loads=_loads(counting),
        exertion_ms=exertion_ms,
        exertion_dose_ms=exertion_dose_ms,
        in_range_ms=in_range_ms,
        range_known_ms=range_known_ms,
        by_type=_by_type(rows),
        elapsed_ms=elapsed_ms,
        paused_ms=paused_ms,
    )


def _counted_time(sessions: Iterable[CountedSession]) -> tuple[ZoneTimes, int, int]:
    """Return the zone times that a date counts, and its elapsed and paused time in ms.

    The time of a session counts even where it does not count as another session.
    """
    zones, elapsed_ms, paused_ms = ZoneTimes(), 0, 0
    for row in sessions:
        zones += row.counted
        elapsed_ms += row.elapsed_ms
        paused_ms += row.paused_ms
    return zones, elapsed_ms, paused_ms


def _exertion_ms(sessions: Iterable[CountedSession]) -> tuple[int, int]:
    """Return the unknown time that a reported exertion judges, and its dose, both in ms.

    Only declared and reported minutes are judged: nobody rated the edges of a detected bout.
    """
    judged_ms = dose_ms = 0
    for row in sessions:
        cr10, unknown_ms = row.session.exertion_cr10, row.counted.unknown
        if cr10 is not None and row.session.origin is not Origin.DETECTED:
            judged_ms += unknown_ms
            dose_ms += unknown_ms * exertion_dose(cr10)
    return judged_ms, dose_ms


def _range_ms(sessions: Iterable[CountedSession]) -> tuple[int, int]:
    """Return the time in the prescribed range, and the time that could be compared with it."""
    within_ms = known_ms = 0
    for row in sessions:
        within_ms += row.in_range_ms
        known_ms += row.range_known_ms
    return within_ms, known_ms


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


def _counted(steps: ResolvedMetric | None, start: int, end: int) -> int | None:
    """Return the steps that were counted minute by minute, None without any sample."""
    series = None if steps is None else steps.within(start, end)
    # No samples are not 0 steps: the source may state a total only.
    return round(float(series.v.sum())) if series is not None and len(series.v) else None


def _greater(counted: int | None, stated: float | None) -> int | None:
    """Return the greater figure of a date, None when neither is known.

    A total may come before its samples, and samples may come of a part of the day only: each is
    less than what was done, so the greater one is nearer to it. Their sum would count steps twice.
    """
    known = [counted] if counted is not None else []
    known += [round(stated)] if stated is not None else []
    return max(known, default=None)


def _by_type(sessions: Iterable[CountedSession]) -> tuple[TypeTotal, ...]:
    """Return what the sessions of each type add up to, in order of types."""
    by_type: dict[str, list[CountedSession]] = defaultdict(list)
    for row in sessions:
        by_type[row.session.type].append(row)
    totals: list[TypeTotal] = []
    for kind, rows in sorted(by_type.items()):
        total = _total(kind, rows)
        # A session that others cover completely adds neither a session nor time.
        if total.sessions or total.zones.total:
            totals.append(total)
    return tuple(totals)


def _total(kind: str, rows: Sequence[CountedSession]) -> TypeTotal:
    zones, counting = ZoneTimes(), 0
    for row in rows:
        zones += row.counted
        counting += row.session.counts
    exertion_ms, exertion_dose_ms = _exertion_ms(rows)
    in_range_ms, range_known_ms = _range_ms(rows)
    return TypeTotal(
        type=kind,
        sessions=counting,
        zones=zones,
        dose_min=dose_minutes(zones) + exertion_dose_ms / MINUTE_MS,
        exertion_ms=exertion_ms,
        in_range_ms=in_range_ms,
        range_known_ms=range_known_ms,
    )


def _loads(sessions: Iterable[Session]) -> dict[str, float]:
    """Return the sum of each load over sessions, added in their order."""
    totals: dict[str, float] = {}
    for session in sessions:
        for load in session.loads:
            if load.value is not None and load.name in ADDITIVE_LOADS:
                totals[load.name] = totals.get(load.name, 0.0) + load.value
    return totals
