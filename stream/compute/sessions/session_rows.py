"""Makes the row of a session from its candidate and the selected samples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.calendar import MINUTE_MS
from model.derived.algorithm import PARTIAL_ABOVE
from model.derived.sessions import FORGOT_TO_STOP, HeartSummary, QualityFlag, Session
from model.intensity import ZoneTimes
from model.prescription import Intensity
from model.words.activities import FAMILIES_WITH_STEPS, TYPES
from model.words.not_counted import WITHIN_OTHERS, shorter_than
from stream.compute.intensity.load import RECOVERY_MS, session_loads
from stream.compute.intensity.measured_session import MeasuredSession
from stream.compute.intensity.zone_times import zone_times_by_method
from stream.compute.intensity.zones import shortened, zone_times_between, zone_times_in_pieces
from stream.compute.pieces import Pieces
from stream.compute.series.quality import ScreenedHeartRate, cadence_at, quality_flags
from stream.compute.series.reported_columns import CADENCE, HEART, SPEED, ReportedSeries
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.candidates import SessionCandidate, type_family
from stream.compute.sessions.ceiling import ceiling_flags
from stream.compute.sessions.date_inputs import DateInputs
from stream.compute.sessions.moving import moving_ms, stops_between
from stream.compute.sessions.overlap import mostly_covered, unplaced_ms_in


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSamples:
    """The samples of a window.

    `resolved` holds the selected samples by metric. `reported_heart` is heart rate as reported,
    with a series for each source, because flags describe what a sensor recorded and not what was
    selected; `reported_steps` are the steps in the same form, and `reported_wear` what sources tell
    of wear.
    """

    resolved: Mapping[str, ResolvedMetric]
    reported_heart: Sequence[ReportedSeries]
    reported_steps: Sequence[ReportedSeries] = ()
    reported_wear: Sequence[ReportedSeries] = ()

    def outside_pauses(self, candidate: SessionCandidate) -> dict[str, ResolvedSeries]:
        """Return the selected samples outside of the pauses of a session, by metric.

        They hold the session and the recovery after it, and without a pause all of the window.
        """
        if not candidate.pauses:  # the usual case, in which nothing is cut
            return {name: metric.series for name, metric in self.resolved.items()}
        # A window may be of weeks, and each of its sessions may have pauses.
        start, end = candidate.start_ms, candidate.end_ms + RECOVERY_MS + 1
        by_metric: dict[str, ResolvedSeries] = {}
        for name, metric in self.resolved.items():
            by_metric[name] = metric.within(start, end).without(candidate.pauses)
        return by_metric

    def series(self, metric: str) -> ResolvedSeries | None:
        """Return the selected samples of a metric, None when there are none."""
        return self.resolved[metric].series if metric in self.resolved else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedSession:
    """A session, and the parts of its zone times and of its pauses that count towards its day.

    They differ where a better session overlaps: a session keeps all of its own time, and a day
    counts each minute once. `elapsed_ms` is the elapsed time that counts. `in_range_ms` and
    `range_known_ms` are as in `Day`.
    """

    session: Session
    counted: ZoneTimes
    paused_ms: int
    elapsed_ms: int
    in_range_ms: int = 0
    range_known_ms: int = 0


def derive_session(
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples, pieces: Pieces
) -> Session:
    """Return a session with its figures; `pieces` are the parts of it that ran and count."""
    start, end = candidate.start_ms, candidate.end_ms
    by_metric = samples.outside_pauses(candidate)
    # The row keeps all of its zone times; `counted_zones` has the part that its day counts.
    heart = by_metric.get(HEART)
    timer_ms = candidate.timer_ms
    zones = zone_times_between(heart, start, end, inputs.thresholds, timer_ms)
    moving, moving_by, stops = _moving(candidate, samples)
    measured = _measured(candidate, inputs, by_metric)
    return replace(
        session_without_figures(candidate, inputs, _why_not_counted(candidate, inputs, pieces)),
        heart_source=None if heart is None else samples.resolved[HEART].main_source(start, end),
        zones=zones,
        heart=heart_summary(None if heart is None else heart.within(start, end)),
        partial=zones.unknown > PARTIAL_ABOVE * timer_ms,
        moving_ms=moving,
        moving_by=moving_by,
        stops=stops,
        zone_times_by_method=zone_times_by_method(
            measured,
            family=type_family(candidate),
            prescribed=_prescribed_intensity(candidate, inputs),
        ),
        loads=session_loads(measured),
        flags=(*_flags(candidate, samples), *_ceiling_flags(candidate, inputs, samples)),
    )


def _measured(
    candidate: SessionCandidate, inputs: DateInputs, by_metric: Mapping[str, ResolvedSeries]
) -> MeasuredSession:
    return MeasuredSession(
        by_metric=by_metric,
        start_ms=candidate.start_ms,
        end_ms=candidate.end_ms,
        running=candidate.running,
        timer_ms=candidate.timer_ms,
        profile=inputs.profile,
        on=inputs.day,
        exertion_cr10=candidate.exertion_cr10,
    )


def _ceiling_flags(
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples
) -> Iterator[QualityFlag]:
    """Yield the times above the strictest ceiling that is prescribed on the date."""
    ceilings = [row.hr_ceiling for row in inputs.prescribed if row.hr_ceiling is not None]
    # Pauses are not left out: what the heart does then matters as much.
    yield from ceiling_flags(
        samples.resolved.get(HEART),
        candidate.start_ms,
        candidate.end_ms,
        min(ceilings, default=None),
        candidate.pauses,
    )


def _prescribed_intensity(candidate: SessionCandidate, inputs: DateInputs) -> Intensity | None:
    """Return the range prescribed for a session, None for none or several."""
    type_ = _known_type(candidate)
    meant = [row for row in inputs.prescribed if not row.types or type_ in row.types]
    # With several prescriptions it is not known which of them the session answers.
    return meant[0].intensity if len(meant) == 1 else None


def session_without_figures(candidate: SessionCandidate, inputs: DateInputs, why: str) -> Session:
    """Return a session without figures; it does not count where `why` gives a reason."""
    return Session(
        id=candidate.id,
        start_ms=candidate.start_ms,
        end_ms=candidate.end_ms,
        local_date=inputs.day,
        type=_known_type(candidate),
        vendor_type=candidate.vendor_type,
        declared_by=candidate.source,
        record=candidate.record,
        body=candidate.body,
        heart_source=None,
        zones=ZoneTimes(unknown=candidate.timer_ms),
        thresholds=inputs.thresholds,
        heart=heart_summary(None),
        partial=True,
        exertion_cr10=candidate.exertion_cr10,
        paused_ms=candidate.length_ms - candidate.timer_ms,
        pauses=candidate.pauses,
        origin=candidate.origin,
        offset_min=candidate.offset_min,
        offset_origin=candidate.offset_origin,
        counts=not why,
        why=why,
    )


def counted_zones(
    candidate: SessionCandidate, inputs: DateInputs, samples: WindowSamples, pieces: Pieces
) -> ZoneTimes:
    """Return the zone times in the pieces of a session that ran and count.

    Where a sample holds over the edge of a piece, its time is cut there.
    """
    heart = samples.series(HEART)
    outside: ResolvedSeries | None = None
    if heart is not None:
        own = heart.within(candidate.start_ms, candidate.end_ms)
        outside = own.without(candidate.pauses)
    times = zone_times_in_pieces(outside, candidate.start_ms, pieces, inputs.thresholds)
    return shortened(times, unplaced_ms_in(candidate, pieces))


def heart_summary(heart: ResolvedSeries | None) -> HeartSummary:
    """Return count, minimum, mean and maximum of the samples of heart rate."""
    # numpy has no minimum of nothing, and its mean of nothing is NaN with a warning.
    if heart is None or not len(heart.v):
        return HeartSummary(n=0, minimum=None, mean=None, maximum=None)
    v = heart.v
    return HeartSummary(
        n=len(v), minimum=float(v.min()), mean=float(v.mean()), maximum=float(v.max())
    )


def _known_type(candidate: SessionCandidate) -> str:
    return candidate.type if candidate.type in TYPES else "other"


def _flags(candidate: SessionCandidate, samples: WindowSamples) -> tuple[QualityFlag, ...]:
    """Return the quality flags of the sources selected for heart rate, by source, kind and time.

    When no source is selected, because no sample is plausible, the flags of all sources are
    returned.
    """
    start, end = candidate.start_ms, candidate.end_ms
    heart = samples.resolved.get(HEART)
    selected = frozenset() if heart is None else heart.sources_between(start, end)
    # Heart rate near a rhythm that is no rhythm of steps shows no lock onto the steps.
    has_steps = type_family(candidate) in FAMILIES_WITH_STEPS
    steps = samples.series(CADENCE) if has_steps else None
    flags: list[QualityFlag] = []
    for series in samples.reported_heart:
        if selected and series.source not in selected:
            continue
        part = series.within(start, end)
        cadence = np.full(len(part.t), np.nan)
        if steps is not None:
            cadence = cadence_at(part.t, steps.t, steps.v)
        screened = ScreenedHeartRate(
            source=series.source, t=part.t, v=part.v, codes=part.codes, cadence=cadence
        )
        flags += quality_flags(screened, start, end)
    return (*flags, *_made_flags(candidate), *_rest_flags(candidate, heart))


def _made_flags(candidate: SessionCandidate) -> Iterator[QualityFlag]:
    """Yield a flag for a session that its reader made, which is about no samples."""
    if candidate.made_from:
        yield QualityFlag(
            what=candidate.made_from,
            metric="",
            source=candidate.source,
            start_ms=candidate.start_ms,
            end_ms=candidate.end_ms,
            n=0,
        )


def _rest_flags(candidate: SessionCandidate, heart: ResolvedMetric | None) -> Iterator[QualityFlag]:
    """Yield a flag for each stretch in which the recording ran on while nobody exercised."""
    for start, end in candidate.rests:
        source = None if heart is None else heart.main_source(start, end)
        if heart is None or source is None:
            continue
        n = len(heart.within(start, end).t)
        yield QualityFlag(
            what=FORGOT_TO_STOP, metric=HEART, source=source, start_ms=start, end_ms=end, n=n
        )


def _moving(candidate: SessionCandidate, samples: WindowSamples) -> tuple[int | None, str, Pieces]:
    """Return the moving time in ms, where it comes from, and the stops by speed.

    The moving time that a source states takes precedence over that computed from speed. Neither is
    longer than the time without pauses.
    """
    start, end, family = candidate.start_ms, candidate.end_ms, type_family(candidate)
    stops = stops_between(samples.series(SPEED), start, end, family, candidate.pauses)
    if candidate.moving_ms is not None:
        return min(candidate.moving_ms, candidate.timer_ms), "source", stops or ()
    if stops is None:
        return None, "", ()
    # A pause without a place is a time without samples, which speed takes for a stop.
    return min(moving_ms(candidate.running_ms, stops), candidate.timer_ms), "speed", stops


def _why_not_counted(candidate: SessionCandidate, inputs: DateInputs, pieces: Pieces) -> str:
    """Return why a session does not count among the sessions of its day, "" when it does."""
    if candidate.no_exercise:
        return candidate.no_exercise
    if candidate.timer_ms < inputs.shortest_ms:
        return shorter_than(inputs.shortest_ms / MINUTE_MS)
    return WITHIN_OTHERS if mostly_covered(candidate, pieces) else ""
