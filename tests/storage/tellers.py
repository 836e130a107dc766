"""Facts for tests: short to write, exact in what they hold."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

import numpy as np

from model.calendar import MINUTE_MS
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Head,
    Instrument,
    Joining,
    Method,
    OffsetOrigin,
    Phase,
    Report,
    SampleBlock,
    Source,
    Workout,
)

T0 = 1_790_000_000_000  # 2026-09-21T14:13:20Z, a Monday
RECEIVED = T0 + 3_650 * 86_400_000  # behind everything that is measured
WATCH = Source(
    vendor="files", device="watch 1", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
PHONE = Source(
    vendor="open_wearables", app="phone", device_type=DeviceType.PHONE, method=Method.BACKGROUND
)
PERSON = Source(vendor="reports", app="app", device_type=DeviceType.PERSON, method=Method.MANUAL)


def head(record: str, start: int, end: int, *, source: Source = WATCH, revision: int = 0) -> Head:
    return Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=start,
        end_ms=end,
        offset_min=120,
        offset_origin=OffsetOrigin.SOURCE,
    )


def attributed_fact(
    fact: Fact, patient: str = "p1", body: str = "body", received: int = RECEIVED
) -> AttributedFact:
    return AttributedFact(
        patient=patient,
        connector=fact.head.source.vendor,
        received_ms=received,
        body=sha256(body.encode()).hexdigest(),
        fact=fact,
    )


def attributed_batch(
    facts: Iterable[Fact], patient: str = "p1", body: str = "body"
) -> list[AttributedFact]:
    """Return the facts of one patient and one body."""
    return [attributed_fact(fact, patient, body) for fact in facts]


def block(
    value: Head,
    times: list[int],
    values: list[float],
    *,
    part: int = 0,
    joining: Joining = Joining.RECORD,
) -> SampleBlock:
    t, v = np.asarray(times, np.int64), np.asarray(values, np.float64)
    return SampleBlock(head=value, metric="heart_rate", t=t, v=v, joining=joining, part=part)


def workout(value: Head, kind: str = "running") -> Workout:
    return Workout(head=value, type=kind, vendor_type=kind, summary={"distance": 1234.5})


def run(
    record: str = "r1", start: int = T0, minutes: int = 30, *, revision: int = 0, bpm: float = 120
) -> list[Fact]:
    """Return a workout with a sample every 10 s at `bpm`."""
    end = start + minutes * MINUTE_MS
    result = head(record, start, end, revision=revision)
    times = list(range(start, end, 10_000))
    return [workout(result), block(result, times, [bpm] * len(times))]


def pain(record: str, at: int, value: float, *, revision: int = 0, session: str = "") -> Report:
    result = head(record, at, at, source=PERSON, revision=revision)
    return Report(
        head=result,
        instrument=Instrument.PAIN,
        phase=Phase.AFTER,
        value=value,
        scale="nrs-0-10",
        session=session,
        equipment=("rubber band",),
    )


def day(record: str, at: int, steps: float, *, revision: int = 0) -> DaySummary:
    result = head(record, at, at + 1440 * MINUTE_MS, source=PHONE, revision=revision)
    return DaySummary(head=result, local_date=date(2026, 9, 21), values={"steps": steps})


def deletion(record: str, target: str, *, source: Source = WATCH, revision: int = 0) -> Deletion:
    return Deletion(head=head(record, T0, T0, source=source, revision=revision), target=target)
