"""Makes the windows of the exact tests: one patient, one winter's day in Stockholm."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from model.codec import dumps, plain
from model.columns.window import SampleColumn, Window
from model.derived.changes import Derived
from model.facts import (
    AttributedFact,
    DeviceType,
    Head,
    Instrument,
    Method,
    Report,
    Source,
    Workout,
)
from model.intensity import HeartProfile

WINDOW_ZONE = "Europe/Stockholm"
WINDOW_DAY = date(2026, 11, 20)
WINDOW_MIN = 60_000
WATCH_WORKOUT = Source(
    vendor="files", device="w 1", device_type=DeviceType.WATCH, method=Method.WORKOUT
)
WATCH_BACKGROUND = Source(
    vendor="open_wearables", device="w 2", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
STRAP_WORKOUT = Source(
    vendor="open_wearables", device="s 1", device_type=DeviceType.STRAP, method=Method.WORKOUT
)
PHONE_STEPS = Source(vendor="open_wearables", device="p 1", device_type=DeviceType.PHONE)
ANSWERING_APP = Source(vendor="reports", device_type=DeviceType.PERSON, method=Method.MANUAL)
SIXTY_YEARS = HeartProfile(
    valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60, hr_max=190
)  # 99, 112, 138, 177


def stockholm_ms(hour: int, minute: int = 0, day: int = 20) -> int:
    """Local time in Stockholm, where winter is an hour ahead of UTC."""
    return (
        int(datetime(2026, 11, day, tzinfo=UTC).timestamp() * 1000)
        + (60 * (hour - 1) + minute) * WINDOW_MIN
    )


def attributed_to_p(fact: Workout | Report) -> AttributedFact:
    return AttributedFact(patient="p", connector="c", received_ms=0, body="b" * 64, fact=fact)


def declared_workout(
    start: int,
    end: int,
    source: Source = WATCH_WORKOUT,
    record: str = "r1",
    **more: Any,  # noqa: ANN401
) -> AttributedFact:
    head = Head(source=source, record=record, start_ms=start, end_ms=end)
    return attributed_to_p(Workout(head=head, **{"type": "walking", "vendor_type": "Walk", **more}))


def answered_report(
    start: int,
    instrument: Instrument,
    record: str,
    end: int | None = None,
    **more: Any,  # noqa: ANN401
) -> AttributedFact:
    head = Head(
        source=ANSWERING_APP, record=record, start_ms=start, end_ms=start if end is None else end
    )
    return attributed_to_p(Report(head=head, instrument=instrument, **more))


def heart_column(
    source: Source, start: int, end: int, rate: float, record: str = "r1", step: int = 1_000
) -> SampleColumn:
    t = np.arange(start, end, step, dtype=np.int64)
    return SampleColumn(
        metric="heart_rate", source=source, record=record, t=t, v=np.full(len(t), rate)
    )


def exact_window(**more: Any) -> Window:  # noqa: ANN401
    total = {
        "workouts": (),
        "columns": (),
        "reports": (),
        "profiles": (SIXTY_YEARS,),
        "dates": (WINDOW_DAY,),
    }
    return Window(patient="p", zone=WINDOW_ZONE, **{**total, **more})


def derived_bytes(derived: Derived) -> bytes:
    return dumps(plain(derived))
