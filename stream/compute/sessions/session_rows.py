"""One session's row from its claim and the samples that speak in it. Looks at nothing outside the session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from model.activities import TYPES
from model.calendar import MINUTE_MS
from model.derived import PARTIAL_ABOVE, HeartSummary, QualityFlag, Session
from model.intensity import HeartProfile, ZoneThresholds, ZoneTimes
from model.prescription import Prescription
from stream.compute.intensity.load import session_loads
from stream.compute.intensity.zone_times import zone_times_by_method
from stream.compute.intensity.zones import zone_times_between, zone_times_in_pieces
from stream.compute.series.quality import ScreenedHeartRate, cadence_at, quality_flags
from stream.compute.series.reported_columns import CADENCE, HEART, SPEED, ReportedSeries
from stream.compute.series.resolve import ResolvedMetric
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.candidates import SessionCandidate, type_family
from stream.compute.sessions.moving import moving_ms, pauses
from stream.compute.sessions.overlap import Pieces, mostly_covered

ON_FOOT = "foot"  # the family in which cadence counts steps


@dataclass(frozen=True, slots=True, kw_only=True)
class DateInputs:
    """What a session's figures rest on beside its samples, on the local date on which it starts."""

    day: date
    profile: HeartProfile | None
    thresholds: ZoneThresholds
    prescribed: tuple[Prescription, ...]
    shortest_ms: int


def derive_session(
    claim: SessionCandidate,
    basis: DateInputs,
    values: Mapping[str, ResolvedMetric],
    hearts: Sequence[ReportedSeries],
    pieces: Pieces,
) -> Session:
    """Return one session whole; `hearts` is heart rate as it was told, a series a source, for the doubts about it."""
    start, end = claim.start_ms, claim.end_ms
    heart = values[HEART].within(start, end) if HEART in values else None
    tracks = {metric: item.series for metric, item in values.items()}
    zones = zone_times_between(tracks.get(HEART), start, end, basis.thresholds)
    moving, moving_by, matches = _moving(claim, values)
    why = _why_not(claim, basis, pieces)
    return Session(
        id=claim.id,
        start_ms=start,
        end_ms=end,
        local_date=basis.day,
        type=_type(claim),
        vendor_type=claim.vendor_type,
        declared_by=claim.source,
        record=claim.record,
        body=claim.body,
        heart_source=values[HEART].main_source(start, end) if HEART in values else None,
        zones=zones,
        thresholds=basis.thresholds,
        heart=heart_summary(heart),
        partial=zones.unknown > PARTIAL_ABOVE * claim.length_ms,
        exertion_cr10=claim.exertion_cr10,
        moving_ms=moving,
        moving_by=moving_by,
        pauses=matches,
        origin=claim.origin,
        offset_min=claim.offset_min,
        offset_origin=claim.offset_origin,
        counts=not why,
        why=why,
        zone_times_by_method=zone_times_by_method(
            tracks,
            start,
            end,
            basis.profile,
            basis.day,
            family=type_family(claim),
            exertion_cr10=claim.exertion_cr10,
            prescribed=basis.prescribed[0].intensity if len(basis.prescribed) == 1 else None,
        ),
        loads=session_loads(
            tracks, start, end, basis.profile, basis.day, exertion_cr10=claim.exertion_cr10
        ),
        flags=_flags(claim, values, hearts),
    )


def session_without_figures(claim: SessionCandidate, basis: DateInputs, why: str) -> Session:
    """Return a session as it was told, without any figure, that does not count, and why."""
    return Session(
        id=claim.id,
        start_ms=claim.start_ms,
        end_ms=claim.end_ms,
        local_date=basis.day,
        type=_type(claim),
        vendor_type=claim.vendor_type,
        declared_by=claim.source,
        record=claim.record,
        body=claim.body,
        heart_source=None,
        zones=ZoneTimes(unknown=claim.length_ms),
        thresholds=basis.thresholds,
        heart=heart_summary(None),
        partial=True,
        exertion_cr10=claim.exertion_cr10,
        origin=claim.origin,
        offset_min=claim.offset_min,
        offset_origin=claim.offset_origin,
        counts=False,
        why=why,
    )


def counted_zones(
    claim: SessionCandidate, basis: DateInputs, values: Mapping[str, ResolvedMetric], pieces: Pieces
) -> ZoneTimes:
    """Return the time in zones in the pieces of a session that count; what a sample holds over an edge is cut there."""
    heart = values[HEART].series if HEART in values else None
    return zone_times_in_pieces(heart, claim.start_ms, pieces, basis.thresholds)


def _type(claim: SessionCandidate) -> str:
    return claim.type if claim.type in TYPES else "other"


def heart_summary(heart: ResolvedSeries | None) -> HeartSummary:
    """Return count, minimum, mean and maximum of accepted samples."""
    if heart is None or not len(heart.v):
        return HeartSummary(n=0, minimum=None, mean=None, maximum=None)
    v = heart.v
    return HeartSummary(
        n=len(v), minimum=float(v.min()), mean=float(v.mean()), maximum=float(v.max())
    )


def _flags(
    claim: SessionCandidate, values: Mapping[str, ResolvedMetric], hearts: Iterable[ReportedSeries]
) -> tuple[QualityFlag, ...]:
    """Return the doubts about the sources that speak for heart rate in the session, by source, kind and time.

    Where none speaks, because nothing that was told can be a heart rate, the doubts are about all that told.
    """
    speak = (
        values[HEART].sources_between(claim.start_ms, claim.end_ms)
        if HEART in values
        else frozenset()
    )
    steps = values[CADENCE].series if CADENCE in values and type_family(claim) == ON_FOOT else None
    matches: list[QualityFlag] = []
    for item in (heart for heart in hearts if not speak or heart.source in speak):
        mine = item.within(claim.start_ms, claim.end_ms)
        cadence = (
            np.full(len(mine.t), np.nan) if steps is None else cadence_at(mine.t, steps.t, steps.v)
        )
        screened_values = ScreenedHeartRate(
            source=item.source, t=mine.t, v=mine.v, codes=mine.codes, cadence=cadence
        )
        matches += quality_flags(screened_values, claim.start_ms, claim.end_ms)
    return tuple(matches)


def _moving(
    claim: SessionCandidate, values: Mapping[str, ResolvedMetric]
) -> tuple[int | None, str, tuple[tuple[int, int], ...]]:
    """Return moving time, who says so, and the pauses: a source's own figure wins, pauses are what speed shows."""
    speed = values[SPEED].series if SPEED in values else None
    shown = pauses(speed, claim.start_ms, claim.end_ms, type_family(claim))
    matches = claim.gaps if shown is None else shown
    if claim.moving_ms is not None:
        return claim.moving_ms, "source", matches
    if shown is None:
        return None, "", matches
    return moving_ms(claim.start_ms, claim.end_ms, shown), "speed", matches


def _why_not(claim: SessionCandidate, basis: DateInputs, pieces: Pieces) -> str:
    """Return why a session is not one of its day's sessions, or an empty text."""
    if claim.length_ms < basis.shortest_ms:
        return f"shorter than {basis.shortest_ms / MINUTE_MS:g} minutes"
    return "within other sessions" if mostly_covered(claim, pieces) else ""
