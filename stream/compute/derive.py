"""Sessions and days of one patient from all facts in a window. Never sees who the patient is, and keeps no state.

The result is a function of the window as a set: order, repetition and arrival of its facts change nothing. Derived
ids come from content. What a day needs from its neighbours: facts up to a day before and after the dates.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from model.calendar import DAY_MS, MINUTE_MS, dates_between, day_bounds, local_date
from model.derived import Derived, Origin, Session, SourceSelection
from model.intensity import ZoneTimes
from model.prescription import Prescription, in_force
from model.window import Window
from stream.compute.day_rows import derive_day, stated_totals
from stream.compute.intensity.thresholds import profile_on, zone_thresholds
from stream.compute.series.reported_columns import (
    DAY_METRICS,
    HEART,
    SESSION_METRICS,
    ReportedSeries,
    reported_series,
)
from stream.compute.series.resolve import ResolvedMetric, resolve, source_selections
from stream.compute.sessions.candidates import (
    SessionCandidate,
    reported_exertions,
    reported_types,
    session_candidates,
)
from stream.compute.sessions.detected import detect_sessions
from stream.compute.sessions.duplicates import deduplicate, merge_adjacent
from stream.compute.sessions.overlap import Pieces, counted_pieces, ids_with_figures, union_of_spans
from stream.compute.sessions.session_rows import (
    DateInputs,
    counted_zones,
    derive_session,
    session_without_figures,
)

SHORTEST_SESSION_MS = (
    10 * MINUTE_MS
)  # a session needs ten minutes, or half of the prescribed ones (section 3.3)
SHARE_OF_PRESCRIBED = 0.5
BEYOND_LIMIT = "more sessions on this date than are worked out"


def dates_to_derive(spans: Iterable[tuple[int, int]], zone: str) -> tuple[date, ...]:
    """Return the local dates to derive anew when facts in the spans [start, end) in epoch ms have changed, in order.

    A day before is included: a session of the day before may reach into the span.
    """
    reach = [(start - DAY_MS, max(end, start + 1)) for start, end in spans]
    return tuple(sorted({day for start, end in reach for day in dates_between(start, end, zone)}))


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, by (start, id), its days, by date, and who spoke when.

    Raises TypeError when `workouts`, `reports` or `summaries` hold another kind of fact.
    """
    series = reported_series(window.columns)
    selected = {metric: resolve(metric, results) for metric, results in sorted(series.items())}
    basis = _bases(window)
    reported = deduplicate(
        session_candidates(window.patient, window.workouts, window.reports), series.get(HEART, ())
    )
    reported = deduplicate(merge_adjacent(reported, window.zone), series.get(HEART, ()))
    dates = sorted(set(window.dates))
    matches = detect_sessions(
        window.patient,
        window.zone,
        dates,
        selected,
        lambda day: basis(day).thresholds,
        lambda day: basis(day).shortest_ms,
        reported,
    )
    claimed = sorted([*reported, *matches], key=lambda claim: (claim.start_ms, claim.id))
    both = _sessions(window, claimed, selected, series.get(HEART, ()), basis)
    by_date: dict[date, list[tuple[Session, ZoneTimes]]] = defaultdict(list)
    for pair in both:
        by_date[pair[0].local_date].append(pair)
    answered = {local_date(report.fact.head.start_ms, window.zone) for report in window.reports}
    stated = stated_totals(window.summaries)
    days = [
        derive_day(
            day,
            window.zone,
            by_date[day],
            selected,
            basis(day).thresholds,
            stated=stated.get(day, {}),
            answered=day in answered,
        )
        for day in dates
    ]
    sessions = tuple(session for session, _ in both)
    return Derived(
        sessions=sessions,
        days=tuple(days),
        source_selections=_choices(selected, sessions, dates, window.zone),
    )


def _sessions(
    window: Window,
    claimed: Sequence[SessionCandidate],
    values: Mapping[str, ResolvedMetric],
    hearts: Sequence[ReportedSeries],
    basis: Callable[[date], DateInputs],
) -> list[tuple[Session, ZoneTimes]]:
    """Return the sessions that start on the dates, each with its time in zones as far as it counts towards its day."""
    exertion = reported_exertions(claimed, window.reports, window.zone)
    types = reported_types(claimed, window.reports)
    pieces = counted_pieces(claimed)
    wanted = frozenset(window.dates)
    by_date: dict[date, list[SessionCandidate]] = defaultdict(list)
    for claim in claimed:
        by_date[local_date(claim.start_ms, window.zone)].append(claim)
    figured = frozenset[str]().union(
        *(ids_with_figures(by_date[day]) for day in wanted & by_date.keys())
    )
    sessions: list[tuple[Session, ZoneTimes]] = []
    for day in sorted(wanted & by_date.keys()):
        for claim in by_date[day]:
            spoken = replace(
                claim,
                exertion_cr10=exertion.get(claim.id, claim.exertion_cr10),
                type=types.get(claim.id, claim.type),
            )
            mine = (
                _of_the_date(values, day_bounds(day, window.zone)[1])
                if claim.origin is Origin.DETECTED
                else values
            )
            if claim.id in figured:
                sessions.append(_figured(spoken, basis(day), mine, hearts, pieces[claim.id]))
            else:
                unknown = sum(end - start for start, end in pieces[claim.id])
                sessions.append(
                    (
                        session_without_figures(spoken, basis(day), BEYOND_LIMIT),
                        ZoneTimes(unknown=unknown),
                    )
                )
    return sessions


def _figured(
    claim: SessionCandidate,
    basis: DateInputs,
    values: Mapping[str, ResolvedMetric],
    hearts: Sequence[ReportedSeries],
    pieces: Pieces,
) -> tuple[Session, ZoneTimes]:
    """Return a session whole, and its time in zones as far as it counts."""
    row = derive_session(claim, basis, values, hearts, pieces)
    total = pieces == ((claim.start_ms, claim.end_ms),)
    return row, row.zones if total else counted_zones(claim, basis, values, pieces)


def _of_the_date(values: Mapping[str, ResolvedMetric], end_ms: int) -> dict[str, ResolvedMetric]:
    """Return what a detected session may look at.

    Not the next date, for a date is derived without it; nor what matters in sessions only, for that is loaded for
    those that were told of.
    """
    return {metric: values[metric].before(end_ms) for metric in DAY_METRICS if metric in values}


def _bases(window: Window) -> Callable[[date], DateInputs]:
    """Return what figures rest on, by local date; found once a date."""
    values: dict[date, DateInputs] = {}

    def on(day: date) -> DateInputs:
        if day not in values:
            profile = profile_on(window.profiles, day)
            prescribed = in_force(window.prescriptions, day)
            values[day] = DateInputs(
                day=day,
                profile=profile,
                thresholds=zone_thresholds(profile, day),
                prescribed=prescribed,
                shortest_ms=_shortest_ms(prescribed),
            )
        return values[day]

    return on


def _shortest_ms(prescribed: Iterable[Prescription]) -> int:
    """Return the least length of a session: ten minutes, or half of the shortest prescribed one if that is less."""
    halves = [int(SHARE_OF_PRESCRIBED * row.minutes_per_session * MINUTE_MS) for row in prescribed]
    return min([SHORTEST_SESSION_MS, *halves])


def _choices(
    values: Mapping[str, ResolvedMetric],
    sessions: Iterable[Session],
    dates: Iterable[date],
    zone: str,
) -> tuple[SourceSelection, ...]:
    """Return who speaks: on each date whole, or for a metric that matters in sessions only, in those of the date."""
    selected: list[SourceSelection] = []
    fields: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for session in sessions:
        if session.origin is not Origin.DETECTED:
            fields[session.local_date].append((session.start_ms, session.end_ms))
    for day in dates:
        within = union_of_spans(fields[day])
        for metric in sorted(values):
            spans = within if metric in SESSION_METRICS else (day_bounds(day, zone),)
            selected += [
                choice
                for start, end in spans
                for choice in source_selections(values[metric], start, end, day)
            ]
    return tuple(selected)
