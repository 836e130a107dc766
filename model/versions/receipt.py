"""What a receipt proves: nothing that is measured is later than the receipt of its payload. Pure.

Clocks of devices run ahead, and some files write local time as UTC. An instant after the receipt is
no measurement, so it is stored nowhere, and it never shows that a source has delivered anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from model.calendar import DAY_MS, MINUTE_MS
from model.fact_properties import measured_until_ms, span_of
from model.facts import (
    AttributedFact,
    DaySummary,
    Deletion,
    Fact,
    Reject,
    RejectKind,
    SampleBlock,
    Workout,
)
from model.storable import fact_refusal

AHEAD_MS = 5 * MINUTE_MS  # how far clocks may differ
HISTORY_MS = 2 * DAY_MS  # what is older than this when it arrives is of a history that is loaded
MEASURED_LATER = "measured later than it was received"
FILE_LATER = "the file lies after its receipt, as when local time is written as UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedFacts:
    """The facts of a payload that its receipt allows, and what it refuses."""

    facts: tuple[Fact, ...]
    rejects: tuple[Reject, ...]


def is_later(fact: Fact, received_ms: int) -> bool:
    """Return whether anything of a fact is measured later than its receipt allows."""
    match fact:
        case Deletion():
            return False  # it takes back, and measures nothing
        case DaySummary():
            instant = fact.head.start_ms  # a day ends after its totals are stated
        case SampleBlock():
            instant = int(fact.t[-1]) if len(fact.t) else fact.head.start_ms
        case _:
            instant = fact.head.end_ms
    return instant > received_ms + AHEAD_MS


def refusal_of(reported: AttributedFact) -> str:
    """Return why a fact is kept nowhere, or "" where it is kept; no value of the fact is in it."""
    if is_later(reported.fact, reported.received_ms):
        return MEASURED_LATER
    return fact_refusal(reported.fact)


def delivered_until_ms(reported: AttributedFact) -> int | None:
    """Return until when a fact shows that its source has delivered, in epoch ms; None: it does not.

    That is never later than its receipt.
    """
    measured = measured_until_ms(reported.fact)
    return None if measured is None else min(measured, reported.received_ms)


def history_received_ms(reported: AttributedFact) -> int | None:
    """Return when a fact was received that was old by then (epoch ms), None for any other.

    A history that is loaded has many of them, one after the other.
    """
    measured = measured_until_ms(reported.fact)
    is_old = measured is not None and measured < reported.received_ms - HISTORY_MS
    return reported.received_ms if is_old else None


def as_first_received(reported: Iterable[AttributedFact]) -> list[AttributedFact]:
    """Return facts with the first receipt of their payload, however often it was delivered.

    A redelivery is no later statement of its sender. The worker keeps the first receipt with the
    payload; this is for those who have the deliveries at once, and have no answers of vendors, of
    which the last receipt counts.
    """
    everything = list(reported)
    received: dict[tuple[str, str], int] = {}
    stated: dict[tuple[str, str], int] = {}
    for item in everything:
        key = item.patient, item.body
        received[key] = min(received.get(key, item.received_ms), item.received_ms)
        stated[key] = min(stated.get(key, item.order.stated_ms), item.order.stated_ms)
    first: list[AttributedFact] = []
    for item in everything:
        key = item.patient, item.body
        first.append(replace(item, received_ms=received[key], stated_ms=stated[key]))
    return first


def as_received(facts: Iterable[Fact], received_ms: int, *, is_file: bool) -> AllowedFacts:
    """Return the facts of a payload without what is later than its receipt.

    Of a block, only the later samples are left out. A file of which a workout is later has a wrong
    clock from its beginning, so nothing of it is kept: nothing tells whether it is wrong by minutes
    or, as local time written as UTC, by an hour.
    """
    everything = tuple(facts)
    rejects: list[Reject] = []
    for position, fact in enumerate(everything):
        if not is_later(fact, received_ms):
            continue
        if is_file and isinstance(fact, Workout):
            reject = Reject(where="body", why=FILE_LATER, kind=RejectKind.RANGE)
            return AllowedFacts(facts=(), rejects=(reject,))
        rejects.append(_reject(position, fact, received_ms))
    if not rejects:
        return AllowedFacts(facts=everything, rejects=())
    return AllowedFacts(facts=tuple(_kept(everything, received_ms)), rejects=tuple(rejects))


def _kept(facts: Iterable[Fact], received_ms: int) -> Iterator[Fact]:
    for fact in facts:
        if not is_later(fact, received_ms):
            yield fact
        elif isinstance(fact, SampleBlock):
            yield from _until(fact, received_ms + AHEAD_MS)


def _until(block: SampleBlock, last_ms: int) -> Iterator[SampleBlock]:
    """Yield the block without its later samples, or nothing where none is left."""
    n = _count_until(block, last_ms)
    if n:
        until = None if block.until is None else block.until[:n]
        part = replace(block, t=block.t[:n], v=block.v[:n], until=until)
        # It ends with what is left of its samples.
        part = replace(part, head=replace(block.head, end_ms=block.head.start_ms))
        yield replace(part, head=replace(part.head, end_ms=span_of(part).end_ms))


def _count_until(block: SampleBlock, last_ms: int) -> int:
    # samples are in order of time
    return int(np.searchsorted(block.t, last_ms, side="right"))


def _reject(position: int, fact: Fact, received_ms: int) -> Reject:
    count = 1
    if isinstance(fact, SampleBlock):
        count = max(1, len(fact.t) - _count_until(fact, received_ms + AHEAD_MS))
    return Reject(
        where=f"facts[{position}]", why=MEASURED_LATER, kind=RejectKind.RANGE, count=count
    )
