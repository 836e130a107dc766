"""Facts: what somebody told us, kept for ever as told. Nothing here is computed from another fact.

All instants are integer milliseconds since 1970 in UTC; offsets are minutes east of UTC, None when the source
gave none. A fact names its source, its record and its revision: a re-sent record replaces the older one, and a
late retry of an older revision does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

BLOCK = 20_000

Instants: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]


class DeviceType(StrEnum):
    """What kind of thing measured; ranks sources against each other."""

    STRAP = "strap"
    WATCH = "watch"
    PHONE = "phone"
    SCALE = "scale"
    PERSON = "person"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How it was recorded: during a started workout, in the background, or entered by hand."""

    WORKOUT = "workout"
    BACKGROUND = "background"
    MANUAL = "manual"
    UNKNOWN = "unknown"


class OffsetOrigin(StrEnum):
    """Where a fact's UTC offset comes from."""

    SOURCE = "source"
    PATIENT_ZONE = "patient_zone"
    UNKNOWN = "unknown"


class Joining(StrEnum):
    """How a block joins what is there.

    RECORD: the block is a part of its record; the first part of a newer revision removes every part of the older.
    STREAM: the source names no record; points join one series, and at one instant the greater
    (revision, value) stands, whatever the order of arrival.
    """

    RECORD = "record"
    STREAM = "stream"


class Phase(StrEnum):
    """When in relation to the exercise a patient was asked."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    NEXT_MORNING = "next_morning"
    NONE = "none"


class Instrument(StrEnum):
    """What was asked. The scale travels with the number: no value is read without it."""

    PAIN = "pain"
    EXERTION = "exertion"
    DAY_FORM = "day_form"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who measured: vendor (the connector's name), app, device and how. Equal values are one source."""

    vendor: str
    app: str = ""
    device: str = ""
    device_type: DeviceType = DeviceType.UNKNOWN
    method: Method = Method.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every fact has. `end_ms` is exclusive and never before `start_ms`."""

    source: Source
    record: str
    revision: int = 0
    start_ms: int
    end_ms: int
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleBlock:
    """Samples of one metric from one source: columns `t` (int64 epoch ms, not decreasing) and `v` (float64, finite).

    A record of many samples comes in parts of at most `BLOCK` samples, numbered from 0 by `part`, so that an event
    stays small. Two blocks are compared by their encoding (`codec.encode_fact`), not by `==`.
    """

    head: Head
    metric: str
    t: Instants
    v: Values
    joining: Joining = Joining.RECORD
    part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workout:
    """A workout that a source declared: it wins boundaries and type over anything found in the samples.

    `type` is of `activities.TYPES`; `said` the source's own word. `exertion_cr10` is Borg CR10.
    `summary` holds the source's own totals by metric-like names; shown, never computed with.
    """

    head: Head
    type: str
    vendor_type: str = ""
    moving_ms: int | None = None
    exertion_cr10: float | None = None
    summary: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySummary:
    """Totals of one local day as a source states them, by metric name in canonical units; they grow in the day."""

    head: Head
    local_date: date
    values: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a patient answered. `value` on `scale` (scale id, as "nrs-0-10", "borg-cr10", "borg-6-20", "form-1-5").

    `session` is the record id of the workout it concerns, when the app knows it. A manual session has instrument
    SESSION, `type` and `head.start_ms/end_ms` as declared. `head.start_ms` is when it was answered otherwise.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A source took something back: one record (`target`), or everything of a metric within the head's interval."""

    head: Head
    target: str = ""
    metric: str = ""


Fact: TypeAlias = SampleBlock | Workout | DaySummary | Report | Deletion


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedFact:
    """One fact on its way: whose it is, when it was received, and the SHA-256 (hex) of the body that told it.

    `parser` is the version of the body's format that read it (`parsers.formats.version_of`).
    """

    patient: str
    connector: str
    received_ms: int
    body: str
    fact: Fact
    parser: int = 1


class RejectKind(StrEnum):
    """Why something was refused, as one of few words: the class of its dead letter and the label of its metric."""

    FIELD = "field"  # absent, or not of its type
    RANGE = "range"  # a time or a value outside of what is read
    UNKNOWN = "unknown"  # an event, a version or a format that nobody here knows
    DAMAGED = "damaged"  # the body breaks off or contradicts itself
    TOO_MUCH = "too_much"  # more of something than a body may hold
    UNWRITABLE = "unwritable"  # a fact that the storage's own rules refuse
    ENVELOPE = "envelope"  # neither a sender nor a patient is named, or the body is not there
    TOO_SLOW = "too_slow"  # reading took more CPU time than a body may take
    TOO_LARGE = "too_large"  # reading took more memory than a body may take
    READER_FAULT = "reader_fault"  # an error of our own in a reader
    ENDED_THE_WORKER = "ended_the_worker"  # a process ended while it worked on this


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A record that could not be read: where in the body (a path or `@offset`) and why. Never holds the value."""

    where: str
    why: str
    kind: RejectKind = RejectKind.FIELD
    count: int = 1

    @property
    def text(self) -> str:
        """Return the reason with the number of records that it is the reason for."""
        return self.why if self.count == 1 else f"{self.why} ({self.count} records)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one body holds: facts of one account, and what could not be read.

    `account` is the source's own user id ("" when the envelope names the patient). `complete` is False when the
    body was damaged and only its good prefix is here.
    """

    account: str
    facts: Sequence[Fact]
    rejects: tuple[Reject, ...] = ()
    complete: bool = True
