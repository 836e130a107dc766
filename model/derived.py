"""Derived rows: sessions, days and weeks.

Each row is a pure function of facts, profiles, prescriptions and the patient's zone. It names the
version of the algorithm, and a session also names its inputs. Ids are made from content, so
deriving again gives the same rows.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from model.facts import OffsetOrigin, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes, ZoneTimesByMethod

# Raise it whenever the same facts would give other rows; every row and change names it.
ALGORITHM = "2026.5"
# Clinical definition section 3.3: with less wear the figures of a day say little about the day.
VALID_WEAR_MIN = 600
PARTIAL_ABOVE = 0.2  # with a greater share of unknown time, figures may confirm but not refute

# Quality flags of a session as such: very light for long, and not counted; or made by its reader,
# because the file has no usable session.
FORGOT_TO_STOP = "forgot_to_stop"
MADE_FROM = ("made_from_laps", "made_from_lengths", "made_from_records")
# It is no doubt about samples: heart rate was above the prescribed ceiling, or far above it.
ABOVE_CEILING, FAR_ABOVE_CEILING = "above_ceiling", "far_above_ceiling"
CEILING_FLAGS = (ABOVE_CEILING, FAR_ABOVE_CEILING)


class Origin(StrEnum):
    """How a session is known.

    A source declared it, the patient reported it, or it was detected in samples.
    """

    DECLARED = "declared"
    REPORTED = "reported"
    DETECTED = "detected"


class DayState(StrEnum):
    """The state of a local date (clinical definition section 5.2).

    Only NO_ACTIVITY may ever count as a miss.
    """

    ACTIVE = "active"
    REST = "rest"
    NO_ACTIVITY = "no_activity"
    NOT_WORN = "not_worn"
    NO_DATA = "no_data"
    PAUSED = "paused"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartSummary:
    """Count, minimum, mean and maximum of a session's accepted heart-rate samples.

    In beats a minute; None without samples.
    """

    n: int
    minimum: float | None
    mean: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSelection:
    """The source selected for a metric in the minutes of [start, end) (epoch ms), and why.

    `why` is the strongest reason that applies in these minutes:

    - "only": no other source had a sample.
    - "name": other sources of equal rank had about as many samples, so the order of names decides
      and every computer agrees.
    - "samples": other sources of equal rank had clearly fewer samples.
    - "rank": the other sources rank lower.
    - "coverage": the other sources cover less than half of the minute, or less of it.
    """

    local_date: date
    metric: str
    source: Source
    start_ms: int
    end_ms: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFlag:
    """A doubt about `n` samples in [start, end) in epoch ms.

    `what` is a key of `stream.compute.series.quality.QUALITY_CHECKS`, `FORGOT_TO_STOP`, one of
    `MADE_FROM`, which is about no samples, or one of `CEILING_FLAGS`, which is no doubt.
    """

    what: str
    metric: str
    source: Source
    start_ms: int
    end_ms: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A figure of training load with its inputs and coefficients.

    When `value` is None, `why` gives the reason.
    """

    name: str
    value: float | None
    inputs: dict[str, float] = field(default_factory=dict)
    confidence: Confidence = Confidence.NONE
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of exercise, [start, end) in epoch ms.

    `id` is made from patient, source and record. `declared_by` is the source of the workout.
    `heart_source` is the source of most heart-rate samples, None without samples;
    `Derived.source_selections` has the source of each minute. `partial` is True when more than 20 %
    of the time is unknown.

    The elapsed time is end less start. `paused_ms` of it were paused: the `pauses` [start, end),
    and pauses of which only the length is known. Zones, loads and everything else that counts are
    without them, so zones, unknown and paused time add up to the elapsed time. `moving_ms` is the
    time in motion, and `moving_by` its origin: "source", "speed" or "" (unknown). `stops` are the
    times outside of pauses in which the patient stood still by speed; they count.

    `counts` is False when the session does not count among the sessions of its day; `why` then
    gives the reason.
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
    paused_ms: int = 0
    pauses: tuple[tuple[int, int], ...] = ()
    stops: tuple[tuple[int, int], ...] = ()
    origin: Origin = Origin.DECLARED
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN
    counts: bool = True
    why: str = ""
    zone_times_by_method: tuple[ZoneTimesByMethod, ...] = ()
    loads: tuple[Load, ...] = ()
    flags: tuple[QualityFlag, ...] = ()
    algorithm: str = ALGORITHM

    @property
    def elapsed_ms(self) -> int:
        """Return the time from start to end in ms, pauses with it."""
        return self.end_ms - self.start_ms

    @property
    def timer_ms(self) -> int:
        """Return the time that was exercised in ms: the elapsed time without pauses."""
        return self.elapsed_ms - self.paused_ms

    @property
    def forgotten(self) -> bool:
        """Return whether its recording seems to have run on after the exercise."""
        return any(flag.what == FORGOT_TO_STOP for flag in self.flags)

    @property
    def made_from(self) -> str:
        """Return "laps", "lengths" or "records" where its file has no usable session, else ""."""
        made = next((flag.what for flag in self.flags if flag.what in MADE_FROM), "")
        return made.removeprefix("made_from_")

    @property
    def unplaced_ms(self) -> int:
        """Return how much of the paused time has no place: only its length is known."""
        return self.paused_ms - sum(end - start for start, end in self.pauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeTotal:
    """What the sessions of one type on a date add up to.

    `sessions` are those that count. `zones` is the time that the date counts, of all of them, and
    `dose_min` the dose of that time, exertion with it. The other fields are as in `Day`.
    """

    type: str
    sessions: int
    zones: ZoneTimes
    dose_min: float
    exertion_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekDay:
    """A date of a week of which something is known: whether all is, and its sessions by type.

    `carried` says that a phone was carried, so that what a phone can see is known. `unseen_min` is
    as in `Day`.
    """

    local_date: date
    known: bool
    by_type: tuple[TypeTotal, ...]
    carried: bool = False
    unseen_min: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Totals of one local date.

    A session counts on the date on which it starts, and overlapping time counts once. `session_ms`
    is the time of its sessions without pauses, `elapsed_ms` with them. `wear_min` is
    the number of minutes in which a device was worn. `answered` says that the patient reported on
    that date. `zones` holds the zone times of the date's sessions, `volume` those of every minute
    of the date. `stated` holds, by metric, the totals of the best ranked source that states them.
    `steps_counted` are the steps of the source selected in each minute, None without any. `steps`
    is the greater of the stated and the counted ones, which are never added, else None.
    `night_hr` is the lowest 5-minute mean heart rate from 03:00 to
    07:00 local time, None when the device was worn too little. `loads` are sums over sessions.
    `exertion_ms` is the part of the unknown time of `zones` that a reported exertion judges, and
    `exertion_dose_ms` its dose. `in_range_ms` is the time of sessions in the prescribed range by
    the prescription's own method, and `range_known_ms` the time that could be compared with it.
    `by_type` has the sessions by their type, in order of types. `recalled_sessions` is how many
    sessions of the week up to this date the patient told of on it, None without such an answer.
    `phone_min` is the number of minutes from the first to the last step that a phone counted,
    `unseen_min` the longest time in minutes from 06 to 22 in which nothing was worn.
    """

    local_date: date
    sessions: int
    session_ms: int
    zones: ZoneTimes
    wear_min: int
    answered: bool
    volume: ZoneTimes = field(default_factory=ZoneTimes)
    steps: int | None = None
    steps_counted: int | None = None
    night_hr: float | None = None
    loads: dict[str, float] = field(default_factory=dict)
    stated: dict[str, float] = field(default_factory=dict)
    exertion_ms: int = 0
    exertion_dose_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0
    by_type: tuple[TypeTotal, ...] = ()
    elapsed_ms: int = 0
    paused_ms: int = 0
    recalled_sessions: int | None = None
    phone_min: int = 0
    unseen_min: int = 0
    algorithm: str = ALGORITHM


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Totals of one ISO week in the patient's zone.

    `valid_days` counts the days with at least 600 minutes of wear, `known_days` those that are
    valid or answered. `dose_min` includes `exertion_dose_ms`. `days` has the dates with a row and
    those that are known, in order. `recalled_sessions` is how many sessions the patient told of, up
    to the date `recalled_until`; the dates up to it are known. Both are None without such an
    answer. The other figures are sums of days.
    `session_ms` is the time of its sessions without pauses, `elapsed_ms` with them.
    """

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
    exertion_ms: int = 0
    exertion_dose_ms: int = 0
    in_range_ms: int = 0
    range_known_ms: int = 0
    days: tuple[WeekDay, ...] = ()
    elapsed_ms: int = 0
    paused_ms: int = 0
    recalled_sessions: int | None = None
    recalled_until: date | None = None
    algorithm: str = ALGORITHM

    @property
    def unrecorded_sessions(self) -> int:
        """Return how many of the sessions that the patient told of were not recorded."""
        if self.recalled_sessions is None or self.recalled_until is None:
            return 0
        recorded = 0
        for day in self.days:
            if day.local_date <= self.recalled_until:
                recorded += sum(total.sessions for total in day.by_type)
        return max(0, self.recalled_sessions - recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The rows derived for some dates of a patient."""

    sessions: tuple[Session, ...]
    days: tuple[Day, ...]
    source_selections: tuple[SourceSelection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedChange:
    """A change to a derived row, as it is published on `kadens.derived`.

    `what` is session.created, session.revised, session.retracted, day.revised or week.revised.
    `key` is the session id, the date or the Monday. `reason` says why the row changed, and
    `algorithm` is the version that derived it.
    """

    what: str
    key: str
    reason: str
    algorithm: str = ALGORITHM
