"""Sessions and days of one patient from all facts in a window. Never sees who the patient is, and keeps no state.

The result is a function of the window as a set: order, repetition and arrival of its facts change nothing. Derived
ids come from content. What a day needs from its neighbours: facts up to a day before and after the dates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ...model.activities import TYPES
from ...model.calendar import DAY_MS, MINUTE_MS, dates_between, day_bounds, local_date
from ...model.derived import Day, Derived, Session
from ...model.facts import Instants, Told
from ...model.intensity import ZONES, HeartLimits, HeartProfile, ZoneTimes
from .hearts import HeartColumn, Series, hold_ms, merged, speaker, summary, worn_minutes
from .limits import heart_limits, profile_on
from .overlap import Pieces, counted
from .sessions import Claim, claims, exertions
from .zones import time_in_zones

__all__ = ["HeartColumn", "Window", "dates_touched", "derive"]

PARTIAL_ABOVE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """What is known of a patient around some local dates.

    `dates` are derived anew, whole. `workouts`, `reports` and `hearts` must reach a day beyond the dates on both
    sides (a session may end after midnight, an answer may come hours later), and cover whole every session that
    starts on the dates. `zone` is the patient's IANA zone.
    """

    patient: str
    zone: str
    profiles: tuple[HeartProfile, ...]
    dates: tuple[date, ...]
    workouts: tuple[Told, ...]
    hearts: tuple[HeartColumn, ...]
    reports: tuple[Told, ...]


def dates_touched(spans: Iterable[tuple[int, int]], zone: str) -> tuple[date, ...]:
    """Return the local dates to derive anew when facts in the spans [start, end) in epoch ms have changed, in order.

    A day before is included: a session of the day before may reach into the span.
    """
    reach = [(start - DAY_MS, max(end, start + 1)) for start, end in spans]
    return tuple(sorted({day for start, end in reach for day in dates_between(start, end, zone)}))


def derive(window: Window) -> Derived:
    """Return the sessions that start on the window's dates, by (start, id), and its days, by date.

    Raises TypeError when `workouts` or `reports` hold another kind of fact.
    """
    series = merged(window.hearts)
    claimed = claims(window.patient, window.workouts, window.reports)
    exertion = exertions(claimed, window.reports)
    wanted = frozenset(window.dates)
    here = [c for c in claimed if local_date(c.start_ms, window.zone) in wanted]
    pieces = counted(claimed)
    both = [_session(claim, window, series, exertion.get(claim.id), pieces[claim.id]) for claim in here]
    return Derived(sessions=tuple(session for session, _ in both), days=_days(window, both, series))


def _session(
    claim: Claim, window: Window, series: Sequence[Series], exertion: float | None, pieces: Pieces
) -> tuple[Session, ZoneTimes]:
    """Return a session whole, and its time in zones as far as it counts towards its day."""
    day = local_date(claim.start_ms, window.zone)
    limits = heart_limits(profile_on(window.profiles, day), day)
    samples = None if claim.manual else speaker(series, claim.source, claim.start_ms, claim.end_ms)
    length = claim.end_ms - claim.start_ms
    heard = samples if limits.valid else None
    zones = _zones_until(claim.end_ms, claim, heard, limits)
    counts = zones if pieces == ((claim.start_ms, claim.end_ms),) else _zones_in(pieces, claim, heard, limits)
    session = Session(
        id=claim.id,
        start_ms=claim.start_ms,
        end_ms=claim.end_ms,
        local_date=day,
        type=claim.type if claim.type in TYPES else "other",
        said=claim.said,
        declared_by=claim.source,
        record=claim.record,
        body=claim.body,
        heart_source=None if samples is None else samples.source,
        zones=zones,
        limits=limits,
        heart=summary(samples),
        partial=zones.unknown > PARTIAL_ABOVE * length,
        exertion_cr10=claim.exertion_cr10 if exertion is None else exertion,
        moving_ms=claim.moving_ms,
    )
    return session, counts


def _zones_until(end_ms: int, claim: Claim, samples: Series | None, limits: HeartLimits) -> ZoneTimes:
    """Return the time in zones from a session's start to an instant within it; without samples all is unknown."""
    if samples is None:
        return ZoneTimes(unknown=end_ms - claim.start_ms)
    return time_in_zones(samples.t, samples.v, claim.start_ms, end_ms, limits.edges, hold_ms(samples.source))


def _zones_in(pieces: Pieces, claim: Claim, samples: Series | None, limits: HeartLimits) -> ZoneTimes:
    """Return the time in zones in pieces of a session; what a sample holds over a piece's edge is cut there."""
    ends = [tuple(_zones_until(at, claim, samples, limits).as_tuple() for at in piece) for piece in pieces]
    spent = [[high - low for low, high in zip(*both, strict=True)] for both in ends]
    return sum((ZoneTimes(**dict(zip(ZONES, each, strict=True))) for each in spent), start=ZoneTimes())


def _days(window: Window, sessions: Sequence[tuple[Session, ZoneTimes]], series: Sequence[Series]) -> tuple[Day, ...]:
    worn = worn_minutes(series)
    answered = {local_date(told.fact.head.start_ms, window.zone) for told in window.reports}
    return tuple(
        _day(
            day,
            [zones for s, zones in sessions if s.local_date == day],
            _wear(worn, day, window.zone),
            answered=day in answered,
        )
        for day in sorted(set(window.dates))
    )


def _day(day: date, counts: Sequence[ZoneTimes], wear_min: int, *, answered: bool) -> Day:
    return Day(
        local_date=day,
        sessions=len(counts),
        session_ms=sum(zones.total for zones in counts),
        zones=sum(counts, start=ZoneTimes()),
        wear_min=wear_min,
        answered=answered,
    )


def _wear(worn: Instants, day: date, zone: str) -> int:
    start, end = (ms // MINUTE_MS for ms in day_bounds(day, zone))
    low, high = np.searchsorted(worn, (start, end))
    return int(high - low)
