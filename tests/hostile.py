"""Bodies that mean no good, as hypothesis strategies, and facts as a faulty reader makes them.

They have instants of the future and of the far past, local time written as UTC, enormous counts,
deletions, or bytes without any sense.
"""

from collections.abc import Callable
from datetime import date
from hashlib import sha256

import numpy as np
from hypothesis import strategies as st

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, day_bounds, local_date, rfc3339
from model.codec import dumps
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
    Report,
    SampleBlock,
    Source,
    Workout,
)
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import heart_rate_body, workout_body

FORTNIGHT_ZONE = "Europe/Stockholm"
FORTNIGHT_FIRST = date(2026, 9, 21)  # a Monday
FORTNIGHT_MS = day_bounds(FORTNIGHT_FIRST, FORTNIGHT_ZONE)[0]
EVERY_MIN = 5  # of a watch at rest
_NEAR_RECEIPT_MS = (-300_000, -1, 0, 1, 60_000, 300_000, 300_001)
_WATCH = Source(
    vendor="files", device="hostile", device_type=DeviceType.WATCH, method=Method.WORKOUT
)


def instants_around(received_ms: int) -> st.SearchStrategy[int]:
    """Return instants at the receipt, within weeks of it, and from 1970 to 2099 (epoch ms)."""
    return st.one_of(
        st.sampled_from(_NEAR_RECEIPT_MS).map(lambda ms: received_ms + ms),
        st.integers(-2 * DAY_MS, 20 * DAY_MS).map(lambda ms: FORTNIGHT_MS + ms),
        st.integers(0, 4_102_444_000_000),
    )


@st.composite
def _heart(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    """Return a series of hours of heart rate from any instant on, or single samples."""
    t = np.array(sorted(draw(st.lists(at, min_size=1, max_size=6))), np.int64)
    if draw(st.booleans()):
        n = draw(st.sampled_from([100, 200, 400]))
        t = t[0] + np.arange(n, dtype=np.int64) * EVERY_MIN * MINUTE_MS
    beats = np.full(len(t), draw(st.sampled_from([72.0, 0.0, 250.0, 9_999.0])))
    return "open_wearables", heart_rate_body("account", FORTNIGHT_ZONE, t, beats)


@st.composite
def _steps(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    """Return counts and day totals as large as a number can be."""
    count = st.fixed_dictionaries(
        {
            "timestamp": at.map(rfc3339),
            "type": st.just("steps"),
            "value": st.sampled_from([0.0, 70.0, 131.0, 1e7, 1e15, -1.0]),
            "unit": st.just("count"),
            "source": st.just({"provider": "apple", "device": "iPhone14,5"}),
            "is_daily_total": st.booleans(),
        }
    )
    samples = draw(st.lists(count, min_size=1, max_size=4))
    data = {"user_id": "account", "provider": "apple", "series_type": "steps", "samples": samples}
    return "open_wearables", dumps({"type": "series.steps.created", "data": data})


@st.composite
def _long_workout(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    start = draw(at)
    length_ms = draw(st.sampled_from([0, 40 * MINUTE_MS, 30 * HOUR_MS, 30 * DAY_MS]))
    record = draw(st.sampled_from(["w1", f"walk {FORTNIGHT_FIRST}"]))
    span = (start, min(start + length_ms, 4_102_444_000_000))
    return "open_wearables", workout_body("account", FORTNIGHT_ZONE, record, "walking", span, {})


@st.composite
def _local_as_utc(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a file whose times are hours ahead or behind, as where local time is taken for UTC."""
    start = FORTNIGHT_MS + draw(st.integers(0, 15 * 24)) * HOUR_MS
    start += draw(st.sampled_from([-12, -5, 0, 1, 2, 9, 14])) * HOUR_MS
    t = start + np.arange(0, 1_800, 30, dtype=np.int64) * 1_000
    recording = Recording(
        start_ms=start,
        end_ms=start + 1_800_000,
        t=t,
        columns={"heart_rate": np.full(len(t), 120.0), "cadence": np.full(len(t), 100.0)},
    )
    return "files", write_activity(recording)


@st.composite
def _taken_back(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    answered, revision = rfc3339(draw(at)), draw(st.integers(0, 9))
    report = {"id": "a1", "revision": revision, "answered_at": answered}
    return "reports", dumps({"type": "report.withdrawn", "patient": "account", "report": report})


@st.composite
def _damaged(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    """Return a body that is cut off, or of which bytes are changed."""
    connector, content = draw(st.one_of(_heart(at), _steps(at), _long_workout(at), _local_as_utc()))
    changed = bytearray(content)
    change = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for position, value in draw(st.lists(change, max_size=8)):
        changed[position] = value
    return connector, bytes(changed[: draw(st.integers(1, len(changed)))])


_NOISE = st.tuples(
    st.sampled_from(["open_wearables", "reports", "files", "polar", "garmin"]),
    st.binary(max_size=200),
)


def hostile_bodies(at: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return connectors and hostile bodies of every kind, with these instants in them."""
    return st.one_of(
        _heart(at),
        _steps(at),
        _long_workout(at),
        _local_as_utc(),
        _taken_back(at),
        _damaged(at),
        _NOISE,
    )


@st.composite
def unread_facts(
    draw: st.DrawFn, at: st.SearchStrategy[int], received_ms: int
) -> list[AttributedFact]:
    """Return facts with instants anywhere, as a reader with a fault might make them."""
    facts: list[AttributedFact] = []
    for instant in draw(st.lists(at, min_size=1, max_size=4)):
        fact = draw(st.sampled_from(_UNREAD))(instant)
        facts.append(
            AttributedFact(
                patient="p1",
                connector="files",
                received_ms=received_ms,
                body=sha256(b"unread").hexdigest(),
                fact=fact,
            )
        )
    return facts


def _head(start_ms: int, end_ms: int, source: Source = _WATCH) -> Head:
    return Head(source=source, record=f"h {start_ms}", start_ms=start_ms, end_ms=end_ms)


def _block(at: int) -> Fact:
    """Return twelve hours of heart rate that end at an instant."""
    t = at - np.arange(145, dtype=np.int64)[::-1] * EVERY_MIN * MINUTE_MS
    head = _head(int(t[0]), int(t[-1]) + 1)
    return SampleBlock(
        head=head, metric="heart_rate", t=t, v=np.full(len(t), 80.0), joining=Joining.STREAM
    )


def _total(at: int) -> Fact:
    day = local_date(at, FORTNIGHT_ZONE)
    start, end = day_bounds(day, FORTNIGHT_ZONE)
    return DaySummary(head=_head(start, end), local_date=day, values={"steps": 9e6})


def _everything_deleted(at: int) -> Fact:
    source = Source(vendor="open_wearables", device="hostile", device_type=DeviceType.WATCH)
    return Deletion(head=_head(at - DAY_MS, at + DAY_MS, source))


def _workout(at: int) -> Fact:
    return Workout(head=_head(at - HOUR_MS, at), type="walking")


def _answer(at: int) -> Fact:
    return Report(head=_head(at, at), instrument=Instrument.PAIN, value=9.0, scale="nrs-0-10")


_UNREAD: tuple[Callable[[int], Fact], ...] = (
    _block,
    _total,
    _everything_deleted,
    _workout,
    _answer,
)
