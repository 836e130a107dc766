"""Derives the sessions and days of a patient from everything in a window.

`derive` takes these steps:

1. Columns of samples become a series for each metric and source. Then a source is selected for each
   metric in each minute.
2. Declared workouts, and sessions that the patient reported, become candidates. Several records of
   the same session become a single candidate.
3. Bouts in the samples that no candidate covers become candidates, too. A bout with a heart rate
   and no movement will be a session that does not count. A bout over midnight is of the date on
   which it began.
4. The patient's answers are assigned to the candidates. Candidates that were marked as not exercise
   keep their row and add nothing.
5. Where something is prescribed, the stretches at rest of a recording that nobody stopped are taken
   out, like pauses.
6. Over all candidates of the window and of its neighbouring dates, it is decided which of
   overlapping sessions a time counts for.
7. Each candidate that starts on a date of the window becomes a session with its zone times, and
   with the reason where it does not count.
8. Each date of the window becomes a day: totals over the time that counts of its sessions, and
   over all its minutes.
9. The selected sources are returned with the sessions and days.

No state is kept. The order, repetition and time of arrival of facts do not change the result, and
ids are made from content.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from model.calendar import day_bounds, local_date
from model.columns.window import Window
from model.derived.changes import Derived
from model.derived.days import Day
from model.derived.sessions import Origin, Session, SourceSelection
from model.facts import MARKS, Instrument
from stream.compute.day_rows import derive_day, stated_totals
from stream.compute.detection.detected import detect_sessions
from stream.compute.detection.midnights import Midnight, answered_date, midnights_of
from stream.compute.pieces import union_of_spans
from stream.compute.series.reported_columns import (
    HEART,
    SESSION_METRICS,
    STEPS,
    WEAR,
    reported_series,
)
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.source_selection import resolve, source_selections
from stream.compute.sessions.adjacent import merge_adjacent
from stream.compute.sessions.answers import (
    recalled_by_date,
    reported_exertions,
    reported_types,
)
from stream.compute.sessions.candidates import (
    SessionCandidate,
    as_report,
    start_and_id,
    stated_candidates,
)
from stream.compute.sessions.date_inputs import DateInputs, inputs_by_date, inputs_on
from stream.compute.sessions.divided import divided_alike, ended_alike
from stream.compute.sessions.duplicates import deduplicate
from stream.compute.sessions.marks import with_marks
from stream.compute.sessions.session_rows import (
    CountedSession,
    WindowSamples,
)
from stream.compute.sessions.sessions_of_dates import sessions_of_dates
from stream.compute.sessions.superseded import current_columns


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, the days, and the selected sources.

    Sessions are in order of (start, id), days and selections in order of date. Raises TypeError
    when `workouts`, `reports` or `summaries` of the window hold another kind of fact.
    """
    inputs = inputs_by_date(window)
    samples = _samples(window)
    candidates = _candidates(window, samples, inputs)
    rows = sessions_of_dates(window, candidates, samples, inputs)
    sessions = tuple(row.session for row in rows)
    return Derived(
        sessions=sessions,
        days=_days(window, rows, samples, inputs),
        source_selections=_selections(samples.resolved, sessions, inputs, window.zone),
    )


def window_candidates(window: Window) -> list[SessionCandidate]:
    """Return the candidates that become the sessions of a window, to explain where they come from.

    Each has the records of all that it replaced. They are in order of (start, id).
    """
    return _candidates(window, _samples(window), inputs_by_date(window))


def _samples(window: Window) -> WindowSamples:
    """Return the selected samples by metric, and of some metrics those of each source."""
    by_metric = dict(reported_series(current_columns(window.columns, window.workouts)))
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
    reported = stated_candidates(window.patient, window.workouts, window.reports)
    distinct = deduplicate(divided_alike(window.patient, ended_alike(reported)))
    # Two routes may have split a workout at different pauses. Records that differ as parts may be
    # duplicates once the parts are merged, so duplicates are removed again.
    sessions = deduplicate(merge_adjacent(distinct))
    # Detection comes last: a bout is a session only where nobody declared or reported one.
    midnights = midnights_of(inputs, partial(inputs_on, window), samples.resolved, window.zone)
    detected = detect_sessions(window.patient, inputs, midnights, samples.resolved, sessions)
    answered = _with_answers(sorted([*sessions, *detected], key=start_and_id), window, midnights)
    # Last, so that a marked workout still covers the bout in its own samples.
    return with_marks(answered, window.reports)


def _with_answers(
    candidates: Sequence[SessionCandidate], window: Window, midnights: Mapping[date, Midnight]
) -> list[SessionCandidate]:
    """Return the candidates with the exertion and the type that the patient reported.

    Without an answer, a candidate keeps what its device declared.
    """
    if not window.reports:
        return list(candidates)
    date_of = partial(answered_date, zone=window.zone, midnights=midnights)
    exertions = reported_exertions(candidates, window.reports, window.zone, date_of)
    types = reported_types(candidates, window.reports)
    answered: list[SessionCandidate] = []
    for candidate in candidates:
        exertion_cr10 = exertions.get(candidate.id, candidate.exertion_cr10)
        type_ = types.get(candidate.id, candidate.type)
        answered.append(replace(candidate, exertion_cr10=exertion_cr10, type=type_))
    return answered


def _days(
    window: Window,
    rows: Iterable[CountedSession],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> tuple[Day, ...]:
    """Return the rows of the window's dates, in order."""
    by_date: dict[date, list[CountedSession]] = defaultdict(list)
    for row in rows:
        by_date[row.session.local_date].append(row)
    answered = _answered_dates(window)
    recalled = recalled_by_date(window.reports, window.zone)
    stated = stated_totals(window.summaries)
    days: list[Day] = []
    for day, of_date in inputs.items():
        derived = derive_day(
            day,
            window.zone,
            by_date[day],
            samples,
            of_date.thresholds,
            stated=stated.get(day, {}),
            answered=day in answered,
        )
        if day in recalled:
            derived = replace(derived, recalled_sessions=recalled[day])
        days.append(derived)
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
