"""What is stated again in a life, and what clocks get wrong, as changes of facts already drawn.

A record is stated again under its own name or another one, with a greater or a lesser revision,
without its device, lower, shorter, or with a clock that jumps in the middle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from hypothesis import strategies as st

from model.calendar import DAY_MS, HOUR_MS
from model.facts import (
    DaySummary,
    DeviceType,
    Fact,
    Instrument,
    Report,
    SampleBlock,
    Source,
    Workout,
)

MOST_AGAIN = 2
# Two minutes make versions of one workout; each side of that limit.
_MOVES_MS = (0, 0, 1_000, -1_000, 119_999, 120_000, 120_001, -120_000)
_JUMPS_MS = (2 * HOUR_MS, 26 * HOUR_MS, 3 * DAY_MS)
_HALF = 0.5

Named: TypeAlias = tuple[Source, str]
FactChange: TypeAlias = Callable[[Fact, int], Fact]  # a fact, and a number that the change may use


@st.composite
def stated_again(draw: st.DrawFn, facts: Sequence[Fact]) -> list[list[Fact]]:
    """Return other versions of records, each the content of a body of its own."""
    versions: list[list[Fact]] = []
    for _ in range(draw(st.integers(0, MOST_AGAIN))):
        name = _name(draw(st.sampled_from(facts)))
        ways = draw(st.lists(st.sampled_from(list(CHANGES)), min_size=1, max_size=2, unique=True))
        number = draw(st.integers(0, 99))
        record = [fact for fact in facts if _name(fact) == name]
        versions.append([_changed(fact, ways, number) for fact in record])
    return versions


def _name(fact: Fact) -> Named:
    return fact.head.source, fact.head.record


def _changed(fact: Fact, ways: Sequence[str], number: int) -> Fact:
    for way in ways:
        fact = CHANGES[way](fact, number)
    return fact


def _revised(fact: Fact, by: int) -> Fact:
    revision = max(0, fact.head.revision + by)
    return replace(fact, head=replace(fact.head, revision=revision))


def _renamed(fact: Fact, number: int) -> Fact:
    """Return a fact under another id, which begins a little earlier or later."""
    moved = _moved(fact, _MOVES_MS[number % len(_MOVES_MS)])
    return replace(moved, head=replace(moved.head, record=f"{fact.head.record}'"))


def _without_device(fact: Fact, _: int) -> Fact:
    nameless = replace(fact.head.source, device="", device_type=DeviceType.UNKNOWN)
    return replace(fact, head=replace(fact.head, source=nameless))


def _moved(fact: Fact, by_ms: int) -> Fact:
    head = fact.head
    head = replace(head, start_ms=head.start_ms + by_ms, end_ms=head.end_ms + by_ms)
    match fact:
        case SampleBlock():
            until = None if fact.until is None else fact.until + by_ms
            return replace(fact, head=head, t=fact.t + by_ms, until=until)
        case Workout():
            pauses = tuple((start + by_ms, end + by_ms) for start, end in fact.pauses)
            return replace(fact, head=head, pauses=pauses)
        case Report():
            return replace(fact, head=head)
        case _:
            return fact  # a day begins at its midnight


def _lowered(fact: Fact, _: int) -> Fact:
    match fact:
        case SampleBlock():
            return replace(fact, v=np.round(fact.v * _HALF, 1))
        case DaySummary():
            return replace(fact, values={name: v * _HALF for name, v in fact.values.items()})
        case _:
            return fact


def _shortened(fact: Fact, _: int) -> Fact:
    """Return the first half of a fact."""
    head = fact.head
    half = replace(head, end_ms=head.start_ms + (head.end_ms - head.start_ms) // 2)
    match fact:
        case SampleBlock():
            n = max(1, len(fact.t) // 2)
            until = None if fact.until is None else fact.until[:n]
            return replace(fact, head=half, t=fact.t[:n], v=fact.v[:n], until=until)
        case Workout():
            inside = tuple(pause for pause in fact.pauses if pause[1] <= half.end_ms)
            return replace(fact, head=half, pauses=inside)
        case Report() if fact.instrument is Instrument.SESSION:
            return replace(fact, head=half)
        case _:
            return fact


def _jumped(fact: Fact, number: int) -> Fact:
    """Return a fact whose clock goes forward in the middle."""
    by_ms = _JUMPS_MS[number % len(_JUMPS_MS)]
    later = replace(fact.head, end_ms=fact.head.end_ms + by_ms)
    match fact:
        case SampleBlock():
            t = fact.t.copy()
            t[len(t) // 2 :] += by_ms
            until = None if fact.until is None else fact.until + (t - fact.t)
            return replace(fact, head=later, t=t, until=until)
        case Workout():
            return replace(fact, head=later)
        case _:
            return fact


CHANGES: Mapping[str, FactChange] = {
    "revision up": lambda fact, _: _revised(fact, 1),
    "revision down": lambda fact, _: _revised(fact, -1),
    "another id": _renamed,
    "device left out": _without_device,
    "lower": _lowered,
    "shorter": _shortened,
    "clock jump": _jumped,
}
