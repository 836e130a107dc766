"""The sessions of a window's dates, each with the time that counts for it, which may be none.

Pure. Where sessions overlap, time counts once. A date gives the same result with and without its
neighbours. Whether a session counts at all is said in its row (`session_rows.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from model.calendar import day_bounds, local_date
from model.columns.window import Window
from model.derived.sessions import Origin, Session
from model.intensity import ZoneTimes
from model.words.not_counted import WITHIN_OTHERS
from stream.compute.detection.midnights import FOLLOWED_MS
from stream.compute.pieces import pieces_ms
from stream.compute.series.reported_columns import DAY_METRICS
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.date_inputs import DateInputs, inputs_on
from stream.compute.sessions.forgotten import without_forgotten
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
    WindowSamples,
    counted_zones,
    derive_session,
    session_without_figures,
)

BEYOND_LIMIT = "more sessions on this date than figures are computed for"


def sessions_of_dates(
    window: Window,
    candidates: Sequence[SessionCandidate],
    samples: WindowSamples,
    inputs: Mapping[date, DateInputs],
) -> list[CountedSession]:
    """Return all sessions that start on the window's dates, in order of (start, id).

    Those that do not count are among them, each with its reason.
    """
    active = candidates
    if window.prescriptions:
        # A session of a neighbouring date may cover time of today, by its active part only.
        inputs_of_date = cache(lambda day: inputs.get(day) or inputs_on(window, day))
        active = without_forgotten(candidates, inputs_of_date, samples, window.zone)
    # Overlaps are computed over all dates, because a session of yesterday may cover time of today.
    pieces = counted_pieces(active)
    by_date = _by_start_date(with_passed_exertion(active, pieces), window.zone)
    sessions: list[CountedSession] = []
    # The window also loads sessions of neighbouring dates; their rows are derived with those dates.
    for day in sorted(inputs.keys() & by_date.keys()):
        start_ms, end_ms = day_bounds(day, window.zone)
        since = _without_earlier_dates(samples, start_ms)
        sessions += _sessions_of_date(by_date[day], inputs[day], since, end_ms, pieces)
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
    # By the end: a bout over midnight has samples of the next date, as far as it may be followed.
    until = cache(lambda at_ms: _until(samples, at_ms))
    for candidate in candidates:
        own = pieces[candidate.id]
        if candidate.id not in with_figures:
            yield _without_figures(candidate, inputs, own)
        elif candidate.origin is Origin.DETECTED:
            is_over = candidate.end_ms > end_ms
            limited = until(end_ms + FOLLOWED_MS if is_over else end_ms)
            yield _with_figures(candidate, inputs, limited, own)
        else:
            yield _with_figures(candidate, inputs, samples, own)


def _without_earlier_dates(samples: WindowSamples, start_ms: int) -> WindowSamples:
    """Return the samples that a session of a date may use: none of the dates before it."""
    resolved = {name: metric.since(start_ms) for name, metric in samples.resolved.items()}
    return replace(samples, resolved=resolved)


def _until(samples: WindowSamples, end_ms: int) -> WindowSamples:
    """Return the samples that a detected session may use.

    Later samples are left out, because a date must give the same result when it is derived without
    them. Metrics that are loaded for declared and reported sessions only are left out, too.
    """
    metrics = [metric for metric in DAY_METRICS if metric in samples.resolved]
    resolved = {metric: samples.resolved[metric].before(end_ms) for metric in metrics}
    return replace(samples, resolved=resolved)


def _with_figures(
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples, pieces: CountedPieces
) -> CountedSession:
    session = derive_session(candidate, inputs, samples, pieces.running)
    if pieces.trimmed and session.counts:
        session = replace(session, counts=False, why=WITHIN_OTHERS)
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
