"""A fortnight of an honest watch with one hostile body in it, and what must hold of it.

The watch is worn, or not, on each date, and delivers a date hours or days after its end, or before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from hashlib import sha256

import numpy as np
from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, day_bounds, local_date
from model.derived.days import DayState
from model.envelope import Envelope
from model.facts import (
    AttributedFact,
    SampleBlock,
    Source,
)
from model.prescription import Intensity, Prescription
from simulate.open_wearables_writer import heart_rate_body, workout_body
from stream.compute.wear import is_on_patient
from stream.reading import attributed_facts, read_here
from tests.hostile import (
    EVERY_MIN,
    FORTNIGHT_FIRST,
    FORTNIGHT_MS,
    FORTNIGHT_ZONE,
    hostile_bodies,
    instants_around,
    unread_facts,
)

FORTNIGHT = tuple(FORTNIGHT_FIRST + timedelta(days=number) for number in range(14))
FORTNIGHT_NOW_MS = FORTNIGHT_MS + 40 * DAY_MS
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
_PRINTED = 200  # bytes of a body
_LEAST_SAMPLES = 61  # 600 minutes, of which each is between two samples 10 minutes apart at most
# From the end of a date to its delivery; the first is in the evening of the date itself.
_DELAYS_MS = (-HOUR_MS, 1, HOUR_MS, 12 * HOUR_MS, 3 * DAY_MS)


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
    received_ms = FORTNIGHT_MS + draw(st.integers(0, 16 * 24 * 60)) * MINUTE_MS
    instants = instants_around(received_ms)
    connector, content = draw(hostile_bodies(instants))
    return Fortnight(
        honest=tuple(honest),
        hostile=ReceivedBody(connector=connector, content=content, received_ms=received_ms),
        facts=tuple(draw(unread_facts(instants, received_ms))) if draw(st.booleans()) else (),
    )


@cache
def _worn_body(day: date, worn_min: tuple[int, int], delay_ms: int) -> ReceivedBody:
    start, end = day_bounds(day, FORTNIGHT_ZONE)
    t = start + np.arange(*worn_min, EVERY_MIN, dtype=np.int64) * MINUTE_MS
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
    return attributed_facts(envelope, read.parsed, "p1", FORTNIGHT_ZONE, read.format)


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
    last_ms = max((at for source, at in received.items() if is_on_patient(source)), default=0)
    for day, state in states.items():
        if state is DayState.NO_ACTIVITY:
            assert samples.get(day, 0) >= _LEAST_SAMPLES
            assert day_bounds(day, FORTNIGHT_ZONE)[1] <= last_ms


def _worn_samples(facts: Iterable[AttributedFact]) -> dict[date, int]:
    """Return how many instants of heart rate worn sources have on each date."""
    instants: dict[date, set[tuple[Source, int]]] = defaultdict(set)
    for item in facts:
        fact = item.fact
        if isinstance(fact, SampleBlock) and is_on_patient(fact.head.source):
            for t in fact.t.tolist():
                if t <= item.received_ms + 5 * MINUTE_MS:
                    instants[local_date(t, FORTNIGHT_ZONE)].add((fact.head.source, t))
    return {day: len(own) for day, own in instants.items()}
