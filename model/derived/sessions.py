"""A session of exercise as it is derived, with its sources, flags and loads."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from model.derived.algorithm import ALGORITHM
from model.facts import OffsetOrigin, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes, ZoneTimesByMethod

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
