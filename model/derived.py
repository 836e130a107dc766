"""Derived rows: sessions, days and weeks.

Each is a pure function of facts, profiles, prescriptions and the patient's zone, and names the
version of the algorithm; each session also names its inputs. A derived id comes from content, so
deriving again changes nothing.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from model.facts import OffsetOrigin, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes, ZoneTimesByMethod

ALGORITHM = "2026.2"
PARTIAL_ABOVE = 0.2  # with a greater share of unknown time, figures may confirm but not refute


class Origin(StrEnum):
    """How a session came to be known: a source declared it, the patient reported it, or samples show it."""

    DECLARED = "declared"
    REPORTED = "reported"
    DETECTED = "detected"


class DayState(StrEnum):
    """What a local day says (clinical definition section 5.2). Only NO_ACTIVITY may ever count as a miss."""

    ACTIVE = "active"
    REST = "rest"
    NO_ACTIVITY = "no_activity"
    NOT_WORN = "not_worn"
    NO_DATA = "no_data"
    PAUSED = "paused"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartSummary:
    """Accepted heart-rate samples inside a session: count, minimum, mean, maximum (beats a minute)."""

    n: int
    minimum: float | None
    mean: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSelection:
    """Which source is selected for one metric in minutes [start, end) of epoch ms, and why.

    `why` is the strongest reason met in them: "only" (no other source had a sample), "rank" (others
    rank lower), "samples" (others of equal rank had clearly fewer), "name" (others had as many; the
    order of names decides, so that any two computers agree).
    """

    local_date: date
    metric: str
    source: Source
    start_ms: int
    end_ms: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFlag:
    """A doubt about `n` samples in [start, end) of epoch ms; `what` is of `QUALITY_CHECKS`."""

    what: str
    metric: str
    source: Source
    start_ms: int
    end_ms: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One figure of training load, its inputs and coefficients; without a `value`, `why` not."""

    name: str
    value: float | None
    inputs: dict[str, float] = field(default_factory=dict)
    confidence: Confidence = Confidence.NONE
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of exercise, [start, end) in epoch ms. `id` derives from patient, source and record.

    `declared_by` is the source of the workout, `heart_source` the one of most samples of heart rate
    (None without any; `Derived.source_selections` has the source of each minute). `partial` is True
    when more than 20 % of the time is unknown. `moving_ms` is the time without pauses, `moving_by`
    what it is from: "source", "speed" or "" (unknown). `counts` is False when the session is not
    one of its day's sessions, and `why` says why not.
    """

    id: str
    start_ms: int
    end_ms: int
    local_date: date
    type: str
    vendor_type: str
    declared_by: Source
    record: str
    body: str
    heart_source: Source | None
    zones: ZoneTimes
    thresholds: ZoneThresholds
    heart: HeartSummary
    partial: bool
    exertion_cr10: float | None = None
    moving_ms: int | None = None
    moving_by: str = ""
    pauses: tuple[tuple[int, int], ...] = ()
    origin: Origin = Origin.DECLARED
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN
    counts: bool = True
    why: str = ""
    zone_times_by_method: tuple[ZoneTimesByMethod, ...] = ()
    loads: tuple[Load, ...] = ()
    flags: tuple[QualityFlag, ...] = ()
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Totals of one local date.

    A session counts on the date on which it starts; time that overlaps counts once. `wear_min` is
    the number of minutes with an accepted sample of heart rate; `answered` says that the patient
    reported on that day. `zones` is the time of the day's sessions, `volume` that of every minute
    of the date. `steps` are those of the source selected in each minute, else what a source states
    of the date, None when nobody counted. `stated` is what the best ranked source states of the
    date, by metric. `night_hr` is the lowest 5-minute mean from 03 to 07 (None: too little was
    worn). `loads` are sums over sessions.
    """

    local_date: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    wear_min: int
    answered: bool
    volume: ZoneTimes = field(default_factory=ZoneTimes)
    steps: int | None = None
    night_hr: float | None = None
    loads: dict[str, float] = field(default_factory=dict)
    stated: dict[str, float] = field(default_factory=dict)
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Totals of one ISO week in the patient's zone. `valid_days` have 600 minutes of wear."""

    monday: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    dose_min: float
    valid_days: int
    answered_days: int
    known_days: int
    volume: ZoneTimes = field(default_factory=ZoneTimes)
    steps: int | None = None
    loads: dict[str, float] = field(default_factory=dict)
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Everything derived for the recomputed dates of one patient."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    source_selections: tuple[SourceSelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedChange:
    """One effect of a recompute, as it goes out on `kadens.derived`.

    `what` is session.created, session.revised, session.retracted, day.revised or week.revised;
    `key` the session id, date or Monday; `reason` why; `algorithm` the version that derived it.
    """

    what: str
    key: str
    reason: str
    algorithm: str = ALGORITHM
