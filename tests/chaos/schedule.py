"""Fault schedules as data: a seed becomes the faults of a run, their order and the payloads.

Pure: the same seed gives the same schedule on every machine. A schedule fixes what happens and in
which order. When exactly a fault meets the workers is left to the machine. Nothing here starts,
kills or waits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice
from random import Random

from tests.rows import values_of

SESSION_S = 4.0  # the workers' session with the group in these runs
PRODUCERS = 2
MOST_COPIES = 3
MOST_FAULTS = 3
THREE_BROKERS = 0.4  # share of the schedules
HASTE = 0.25  # share of the faults whose successor does not wait for progress
_LONGEST_PAUSE_S = 1.0


class Kind(StrEnum):
    """The kinds of faults; their texts are those of the report."""

    WORKER_KILLED = "worker killed"
    WORKER_STOPPED = "worker stopped"
    WORKER_ZOMBIE = "zombie worker"
    FETCHER_KILLED = "fetcher killed"
    BROKER_KILLED = "broker killed"
    DATABASE_KILLED = "database killed"
    DATABASE_FAILOVER = "database failover"
    DATABASE_SLOW = "slow database"
    DATABASE_CUT = "connections cut"
    CLOCK_STEP = "clock step"
    POISON = "poison"
    DOOR_HEADS = "endless heads"
    DOOR_FLOOD = "flooded door"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A kind of fault: the seconds it lasts and its strength in `unit`, each as (low, high).

    It also states how often a schedule has it.
    """

    kind: Kind
    lasts_s: tuple[float, float]
    strength: tuple[float, float] = (0.0, 0.0)
    unit: str = "s"
    most: int = MOST_FAULTS


KINDS: tuple[_Row, ...] = (
    _Row(
        kind=Kind.WORKER_KILLED, lasts_s=(0.0, SESSION_S + 2)
    ),  # some are back before the group misses them
    _Row(
        kind=Kind.FETCHER_KILLED, lasts_s=(0.0, 2.0), strength=(0.0, 0.5)
    ),  # seconds after its tokens ended
    _Row(kind=Kind.DATABASE_KILLED, lasts_s=(0.0, 2.0), most=1),
    _Row(
        kind=Kind.WORKER_ZOMBIE, lasts_s=(SESSION_S + 1.5, SESSION_S + 4), most=1
    ),  # its partitions have moved by then
    _Row(kind=Kind.BROKER_KILLED, lasts_s=(0.0, 3.0), most=1),
    _Row(kind=Kind.DATABASE_FAILOVER, lasts_s=(0.0, 1.0), most=1),
    _Row(kind=Kind.WORKER_STOPPED, lasts_s=(0.0, 2.0)),
    _Row(
        kind=Kind.DATABASE_SLOW, lasts_s=(1.0, 4.0), strength=(0.002, 0.025)
    ),  # seconds each piece of an answer waits
    _Row(
        kind=Kind.CLOCK_STEP, lasts_s=(0.0, 1.0), strength=(-280.0, 280.0)
    ),  # seconds against the start
    _Row(kind=Kind.DATABASE_CUT, lasts_s=(0.0, 0.0)),
    _Row(kind=Kind.POISON, lasts_s=(0.0, 1.0)),
    _Row(kind=Kind.DOOR_HEADS, lasts_s=(1.0, 3.0), most=1),
    _Row(
        kind=Kind.DOOR_FLOOD,
        lasts_s=(1.0, 3.0),
        strength=(500.0, 2000.0),
        unit="requests/s",
        most=1,
    ),
)
UNITS = dict(values_of(KINDS, "kind", "unit"))
AT_A_DOOR = frozenset({Kind.DOOR_HEADS, Kind.DOOR_FLOOD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault: on which worker or broker (counted from 0), for how long, how strong."""

    kind: Kind
    target: int
    lasts_s: float
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A payload to append and the producer that appends it, both by number."""

    body: int
    producer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A fault, and what is appended around it.

    `before` is appended first, then the fault waits for `pause_s`, and `during` is appended while
    it lasts. With `waits` the next turn begins only after some progress was made.
    """

    before: tuple[Copy, ...]
    pause_s: float
    fault: Fault
    during: tuple[Copy, ...]
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A run: its brokers and workers, and what happens in it.

    `first` is appended before the first turn, and `rest` after the last.
    """

    seed: int
    brokers: int
    workers: int
    first: tuple[Copy, ...]
    turns: tuple[Turn, ...]
    rest: tuple[Copy, ...]

    @property
    def copies(self) -> int:
        """Return how many messages the run appends."""
        return (
            len(self.first)
            + len(self.rest)
            + sum(len(turn.before) + len(turn.during) for turn in self.turns)
        )

    def has(self, kind: Kind) -> bool:
        """Tell whether a kind of fault is among the turns."""
        return any(turn.fault.kind is kind for turn in self.turns)


def schedule(seed: int, bodies: int) -> Schedule:
    """Return the schedule of a seed for a number of payloads.

    Consecutive seeds begin with one kind of fault after the other.
    """
    chance = Random(seed)  # noqa: S311 - repeatable
    brokers = 3 if chance.random() < THREE_BROKERS else 1
    workers = chance.randint(2, 3)
    rows = _rows(seed, chance)
    first, *portions, rest = _portions(_copies(bodies, chance), 2 * len(rows) + 2)
    turns = tuple(
        Turn(
            before=portions[2 * n],
            pause_s=chance.uniform(0, _LONGEST_PAUSE_S),
            fault=_fault(row, brokers if row.kind is Kind.BROKER_KILLED else workers, chance),
            during=portions[2 * n + 1],
            waits=chance.random() >= HASTE,
        )
        for n, row in enumerate(rows)
    )
    return Schedule(
        seed=seed, brokers=brokers, workers=workers, first=first, turns=turns, rest=rest
    )


def _rows(seed: int, chance: Random) -> list[_Row]:
    """Return the kinds of a schedule, the first by turns so that a long run has them all."""
    rows = [KINDS[seed % len(KINDS)]]
    for _ in range(chance.randint(1, MOST_FAULTS - 1)):
        rows.append(chance.choice([row for row in KINDS if rows.count(row) < row.most]))
    chance.shuffle(rows)
    return rows


def _fault(row: _Row, targets: int, chance: Random) -> Fault:
    return Fault(
        kind=row.kind,
        target=chance.randrange(targets),
        lasts_s=chance.uniform(*row.lasts_s),
        strength=chance.uniform(*row.strength),
    )


def _copies(bodies: int, chance: Random) -> list[Copy]:
    """Return each payload one to three times, in random order, from either producer."""
    many: list[int] = []
    for body in range(bodies):
        many += [body] * chance.randint(1, MOST_COPIES)
    chance.shuffle(many)
    return [Copy(body=body, producer=chance.randrange(PRODUCERS)) for body in many]


def _portions(copies: Sequence[Copy], count: int) -> list[tuple[Copy, ...]]:
    """Deal the copies into parts of nearly the same size."""
    parts: list[list[Copy]] = [[] for _ in range(count)]
    for part, copy in zip(cycle(parts), copies, strict=False):
        part.append(copy)
    return list(map(tuple, parts))


def schedules(first: int, count: int, bodies: int) -> Iterator[Schedule]:
    """Yield the schedules of the seeds from `first`; each can be repeated alone by its own seed."""
    return islice((schedule(seed, bodies) for seed in range(first, first + count)), count)
