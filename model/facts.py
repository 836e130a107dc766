"""Facts: what sources state, kept unchanged.

No fact is computed from another fact. All instants are integer milliseconds since 1970 in UTC.
Offsets are minutes east of UTC, None when the source gave none. A fact names its source, its record
and its revision. A newer version of a record replaces the older one, shorter or lower as it may be;
a late retry of an older version does not. Versions are ordered by the sender's revision, and where
that is equal by when they were stated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.versions.version_order import VersionOrder

BLOCK = 20_000  # samples; about 0.7 MB of JSON at most, and a message has at most 2 MiB

Instants: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]


class DeviceType(StrEnum):
    """The kind of device that measured; sources are ranked by it."""

    STRAP = "strap"
    WATCH = "watch"
    PHONE = "phone"
    SCALE = "scale"
    PERSON = "person"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How a value was recorded: in a started workout, in the background, or entered by hand."""

    WORKOUT = "workout"
    BACKGROUND = "background"
    MANUAL = "manual"
    UNKNOWN = "unknown"


# Nobody wears a scale, and an entry by hand comes when a person likes to make it.
UNWORN_TYPES = (DeviceType.PERSON, DeviceType.SCALE)
UNWORN_METHODS = (Method.MANUAL,)
# Only what is worn all day is expected to deliver each day. A phone lies in a pocket, a strap is on
# for a workout, and a source of started workouts alone has nothing for a day without one.
NOT_ALL_DAY_TYPES = (*UNWORN_TYPES, DeviceType.PHONE, DeviceType.STRAP)
NOT_ALL_DAY_METHODS = (*UNWORN_METHODS, Method.WORKOUT)


class OffsetOrigin(StrEnum):
    """The origin of a fact's offset from UTC."""

    SOURCE = "source"
    PATIENT_ZONE = "patient_zone"
    UNKNOWN = "unknown"


class Joining(StrEnum):
    """How a block of samples joins those that are stored already.

    RECORD: the block is a part of its record. The first part of a newer version removes all parts
    of the older version.
    STREAM: the source names no record, so the samples join a series. At each instant the greatest
    (revision, time of stating, value) stays, in whatever order blocks arrive.
    """

    RECORD = "record"
    STREAM = "stream"


class Phase(StrEnum):
    """The time of a patient's answer in relation to the exercise."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    NEXT_MORNING = "next_morning"
    NONE = "none"


class Instrument(StrEnum):
    """The subject of a report.

    RED_FLAG is the answer to a question about a warning sign. A report carries its scale with its
    value, because no value is read without a scale. WEEK is the number of sessions of a week, up to
    the instant of the report. The last two say of a session whether it was exercise; they are marks
    and have no value.
    """

    PAIN = "pain"
    EXERTION = "exertion"
    DAY_FORM = "day_form"
    SESSION = "session"
    WEEK = "week"
    RED_FLAG = "red_flag"
    NOT_EXERCISE = "not_exercise"
    EXERCISE = "exercise"


BEGUN_WORKOUTS = (
    "workouts"  # no metric: what a deletion names that retracts workouts by an interval
)
MARKS = (Instrument.NOT_EXERCISE, Instrument.EXERCISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who recorded: vendor, app, device, type of device and method.

    `vendor` is the connector's name. Equal values mean the same source.
    """

    vendor: str
    app: str = ""
    device: str = ""
    device_type: DeviceType = DeviceType.UNKNOWN
    method: Method = Method.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The fields that every fact has.

    `revision` is the sender's own revision number or time of modification, or the size of what only
    grows; 0 where there is none, and then the time of stating decides.

    `start_ms` and `end_ms` are epoch ms; `end_ms` is exclusive and never before `start_ms`.
    """

    source: Source
    record: str
    revision: int = 0
    start_ms: int
    end_ms: int
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN


# eq=False: `==` of numpy arrays gives an array, which has no truth value.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleBlock:
    """Samples of one metric from one source.

    `t` is int64[n] epoch ms, not decreasing; `v` is float64[n], finite. A record of many samples
    comes in parts of at most `BLOCK` samples, numbered from 0 by `part`, so that an event stays
    small. Blocks are compared by their encoding, not by `==`.

    `until` is int64[n] epoch ms, the end of the interval [t, until) over which each sample holds.
    Only metrics with `over_interval` have it: a count of steps is that of its interval. It is None
    where the source states no end, and equal to `t` for a single sample without one.
    """

    head: Head
    metric: str
    t: Instants
    v: Values
    joining: Joining = Joining.RECORD
    part: int = 0
    until: Instants | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout:
    """A workout that a source declared.

    Its boundaries and type take precedence over anything detected in samples. `type` is one of the
    types that Kadens knows, `vendor_type` the source's own word. `moving_ms` is the time of the
    timer, which is the time without pauses; None when the source does not state it. `pauses` are
    the times in which the timer stood still, [start, end) in epoch ms, in order, apart and within
    the workout; it is empty when the source tells no more than their total. `exertion_cr10` is on
    Borg CR10, and `effort_stated` what the source wrote for it, a word or a number. `summary` holds
    the source's own totals by name; they are shown and never computed with.
    """

    head: Head
    type: str
    vendor_type: str = ""
    moving_ms: int | None = None
    pauses: tuple[tuple[int, int], ...] = ()
    exertion_cr10: float | None = None
    effort_stated: str = ""
    summary: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySummary:
    """Totals of one local date as a source states them.

    `values` holds them by metric name, in canonical units. The totals grow during the day, so a
    source sends them repeatedly.
    """

    head: Head
    local_date: date
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a patient answered, or a mark that a clinician set.

    `value` is on `scale`, one of "nrs-0-10", "borg-cr10", "borg-6-20", "form-1-5", "yes-no" and
    "sessions-this-week". `session` is the record of the workout that the report is about, when the
    app knows it. A session that the patient declared has the instrument SESSION; its `type`,
    `head.start_ms` and `head.end_ms` are as declared. The head of a mark (`MARKS`) has the span
    that the marked session had when it was marked; `reason` is one of those of `model/marks.py`.
    Of a RED_FLAG, `reason` is the sign that was asked about. In other reports `head.start_ms` is
    the time of the answer, or the end of the time that it is about.
    """

    head: Head
    instrument: Instrument
    phase: Phase = Phase.NONE
    value: float | None = None
    scale: str = ""
    session: str = ""
    site: str = ""
    type: str = ""
    equipment: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A statement by a source that something no longer holds.

    It retracts a record (`target`), or within the interval of the head the samples of `metric` ("":
    of all). With the metric `BEGUN_WORKOUTS` it retracts the workouts that begin in the interval.
    """

    head: Head
    target: str = ""
    metric: str = ""


Fact: TypeAlias = SampleBlock | Workout | DaySummary | Report | Deletion


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedFact:
    """A fact with its patient, its time of receipt and its payload.

    `received_ms` is epoch ms. `body` is the SHA-256 (hex) of the payload that the fact comes from.
    `stated_ms` is when it was stated (epoch ms), 0 for its receipt. `parser` is the version of the
    format by which it was read (`parsers.formats.version_of`).
    """

    patient: str
    connector: str
    received_ms: int
    body: str
    fact: Fact
    parser: int = 1
    stated_ms: int = 0

    @property
    def order(self) -> VersionOrder:
        """The place of the fact among the versions of its record."""
        return VersionOrder(
            revision=self.fact.head.revision, stated_ms=self.stated_ms or self.received_ms
        )


class RejectKind(StrEnum):
    """The class of reason for which something was refused.

    It classifies dead letters and labels their metric.
    """

    FIELD = "field"  # absent, or not of its type
    RANGE = "range"  # a time or a value outside of what is read
    UNKNOWN = "unknown"  # an event, a version or a format that is not known here
    REPAIRED = "repaired"  # mended, and read: nothing is lost
    DAMAGED = "damaged"  # the body breaks off or contradicts itself
    TOO_MUCH = "too_much"  # more of something than a body may hold
    UNWRITABLE = "unwritable"  # a fact that the storage's own rules refuse
    ENVELOPE = "envelope"  # neither a sender nor a patient is named, or the body is not there
    SEALED = "sealed"  # sealed for a patient, and does not open with that patient's key
    TOO_SLOW = "too_slow"  # reading took more CPU time than a body may take
    TOO_LARGE = "too_large"  # reading took more memory than a body may take
    READER_FAULT = "reader_fault"  # an error of our own in a reader
    ENDED_THE_WORKER = "ended_the_worker"  # a process ended while it worked on this


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record that could not be read.

    `where` is a path in the body or `@offset`. `why` is the reason and never contains a value.
    `count` is the number of records that were refused for this reason.
    """

    where: str
    why: str
    kind: RejectKind = RejectKind.FIELD
    count: int = 1

    @property
    def text(self) -> str:
        """Return the reason, with the number of records when there are several."""
        return self.why if self.count == 1 else f"{self.why} ({self.count} records)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a body holds: the facts of one account, and the records that could not be read.

    `account` is the source's own user id, "" when the envelope names the patient. `complete` is
    False when the body was damaged and only its readable beginning is here.
    """

    account: str
    facts: Sequence[Fact]
    rejects: tuple[Reject, ...] = ()
    complete: bool = True
