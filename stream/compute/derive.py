"""Derives the sessions and days of a patient from everything in a window.

`derive` takes these steps:

1. Columns of samples become a series for each metric and source. Then a source is selected for each
   metric in each minute.
2. Declared workouts and reported sessions become candidates. Several records of the same session
   become a single candidate.
3. Bouts in the samples that no candidate covers become candidates, too.
4. Each candidate that starts on a date of the window becomes a session with its zone times.
5. Each date of the window becomes a day with totals over its sessions and over its minutes.
6. The selected sources are returned with the sessions and days.

No state is kept. The order, repetition and time of arrival of facts do not change the result, and
ids are made from content.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from model.calendar import DAY_MS, MINUTE_MS, dates_between, day_bounds, local_date
from model.columns.window import Window
from model.derived import Day, Derived, Origin, Session, SourceSelection
from model.intensity import ZoneTimes
from model.prescription import Prescription, in_force
from stream.compute.day_rows import derive_day, stated_totals
from stream.compute.intensity.thresholds import profile_on, zone_thresholds
from stream.compute.series.reported_columns import (
    DAY_METRICS,
    HEART,
    SESSION_METRICS,
    reported_series,
)
from stream.compute.series.resolve import ResolvedMetric, resolve, source_selections
from stream.compute.sessions.adjacent import merge_adjacent
from stream.compute.sessions.answers import reported_exertions, reported_types
from stream.compute.sessions.candidates import SessionCandidate, session_candidates
from stream.compute.sessions.detected import detect_sessions
from stream.compute.sessions.duplicates import deduplicate
from stream.compute.sessions.overlap import (
    Pieces,
    counted_pieces,
    ids_with_figures,
    union_of_spans,
)
from stream.compute.sessions.session_rows import (
    DateInputs,
    WindowSamples,
    counted_zones,
    derive_session,
    session_without_figures,
)

SHORTEST_SESSION_MS = 10 * MINUTE_MS  # clinical definition section 3.3
BEYOND_LIMIT = "more sessions on this date than are worked out"

_SHARE_OF_PRESCRIBED = 0.5

_Derived = tuple[Session, ZoneTimes]  # a session with the zone times that count towards its day


def dates_to_derive(spans: Iterable[tuple[int, int]], zone: str) -> tuple[date, ...]:
    """Return the local dates to derive when facts in some spans have changed.

    `spans` are [start, end) in epoch ms. The dates are in order. The date before a span is included
    because a session of that date may reach into the span.
    """
    days: set[date] = set()
    for start, end in spans:
        days.update(dates_between(start - DAY_MS, max(end, start + 1), zone))
    return tuple(sorted(days))


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, the days, and the selected sources.

    Sessions are in order of (start, id), days and selections in order of date. Raises TypeError
    when `workouts`, `reports` or `summaries` of the window hold another kind of fact.
    """
    dates = sorted(set(window.dates))
    inputs = {day: _date_inputs(window, day) for day in dates}
    samples = _samples(window)
    candidates = _candidates(window, samples, inputs)
    derived = _sessions(window, candidates, samples, inputs)
    sessions = tuple(session for session, _ in derived)
    return Derived(
        sessions=sessions,
        days=_days(window, derived, samples, inputs),
        source_selections=_selections(samples.resolved, sessions, dates, window.zone),
    )


def _date_inputs(window: Window, day: date) -> DateInputs:
    """Return the inputs of a date's figures beside samples."""
    profile = profile_on(window.profiles, day)
    prescribed = in_force(window.prescriptions, day)
    return DateInputs(
        day=day,
        profile=profile,
        thresholds=zone_thresholds(profile, day),
        prescribed=prescribed,
        shortest_ms=_shortest_ms(prescribed),
    )


def _shortest_ms(prescribed: Iterable[Prescription]) -> int:
    """Return the least length of a session in ms.

    It is 10 minutes, or half of the prescribed length where that is shorter.
    """
    shortest = SHORTEST_SESSION_MS
    for row in prescribed:
        half_ms = int(_SHARE_OF_PRESCRIBED * row.minutes_per_session * MINUTE_MS)
        shortest = min(shortest, half_ms)
    return shortest


def _samples(window: Window) -> WindowSamples:
    """Return the selected samples by metric, and heart rate as each source reported it."""
    by_metric = reported_series(window.columns)
    return WindowSamples(
        resolved={metric: resolve(metric, by_metric[metric]) for metric in sorted(by_metric)},
        reported_heart=by_metric.get(HEART, ()),
    )


def _candidates(
    window: Window, samples: WindowSamples, inputs: Mapping[date, DateInputs]
) -> list[SessionCandidate]:
    """Return each declared, reported or detected session once, in order of (start, id)."""
    reported = session_candidates(window.patient, window.workouts, window.reports)
    single = deduplicate(reported, samples.reported_heart)
    # Two routes may have split a workout at different pauses. Records that differ as parts may be
    # duplicates once the parts are merged, so duplicates are removed again.
    merged = merge_adjacent(single, window.zone)
    known = deduplicate(merged, samples.reported_heart)
    detected = detect_sessions(window.patient, window.zone, inputs, samples.resolved, known)
    return sorted([*known, *detected], key=_start_and_id)


def _start_and_id(candidate: SessionCandidate) -> tuple[int, str]:
    return candidate.start_ms, candidate.id


def _sessions(
    window: Window,
    candidates: Sequence[SessionCandidate],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> list[_Derived]:
    """Return the sessions that start on the window's dates, each with its zone times that count."""
    exertion = reported_exertions(candidates, window.reports, window.zone)
    types = reported_types(candidates, window.reports)
    # Overlaps are computed over all dates, because a session of yesterday may cover time of today.
    pieces = counted_pieces(candidates)
    by_date = _by_start_date(candidates, window.zone)
    sessions: list[_Derived] = []
    for day in sorted(inputs.keys() & by_date.keys()):
        with_figures = ids_with_figures(by_date[day])
        of_the_date = _without_later_dates(samples, day_bounds(day, window.zone)[1])
        for candidate in by_date[day]:
            id_ = candidate.id
            answered = replace(
                candidate,
                exertion_cr10=exertion.get(id_, candidate.exertion_cr10),
                type=types.get(id_, candidate.type),
            )
            if id_ not in with_figures:
                sessions.append(_without_figures(answered, inputs[day], pieces[id_]))
                continue
            seen = of_the_date if candidate.origin is Origin.DETECTED else samples
            sessions.append(_with_figures(answered, inputs[day], seen, pieces[id_]))
    return sessions


def _by_start_date(
    candidates: Iterable[SessionCandidate], zone: str
) -> dict[date, list[SessionCandidate]]:
    by_date: dict[date, list[SessionCandidate]] = defaultdict(list)
    for candidate in candidates:
        by_date[local_date(candidate.start_ms, zone)].append(candidate)
    return by_date


def _without_later_dates(samples: WindowSamples, end_ms: int) -> WindowSamples:
    """Return the samples that a detected session may use.

    Samples of later dates are left out, because a date must give the same result when it is derived
    without them. Metrics that are loaded for declared and reported sessions only are left out, too.
    """
    resolved: dict[str, ResolvedMetric] = {}
    for metric in DAY_METRICS:
        if metric in samples.resolved:
            resolved[metric] = samples.resolved[metric].before(end_ms)
    return replace(samples, resolved=resolved)


def _with_figures(
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples, pieces: Pieces
) -> _Derived:
    session = derive_session(candidate, inputs, samples, pieces)
    if pieces == ((candidate.start_ms, candidate.end_ms),):  # no other session overlaps
        return session, session.zones
    return session, counted_zones(candidate, inputs, samples, pieces)


def _without_figures(candidate: SessionCandidate, inputs: DateInputs, pieces: Pieces) -> _Derived:
    # The time still counts towards the day, as unknown.
    unknown = sum(end - start for start, end in pieces)
    session = session_without_figures(candidate, inputs, BEYOND_LIMIT)
    return session, ZoneTimes(unknown=unknown)


def _days(
    window: Window,
    sessions: Iterable[_Derived],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> tuple[Day, ...]:
    """Return the rows of the window's dates, in order."""
    by_date: dict[date, list[_Derived]] = defaultdict(list)
    for session, zones in sessions:
        by_date[session.local_date].append((session, zones))
    answered = {local_date(report.fact.head.start_ms, window.zone) for report in window.reports}
    stated = stated_totals(window.summaries)
    days: list[Day] = []
    for day in sorted(inputs):
        row = derive_day(
            day,
            window.zone,
            by_date[day],
            samples.resolved,
            inputs[day].thresholds,
            stated=stated.get(day, {}),
            answered=day in answered,
        )
        days.append(row)
    return tuple(days)


def _selections(
    resolved: Mapping[str, ResolvedMetric],
    sessions: Iterable[Session],
    dates: Iterable[date],
    zone: str,
) -> tuple[SourceSelection, ...]:
    """Return the selected sources over each date, for some metrics within its sessions only.

    The metrics of `SESSION_METRICS` matter, and are loaded, within declared and reported sessions
    only.
    """
    spans_of: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for session in sessions:
        if session.origin is not Origin.DETECTED:
            spans_of[session.local_date].append((session.start_ms, session.end_ms))
    selections: list[SourceSelection] = []
    for day in dates:
        within_sessions = union_of_spans(spans_of[day])
        for metric in sorted(resolved):
            spans = within_sessions if metric in SESSION_METRICS else (day_bounds(day, zone),)
            for start, end in spans:
                selections += source_selections(resolved[metric], start, end, day)
    return tuple(selections)
