"""Counts the time of a session in the prescribed range, as far as it counts towards its day.

A session keeps all of its own time in the range. A day counts each minute once, as it does with
zone times, so only the parts of a session that no better session covers are counted.
"""

from dataclasses import dataclass

from model.derived.sessions import Session
from model.intensity import ZoneTimesByMethod
from stream.compute.intensity.zone_methods import PRESCRIBED
from stream.compute.intensity.zones import bands_in_pieces, shortened_bands
from stream.compute.pieces import Pieces, pieces_ms
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.overlap import mostly_covered, unplaced_ms_in
from stream.compute.sessions.session_rows import WindowSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTimes:
    """The time within the prescribed range, and the time that could be compared with it, in ms."""

    within_ms: int = 0
    known_ms: int = 0


def counted_range_times(
    candidate: SessionCandidate, session: Session, samples: WindowSamples, pieces: Pieces
) -> RangeTimes:
    """Return the prescribed range's times in `pieces`, the parts of a session that ran and count.

    They are 0 without a single prescribed range, and for a session that lies mostly within others.
    """
    times = _prescribed(session)
    # A session within another shows nothing of the prescription.
    if times is None or mostly_covered(candidate, pieces):
        return RangeTimes()
    if pieces == candidate.running:
        return RangeTimes(within_ms=times.ms[1], known_ms=sum(times.ms))
    series = samples.series(times.metric)
    if series is not None and times.valid:
        bands = _bands_in_pieces(times, series, candidate, pieces)
        return RangeTimes(within_ms=bands[1], known_ms=sum(bands))
    # An answer has no series: it judges the session as a unit, and so each part of it.
    length_ms = pieces_ms(pieces) - unplaced_ms_in(candidate, pieces) if times.valid else 0
    return RangeTimes(within_ms=length_ms if times.ms[1] else 0, known_ms=length_ms)


def _prescribed(session: Session) -> ZoneTimesByMethod | None:
    """Return the times of a session by its prescribed range, None where it has none."""
    return next((row for row in session.zone_times_by_method if row.scheme == PRESCRIBED), None)


def _bands_in_pieces(
    times: ZoneTimesByMethod, series: ResolvedSeries, candidate: SessionCandidate, pieces: Pieces
) -> tuple[int, ...]:
    """Return the ms below, within and above the range in the pieces of a session."""
    own = series.within(candidate.start_ms, candidate.end_ms).without(candidate.pauses)
    known = bands_in_pieces(own, candidate.start_ms, pieces, times.edges)
    unknown_ms = pieces_ms(pieces) - sum(known)
    return shortened_bands(known, unknown_ms, unplaced_ms_in(candidate, pieces))
