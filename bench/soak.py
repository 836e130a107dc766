"""The worker's memory while an hour of many live patients goes through.

Memory must stay flat and not grow with what was read. Each slice is five minutes: every patient's
watch sends its readings of each minute, and some patients finish a workout and answer. Slices go as
fast as they are taken, and after each the worker's resident memory is read. The ratio is the first
third of the slices against the last; 1 is flat.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.loads import NOW_MS, WORKOUT_MS
from bench.processes import resident_bytes
from bench.row import Row
from bench.stage import Stage, stage
from model.calendar import DAY_MS, MINUTE_MS
from simulate.bodies import after, worn
from simulate.cohort import Person
from simulate.delivery import Delivery
from simulate.plan import Outing, Wear

SLICE_MIN = 5
_FLOOR, _GOAL = 1 / 1.1, 1 / 1.03
_BEGIN_MS = NOW_MS - DAY_MS + 12 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """Live patients, how many of them have a workout in a slice, and slices after the warm-up."""

    patients: int = 120
    workout_every: int = 12
    slices: int = 12
    warm: int = 2


FULL = _Size()
TINY = _Size(patients=2, workout_every=2, slices=3, warm=0)


def run(size: _Size) -> list[Row]:
    """Return the figure, or none where memory cannot be read."""
    with stage(size.patients) as on:
        read = [_after(on, size, number) for number in range(size.warm + size.slices)][size.warm :]
    if not all(read):
        return []
    third = max(len(read) // 3, 1)
    first, last = statistics.mean(read[:third]), statistics.mean(read[-third:])
    return [
        Row(
            name=f"worker memory over {size.slices * SLICE_MIN} minutes of {size.patients} "
            "live patients",
            value=last / 2**20,
            unit="MiB",
            baseline=f"the first third of the slices, {first / 2**20:,.0f} MiB; "
            f"{', '.join(map(_mib, read))}",
            ratio=first / last,
            floor=_FLOOR,
            goal=_GOAL,
        )
    ]


def _after(on: Stage, size: _Size, number: int) -> int:
    """Return the worker's memory after a slice."""
    on.post(_slice(on, size, number))
    on.settle()
    return resident_bytes("worker")


def _slice(on: Stage, size: _Size, number: int) -> list[Delivery]:
    end = _BEGIN_MS + (number + 1) * SLICE_MIN * MINUTE_MS
    live = [_live(on, person, end) for person in on.people.people]
    done = [
        person for person in on.people.people if (person.number + number) % size.workout_every == 0
    ]
    for person in done:
        live += _finished(on, person, end)
    return live


def _live(on: Stage, person: Person, end_ms: int) -> Delivery:
    span = Wear(patient=person.pseudonym, start_ms=end_ms - SLICE_MIN * MINUTE_MS, end_ms=end_ms)
    return worn(person, on.people, span, ())


def _finished(on: Stage, person: Person, end_ms: int) -> Sequence[Delivery]:
    done = Outing(
        patient=person.pseudonym, start_ms=end_ms - WORKOUT_MS, end_ms=end_ms, pain=2, exertion=4
    )
    return after(person, on.people, done)


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f}"
