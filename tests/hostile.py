"""A fortnight of an honest watch, and one body that means no good, as hypothesis strategies.

The watch is worn, or not, on each date, and delivers a date hours or days after its end. The
hostile body has instants of the future and of the far past, local time written as UTC, enormous
counts, deletions, or bytes without any sense; or facts that no reader has looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from hashlib import sha256

import numpy as np
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, day_bounds, local_date, rfc3339
from model.codec import dumps
from model.derived import DayState
from model.envelope import Envelope
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
from model.prescription import Intensity, Prescription
from simulate.fit_writer import Recording, write_activity
from simulate.open_wearables_writer import heart_rate_body, workout_body
from stream.compute.wear import is_worn
from stream.reading import read_here, reported_by

FORTNIGHT_ZONE = "Europe/Stockholm"
_FIRST = date(2026, 9, 21)  # a Monday
FORTNIGHT = tuple(_FIRST + timedelta(days=number) for number in range(14))
_START_MS = day_bounds(_FIRST, FORTNIGHT_ZONE)[0]
FORTNIGHT_NOW_MS = _START_MS + 40 * DAY_MS
EVERY_DAY = Prescription(
    id="walk",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=7,
    minutes_per_session=30,
    intensity=Intensity(method="bpm", low=110.0, high=130.0),
)
# When a watch is worn, in minutes of the date: all of it, too little, and on each side of the limit
# of 600 minutes. `None` is a date of silence.
_WORN_MIN: tuple[tuple[int, int] | None, ...] = (
    None,
    None,
    (390, 1_350),
    (390, 1_350),
    (390, 660),
    (390, 980),
    (390, 995),
)
_EVERY_MIN = 5
_PRINTED = 200  # bytes of a body
_LEAST_SAMPLES = 61  # 600 minutes, of which each is between two samples 10 minutes apart at most
# From the end of a date to its delivery; the first is in the evening of the date itself.
_DELAYS_MS = (-HOUR_MS, 1, HOUR_MS, 12 * HOUR_MS, 3 * DAY_MS)
_NEAR_RECEIPT_MS = (-300_000, -1, 0, 1, 60_000, 300_000, 300_001)
_WATCH = Source(
    vendor="files", device="hostile", device_type=DeviceType.WATCH, method=Method.WORKOUT
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedBody:
    """A body with its connector and its receipt (epoch ms)."""

    connector: str
    content: bytes
    received_ms: int

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:  # noqa: FBT001
        """Print the beginning only: a body of hours of heart rate is too long for an example."""
        begins = self.content[:_PRINTED]
        printer.text(f"ReceivedBody({self.connector}, {self.received_ms}, {begins!r})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fortnight:
    """Honest bodies, the hostile one, and hostile facts that no reader has looked at."""

    honest: tuple[ReceivedBody, ...]
    hostile: ReceivedBody
    facts: tuple[AttributedFact, ...]

    def batches(self) -> list[list[AttributedFact]]:
        """Return the facts of each body that has any, the hostile ones last."""
        read = list(map(facts_read, (*self.honest, self.hostile)))
        return [facts for facts in (*read, list(self.facts)) if facts]


@st.composite
def fortnights(draw: st.DrawFn) -> Fortnight:
    """Return a history with one hostile body."""
    honest: list[ReceivedBody] = []
    for day in FORTNIGHT[: draw(st.integers(2, 14))]:
        worn, delay_ms = draw(st.sampled_from(_WORN_MIN)), draw(st.sampled_from(_DELAYS_MS))
        if worn is not None:
            honest.append(_worn_body(day, worn, delay_ms))
        if draw(st.integers(0, 5)) == 0:
            honest.append(_walk_body(day, delay_ms))
    received_ms = _START_MS + draw(st.integers(0, 16 * 24 * 60)) * MINUTE_MS
    near = st.sampled_from(_NEAR_RECEIPT_MS).map(lambda ms: received_ms + ms)
    instants = st.one_of(near, _INSTANTS)
    connector, content = draw(st.one_of(*_bodies(instants)))
    return Fortnight(
        honest=tuple(honest),
        hostile=ReceivedBody(connector=connector, content=content, received_ms=received_ms),
        facts=tuple(draw(_unread(instants, received_ms))) if draw(st.booleans()) else (),
    )


@cache
def _worn_body(day: date, worn_min: tuple[int, int], delay_ms: int) -> ReceivedBody:
    start, end = day_bounds(day, FORTNIGHT_ZONE)
    t = start + np.arange(*worn_min, _EVERY_MIN, dtype=np.int64) * MINUTE_MS
    content = heart_rate_body("account", FORTNIGHT_ZONE, t, np.full(len(t), 70.0))
    return ReceivedBody(connector="open_wearables", content=content, received_ms=end + delay_ms)


@cache
def _walk_body(day: date, delay_ms: int) -> ReceivedBody:
    start, end = day_bounds(day, FORTNIGHT_ZONE)
    span = (start + 15 * HOUR_MS, start + 15 * HOUR_MS + 40 * MINUTE_MS)
    content = workout_body("account", FORTNIGHT_ZONE, f"walk {day}", "walking", span, {})
    return ReceivedBody(connector="open_wearables", content=content, received_ms=end + delay_ms)


@lru_cache(maxsize=4_096)
def facts_read(body: ReceivedBody) -> list[AttributedFact]:
    """Return what the worker's readers take from a body; nothing from one that is refused."""
    envelope = Envelope(
        connector=body.connector,
        received_ms=body.received_ms,
        sha256=sha256(body.content).hexdigest(),
        size=len(body.content),
    )
    read = read_here(envelope, body.content)
    if read.parsed is None:
        return []
    return reported_by(envelope, read.parsed, "p1", FORTNIGHT_ZONE, read.format)


_INSTANTS = st.one_of(
    st.integers(-2 * DAY_MS, 20 * DAY_MS).map(lambda ms: _START_MS + ms),
    st.integers(0, 4_102_444_000_000),  # 1970 to 2099
)


@st.composite
def _heart(draw: st.DrawFn, at: st.SearchStrategy[int]) -> tuple[str, bytes]:
    """Return a series of hours of heart rate from any instant on, or single samples."""
    t = np.array(sorted(draw(st.lists(at, min_size=1, max_size=6))), np.int64)
    if draw(st.booleans()):
        n = draw(st.sampled_from([100, 200, 400]))
        t = t[0] + np.arange(n, dtype=np.int64) * _EVERY_MIN * MINUTE_MS
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
    record = draw(st.sampled_from(["w1", f"walk {_FIRST}"]))
    span = (start, min(start + length_ms, 4_102_444_000_000))
    return "open_wearables", workout_body("account", FORTNIGHT_ZONE, record, "walking", span, {})


@st.composite
def _local_as_utc(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a file whose times are hours ahead or behind, as where local time is taken for UTC."""
    start = _START_MS + draw(st.integers(0, 15 * 24)) * HOUR_MS
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


def _bodies(at: st.SearchStrategy[int]) -> list[st.SearchStrategy[tuple[str, bytes]]]:
    """Return the kinds of hostile bodies, with these instants in them."""
    return [
        _heart(at),
        _steps(at),
        _long_workout(at),
        _local_as_utc(),
        _taken_back(at),
        _damaged(at),
        _NOISE,
    ]


@st.composite
def _unread(draw: st.DrawFn, at: st.SearchStrategy[int], received_ms: int) -> list[AttributedFact]:
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
    t = at - np.arange(145, dtype=np.int64)[::-1] * _EVERY_MIN * MINUTE_MS
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


def assert_nothing_is_promised(
    facts: Iterable[AttributedFact],
    watermarks: Mapping[Source, int],
    states: Mapping[date, DayState],
) -> None:
    """Assert that no watermark passes its receipt, and that no silent date is a miss.

    A date of NO_ACTIVITY was worn and is over: of a worn source there are samples enough for 600
    minutes, and one has delivered after its end.
    """
    received: dict[Source, int] = {}
    for item in facts:
        source = item.fact.head.source
        received[source] = max(received.get(source, 0), item.received_ms)
    for source, at_ms in watermarks.items():
        assert at_ms <= received[source]
    samples = _worn_samples(facts)
    last_ms = max((at for source, at in received.items() if is_worn(source)), default=0)
    for day, state in states.items():
        if state is DayState.NO_ACTIVITY:
            assert samples.get(day, 0) >= _LEAST_SAMPLES
            assert day_bounds(day, FORTNIGHT_ZONE)[1] <= last_ms


def _worn_samples(facts: Iterable[AttributedFact]) -> dict[date, int]:
    """Return how many instants of heart rate worn sources have on each date."""
    instants: dict[date, set[tuple[Source, int]]] = defaultdict(set)
    for item in facts:
        fact = item.fact
        if isinstance(fact, SampleBlock) and is_worn(fact.head.source):
            for t in fact.t.tolist():
                if t <= item.received_ms + 5 * MINUTE_MS:
                    instants[local_date(t, FORTNIGHT_ZONE)].add((fact.head.source, t))
    return {day: len(own) for day, own in instants.items()}
