"""Derived rows: sessions, days and weeks, each a pure function of facts, profiles and the patient's zone.

Each row names the algorithm version; each session also names its inputs. A derived id comes from content, so
deriving again changes nothing.
"""

from dataclasses import dataclass
from datetime import date

from .facts import Source
from .intensity import HeartLimits, ZoneTimes

ALGORITHM = "2026.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartSummary:
    """Accepted heart-rate samples inside a session: count, minimum, mean, maximum (beats a minute)."""

    n: int
    minimum: float | None
    mean: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of exercise, [start, end) in epoch ms. `id` derives from patient, source and record.

    `declared_by` is the source of the workout, `heart_source` the one whose samples fill the zones (None: none).
    `partial` is True when more than 20 % of the time is unknown.
    """

    id: str
    start_ms: int
    end_ms: int
    local_date: date
    type: str
    said: str
    declared_by: Source
    record: str
    body: str
    heart_source: Source | None
    zones: ZoneTimes
    limits: HeartLimits
    heart: HeartSummary
    partial: bool
    exertion_cr10: float | None = None
    moving_ms: int | None = None
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Totals of one local date. A session counts on the date on which it starts; time that overlaps counts once.

    `wear_min` is the number of minutes with at least one accepted heart-rate sample; `answered` is True when the
    patient reported about that day.
    """

    local_date: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    wear_min: int
    answered: bool
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Totals of one ISO week in the patient's zone, by its Monday. `valid_days` have >= 600 minutes of wear."""

    monday: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    dose_min: float
    valid_days: int
    answered_days: int
    known_days: int
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Everything derived for the recomputed dates of one patient."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One effect of a recompute, as it goes out on `kadens.derived`.

    `what`: session.created, session.revised, session.retracted, day.revised or week.revised; `key` the session id,
    date or Monday; `reason` why.
    """

    what: str
    key: str
    reason: str
