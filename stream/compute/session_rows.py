"""One session's row from its claim and the samples that speak in it. Looks at nothing outside the session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ...model.activities import TYPES
from ...model.calendar import MINUTE_MS
from ...model.derived import Flag, HeartSummary, Session
from ...model.intensity import HeartLimits, HeartProfile, ZoneTimes
from ...model.prescription import Prescription
from .bandings import bandings
from .claims import Claim, family
from .columns import CADENCE, HEART, SPEED, Series
from .load import loads
from .moving import moving_ms, pauses
from .overlap import Pieces, mostly_covered
from .quality import Heard, cadence_at, flags
from .resolve import Resolved
from .tracks import Track
from .zones import zones_of, zones_within

PARTIAL_ABOVE = 0.2
ON_FOOT = "foot"  # the family in which cadence counts steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a session's figures rest on beside its samples, on the local date on which it starts."""

    day: date
    profile: HeartProfile | None
    limits: HeartLimits
    prescribed: tuple[Prescription, ...]
    shortest_ms: int


def session_row(
    claim: Claim, basis: Basis, heard: Mapping[str, Resolved], hearts: Sequence[Series], pieces: Pieces
) -> Session:
    """Return one session whole; `hearts` is heart rate as it was told, a series a source, for the doubts about it."""
    start, end = claim.start_ms, claim.end_ms
    heart = heard[HEART].within(start, end) if HEART in heard else None
    tracks = {metric: one.track for metric, one in heard.items()}
    zones = zones_of(tracks.get(HEART), start, end, basis.limits)
    moving, moving_by, found = _moving(claim, heard)
    why = _why_not(claim, basis, pieces)
    return Session(
        id=claim.id,
        start_ms=start,
        end_ms=end,
        local_date=basis.day,
        type=_type(claim),
        said=claim.said,
        declared_by=claim.source,
        record=claim.record,
        body=claim.body,
        heart_source=heard[HEART].main_source(start, end) if HEART in heard else None,
        zones=zones,
        limits=basis.limits,
        heart=summary(heart),
        partial=zones.unknown > PARTIAL_ABOVE * claim.length_ms,
        exertion_cr10=claim.exertion_cr10,
        moving_ms=moving,
        moving_by=moving_by,
        pauses=found,
        origin=claim.origin,
        offset_min=claim.offset_min,
        offset_origin=claim.offset_origin,
        counts=not why,
        why=why,
        bandings=bandings(
            tracks,
            start,
            end,
            basis.profile,
            basis.day,
            family=family(claim),
            exertion_cr10=claim.exertion_cr10,
            prescribed=basis.prescribed[0].intensity if len(basis.prescribed) == 1 else None,
        ),
        loads=loads(tracks, start, end, basis.profile, basis.day, exertion_cr10=claim.exertion_cr10),
        flags=_flags(claim, heard, hearts),
    )


def plain_row(claim: Claim, basis: Basis, why: str) -> Session:
    """Return a session as it was told, without any figure, that does not count, and why."""
    return Session(
        id=claim.id,
        start_ms=claim.start_ms,
        end_ms=claim.end_ms,
        local_date=basis.day,
        type=_type(claim),
        said=claim.said,
        declared_by=claim.source,
        record=claim.record,
        body=claim.body,
        heart_source=None,
        zones=ZoneTimes(unknown=claim.length_ms),
        limits=basis.limits,
        heart=summary(None),
        partial=True,
        exertion_cr10=claim.exertion_cr10,
        origin=claim.origin,
        offset_min=claim.offset_min,
        offset_origin=claim.offset_origin,
        counts=False,
        why=why,
    )


def counted_zones(claim: Claim, basis: Basis, heard: Mapping[str, Resolved], pieces: Pieces) -> ZoneTimes:
    """Return the time in zones in the pieces of a session that count; what a sample holds over an edge is cut there."""
    heart = heard[HEART].track if HEART in heard else None
    return zones_within(heart, claim.start_ms, pieces, basis.limits)


def _type(claim: Claim) -> str:
    return claim.type if claim.type in TYPES else "other"


def summary(heart: Track | None) -> HeartSummary:
    """Return count, minimum, mean and maximum of accepted samples."""
    if heart is None or not len(heart.v):
        return HeartSummary(n=0, minimum=None, mean=None, maximum=None)
    v = heart.v
    return HeartSummary(n=len(v), minimum=float(v.min()), mean=float(v.mean()), maximum=float(v.max()))


def _flags(claim: Claim, heard: Mapping[str, Resolved], hearts: Iterable[Series]) -> tuple[Flag, ...]:
    """Return the doubts about the sources that speak for heart rate in the session, by source, kind and time.

    Where none speaks, because nothing that was told can be a heart rate, the doubts are about all that told.
    """
    speak = heard[HEART].speakers(claim.start_ms, claim.end_ms) if HEART in heard else frozenset()
    steps = heard[CADENCE].track if CADENCE in heard and family(claim) == ON_FOOT else None
    found: list[Flag] = []
    for one in (one for one in hearts if not speak or one.source in speak):
        mine = one.within(claim.start_ms, claim.end_ms)
        cadence = np.full(len(mine.t), np.nan) if steps is None else cadence_at(mine.t, steps.t, steps.v)
        told = Heard(source=one.source, t=mine.t, v=mine.v, codes=mine.codes, cadence=cadence)
        found += flags(told, claim.start_ms, claim.end_ms)
    return tuple(found)


def _moving(claim: Claim, heard: Mapping[str, Resolved]) -> tuple[int | None, str, tuple[tuple[int, int], ...]]:
    """Return moving time, who says so, and the pauses: a source's own figure wins, pauses are what speed shows."""
    speed = heard[SPEED].track if SPEED in heard else None
    shown = pauses(speed, claim.start_ms, claim.end_ms, family(claim))
    found = claim.gaps if shown is None else shown
    if claim.moving_ms is not None:
        return claim.moving_ms, "source", found
    if shown is None:
        return None, "", found
    return moving_ms(claim.start_ms, claim.end_ms, shown), "speed", found


def _why_not(claim: Claim, basis: Basis, pieces: Pieces) -> str:
    """Return why a session is not one of its day's sessions, or an empty text."""
    if claim.length_ms < basis.shortest_ms:
        return f"shorter than {basis.shortest_ms / MINUTE_MS:g} minutes"
    return "within other sessions" if mostly_covered(claim, pieces) else ""
