"""Derives the sessions and days of a patient from everything in a window.

`derive` takes these steps:

1. Columns of samples become a series for each metric and source. Then a source is selected for each
   metric in each minute.
2. Declared workouts and reported sessions become candidates. Several records of the same session
   become a single candidate.
3. Bouts in the samples that no candidate covers become candidates, too. The patient's answers are
   assigned to the candidates, and those that were marked as not exercise are told apart.
4. Each candidate that starts on a date of the window becomes a session with its zone times, of a
   forgotten recording the active part. Where sessions overlap, it is decided which of them the
   time counts for.
5. Each date of the window becomes a day with totals over its sessions and over its minutes.
6. The selected sources are returned with the sessions and days.

No state is kept. The order, repetition and time of arrival of facts do not change the result, and
ids are made from content.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from model.calendar import MINUTE_MS, day_bounds, local_date
from model.columns.window import Window
from model.derived import Day, Derived, Origin, Session, SourceSelection
from model.facts import MARKS, Instrument
from model.intensity import ZoneTimes
from model.prescription import Prescription, in_force
from stream.compute.day_rows import derive_day, stated_totals
from stream.compute.intensity.thresholds import profile_on, zone_thresholds
from stream.compute.pieces import pieces_ms, union_of_spans
from stream.compute.series.reported_columns import (
    DAY_METRICS,
    HEART,
    SESSION_METRICS,
    STEPS,
    WEAR,
    reported_series,
)
from stream.compute.series.resolve import ResolvedMetric, resolve, source_selections
from stream.compute.sessions.adjacent import merge_adjacent
from stream.compute.sessions.answers import (
    recalled_by_date,
    reported_exertions,
    reported_types,
)
from stream.compute.sessions.candidates import (
    SessionCandidate,
    as_report,
    session_candidates,
    start_and_id,
)
from stream.compute.sessions.detected import detect_sessions
from stream.compute.sessions.duplicates import deduplicate
from stream.compute.sessions.forgotten import without_forgotten
from stream.compute.sessions.marks import with_marks
from stream.compute.sessions.overlap import (
    CountedPieces,
    counted_pieces,
    ids_with_figures,
    unplaced_ms_in,
    with_passed_exertion,
)
from stream.compute.sessions.prescribed_range import counted_range_times
from stream.compute.sessions.session_rows import (
    CountedSession,
    DateInputs,
    WindowSamples,
    counted_zones,
    derive_session,
    session_without_figures,
)

SHORTEST_SESSION_MS = 10 * MINUTE_MS  # clinical definition section 3.3
LEAST_SESSION_MS = 5 * MINUTE_MS
BEYOND_LIMIT = "more sessions on this date than figures are computed for"

_SHARE_OF_PRESCRIBED = 0.5  # a patient who stops halfway has still had a session


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, the days, and the selected sources.

    Sessions are in order of (start, id), days and selections in order of date. Raises TypeError
    when `workouts`, `reports` or `summaries` of the window hold another kind of fact.
    """
    inputs = _inputs_by_date(window)
    samples = _samples(window)
    candidates = _candidates(window, samples, inputs)
    counted = _sessions(window, candidates, samples, inputs)
    sessions = tuple(row.session for row in counted)
    return Derived(
        sessions=sessions,
        days=_days(window, counted, samples, inputs),
        source_selections=_selections(samples.resolved, sessions, inputs, window.zone),
    )


def window_candidates(window: Window) -> list[SessionCandidate]:
    """Return the candidates that become the sessions of a window, to explain where they come from.

    Each has the records of all that it replaced. They are in order of (start, id).
    """
    return _candidates(window, _samples(window), _inputs_by_date(window))


def _inputs_by_date(window: Window) -> dict[date, DateInputs]:
    """Return by date, in order, what applies on it: profile, thresholds, prescriptions, limits."""
    return {day: _date_inputs(window, day) for day in sorted(set(window.dates))}


def _date_inputs(window: Window, day: date) -> DateInputs:
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

    It is 10 minutes, or half of the prescribed length where that is shorter, but never under 5
    minutes: a walk to the kitchen is no session, whatever is prescribed.
    """
    shortest = SHORTEST_SESSION_MS
    for row in prescribed:
        half_ms = int(_SHARE_OF_PRESCRIBED * row.minutes_per_session * MINUTE_MS)
        shortest = min(shortest, half_ms)
    return max(shortest, LEAST_SESSION_MS)


def _samples(window: Window) -> WindowSamples:
    """Return the selected samples by metric, and heart rate as each source reported it."""
    by_metric = dict(reported_series(window.columns))
    # Every worn source tells of wear, so none is selected.
    reported_wear = by_metric.pop(WEAR, ())
    return WindowSamples(
        # In order of names, because rows that are made from them are compared byte by byte.
        resolved={metric: resolve(metric, by_metric[metric]) for metric in sorted(by_metric)},
        reported_heart=by_metric.get(HEART, ()),
        reported_steps=by_metric.get(STEPS, ()),
        reported_wear=reported_wear,
    )


def _candidates(
    window: Window, samples: WindowSamples, inputs: Mapping[date, DateInputs]
) -> list[SessionCandidate]:
    """Return each declared, reported or detected session once, in order of (start, id)."""
    reported = session_candidates(window.patient, window.workouts, window.reports)
    single = deduplicate(reported)
    # Two routes may have split a workout at different pauses. Records that differ as parts may be
    # duplicates once the parts are merged, so duplicates are removed again.
    known = deduplicate(merge_adjacent(single))
    # Detection comes last: a bout is a session only where nobody declared or reported one.
    detected = detect_sessions(window.patient, window.zone, inputs, samples.resolved, known)
    answered = _with_answers(sorted([*known, *detected], key=start_and_id), window)
    # Last, so that a marked workout still covers the bout in its own samples.
    return with_marks(answered, window.reports)


def _with_answers(candidates: Sequence[SessionCandidate], window: Window) -> list[SessionCandidate]:
    """Return the candidates with the exertion and the type that the patient reported.

    Without an answer, a candidate keeps what its device declared.
    """
    if not window.reports:
        return list(candidates)
    exertions = reported_exertions(candidates, window.reports, window.zone)
    types = reported_types(candidates, window.reports)
    answered: list[SessionCandidate] = []
    for candidate in candidates:
        exertion_cr10 = exertions.get(candidate.id, candidate.exertion_cr10)
        type_ = types.get(candidate.id, candidate.type)
        answered.append(replace(candidate, exertion_cr10=exertion_cr10, type=type_))
    return answered


def _sessions(
    window: Window,
    candidates: Sequence[SessionCandidate],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> list[CountedSession]:
    """Return the sessions that start on the window's dates, in order of (start, id)."""
    active = candidates
    if window.prescriptions:
        # A session of a neighbouring date may cover time of today, by its active part only.
        known = cache(lambda day: inputs.get(day) or _date_inputs(window, day))
        active = without_forgotten(candidates, known, samples, window.zone)
    # Overlaps are computed over all dates, because a session of yesterday may cover time of today.
    pieces = counted_pieces(active)
    by_date = _by_start_date(with_passed_exertion(active, pieces), window.zone)
    sessions: list[CountedSession] = []
    # The window also loads sessions of neighbouring dates; their rows are derived with those dates.
    for day in sorted(inputs.keys() & by_date.keys()):
        end_ms = day_bounds(day, window.zone)[1]
        sessions += _sessions_of_date(by_date[day], inputs[day], samples, end_ms, pieces)
    return sessions


def _by_start_date(
    candidates: Iterable[SessionCandidate], zone: str
) -> dict[date, list[SessionCandidate]]:
    by_date: dict[date, list[SessionCandidate]] = defaultdict(list)
    for candidate in candidates:
        by_date[local_date(candidate.start_ms, zone)].append(candidate)
    return by_date


def _sessions_of_date(
    candidates: Sequence[SessionCandidate],
    inputs: DateInputs,
    samples: WindowSamples,
    end_ms: int,
    pieces: Mapping[str, CountedPieces],
) -> Iterator[CountedSession]:
    """Yield the sessions of a local date that ends at `end_ms`.

    `pieces` holds by session id the parts that count.
    """
    with_figures = ids_with_figures(candidates)
    of_the_date = samples
    if any(candidate.origin is Origin.DETECTED for candidate in candidates):
        of_the_date = _without_later_dates(samples, end_ms)
    for candidate in candidates:
        own = pieces[candidate.id]
        if candidate.id not in with_figures:
            yield _without_figures(candidate, inputs, own)
        elif candidate.origin is Origin.DETECTED:
            yield _with_figures(candidate, inputs, of_the_date, own)
        else:
            yield _with_figures(candidate, inputs, samples, own)


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
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples, pieces: CountedPieces
) -> CountedSession:
    session = derive_session(candidate, inputs, samples, pieces.running)
    if candidate.no_exercise:
        # Its time is shown and adds nothing: a fever of a day would else be a dose of a day.
        return CountedSession(session=session, counted=ZoneTimes(), paused_ms=0, elapsed_ms=0)
    zones = session.zones
    # In the usual case no other session overlaps, and its zone times need not be counted twice.
    if pieces.running != candidate.running:
        zones = counted_zones(candidate, inputs, samples, pieces.running)
    counted = _counted(candidate, session, zones, pieces)
    times = counted_range_times(candidate, session, samples, pieces.running)
    return replace(counted, in_range_ms=times.within_ms, range_known_ms=times.known_ms)


def _without_figures(
    candidate: SessionCandidate, inputs: DateInputs, pieces: CountedPieces
) -> CountedSession:
    session = session_without_figures(candidate, inputs, candidate.no_exercise or BEYOND_LIMIT)
    if candidate.no_exercise:
        return CountedSession(session=session, counted=ZoneTimes(), paused_ms=0, elapsed_ms=0)
    # The time still counts towards the day, as unknown.
    unplaced_ms = unplaced_ms_in(candidate, pieces.running)
    counted = ZoneTimes(unknown=pieces_ms(pieces.running) - unplaced_ms)
    return _counted(candidate, session, counted, pieces)


def _counted(
    candidate: SessionCandidate, session: Session, zones: ZoneTimes, pieces: CountedPieces
) -> CountedSession:
    paused_ms = pieces_ms(pieces.paused) + unplaced_ms_in(candidate, pieces.running)
    return CountedSession(
        session=session, counted=zones, paused_ms=paused_ms, elapsed_ms=pieces.elapsed_ms
    )


def _days(
    window: Window,
    sessions: Iterable[CountedSession],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> tuple[Day, ...]:
    """Return the rows of the window's dates, in order."""
    by_date: dict[date, list[CountedSession]] = defaultdict(list)
    for counted in sessions:
        by_date[counted.session.local_date].append(counted)
    answered = _answered_dates(window)
    recalled = recalled_by_date(window.reports, window.zone)
    stated = stated_totals(window.summaries)
    days: list[Day] = []
    for day, of_date in inputs.items():
        row = derive_day(
            day,
            window.zone,
            by_date[day],
            samples,
            of_date.thresholds,
            stated=stated.get(day, {}),
            answered=day in answered,
        )
        days.append(replace(row, recalled_sessions=recalled[day]) if day in recalled else row)
    return tuple(days)


def _answered_dates(window: Window) -> frozenset[date]:
    """Return the local dates about which the patient reported."""
    dates: set[date] = set()
    for report in window.reports:
        # A mark judges one session, and a warning sign none: neither tells what else was done.
        if as_report(report).instrument not in (*MARKS, Instrument.RED_FLAG):
            dates.add(local_date(report.fact.head.start_ms, window.zone))
    return frozenset(dates)


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
        # Overlapping sessions share their minutes, and a minute is selected once.
        within_sessions = union_of_spans(spans_of[day])
        for metric in sorted(resolved):
            spans = within_sessions if metric in SESSION_METRICS else (day_bounds(day, zone),)
            for start, end in spans:
                selections += source_selections(resolved[metric], start, end, day)
    return tuple(selections)
