"""A patient withdraws in the middle of a flood, while workers and fetchers are killed.

Over Apache Kafka, PostgreSQL and real processes. What the flood leaves equals, row by row, what a
quiet run leaves in which the withdrawal was recorded before anything came.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from kadens.embedded.kafka_jars import kafka_available
from model.calendar import utc
from model.envelope import Envelope
from storage.pg.pool import open_pool
from storage.rights.stopping import stop_source
from tests.chaos.check import Outcome, outcome
from tests.chaos.schedule import Copy, Schedule
from tests.chaos.stage import ChaosStage, chaos_stage, clock_to_end, now
from tests.chaos.system.environment import Environment
from tests.chaos.walk import calm
from tests.chaos.world import CHAOS_NOW_MS
from tests.rig import run

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.kafka,
    pytest.mark.skipif(
        kafka_available() is not None, reason=f"Apache Kafka cannot run here: {kafka_available()}"
    ),
]
_KEPT = """
select p.pseudonym, b.connector, b.received_at, encode(b.sha256, 'hex')
from body b join patient p on p.id = b.patient order by 3, 4"""
_COUNTED = """
select sum(u.bodies)::int from unconsented u join patient p on p.id = u.patient
where p.pseudonym = %s and u.connector = %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Withdrawn:
    """Whose consent to which source ends when: bodies of it come before, at and after it."""

    patient: str
    source: str
    at_ms: int


@pytest.fixture(scope="module")
def withdrawn(on: Environment) -> _Withdrawn:
    """Choose the source of a patient that sends most, and the receipt in its middle."""
    times: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    with chaos_stage(on, calm(len(on.world.bodies))) as here:
        _to_the_end(here, _copies(range(len(on.world.bodies))))
        for patient, source, received, _ in here.rig.rows(_KEPT):
            times[patient, source].append(round(received.timestamp() * 1000))
    (patient, source), received_ms = max(times.items(), key=lambda item: len(set(item[1])))
    ordered = sorted(set(received_ms))
    assert len(ordered) > 3, times.keys()
    return _Withdrawn(patient=patient, source=source, at_ms=ordered[len(ordered) // 2])


def _copies(numbers: Iterable[int]) -> tuple[Copy, ...]:
    return tuple(Copy(body=number, producer=number % 2) for number in numbers)


def _received_ms(on: Environment, number: int) -> int:
    return Envelope.read(on.world.bodies[number].headers).received_ms


async def _withdraw(dsn: str, of: _Withdrawn) -> None:
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        assert await stop_source(conn, of.patient, of.source, from_ms=of.at_ms, now_ms=CHAOS_NOW_MS)


def _to_the_end(on: ChaosStage, rest: tuple[Copy, ...]) -> None:
    on.append(rest)
    on.start_workers()
    clock_to_end(on)
    on.settle()


def _quiet(on: Environment, of: _Withdrawn) -> Outcome:
    """Return what is left when the withdrawal was recorded before anything came."""
    with chaos_stage(on, calm(len(on.world.bodies))) as here:
        run(_withdraw(here.database_dsn(), of))
        _to_the_end(here, _copies(range(len(on.world.bodies))))
        return outcome(here)


def _flood(here: ChaosStage, of: _Withdrawn) -> None:
    """Send what came before the instant; withdraw while it is worked on; then send the rest."""
    on = here.environment
    numbers = range(len(on.world.bodies))
    earlier = [n for n in numbers if _received_ms(on, n) < of.at_ms]
    later = [n for n in numbers if _received_ms(on, n) >= of.at_ms]
    here.append(_copies(earlier))
    here.start_workers()
    here.progress_after(now())
    here.workers.kill("w1")
    here.workers.kill("w2")
    # in flight: on the log, and read by nobody yet
    here.append(_copies(later[::2]))
    here.cluster.producers.flush()
    run(_withdraw(here.database_dsn(), of))
    here.start_workers()
    here.fetchers.kill("f1")
    here.progress_after(now())
    here.workers.kill("w2")
    # what was worked on already comes once more
    here.append(_copies(earlier[::3]))
    here.fetchers.start("f1")
    here.workers.start("w2")
    here.let_pass(0.5)
    here.workers.kill("w1")
    here.fetchers.kill("f2")
    _to_the_end(here, _copies(later[1::2]))


@pytest.mark.promise(7)
def test_nothing_that_came_after_the_withdrawal_is_kept_whatever_is_killed(
    on: Environment, withdrawn: _Withdrawn
) -> None:
    wanted = _quiet(on, withdrawn)
    plan = Schedule(seed=-3, brokers=1, workers=2, first=(), turns=(), rest=())
    with chaos_stage(on, plan) as here:
        _flood(here, withdrawn)
        left, kept = outcome(here), here.rig.rows(_KEPT)
        (counted,) = here.rig.rows(_COUNTED, withdrawn.patient, withdrawn.source)
    mine = [row[2] for row in kept if row[:2] == (withdrawn.patient, withdrawn.source)]
    others = [row[2] for row in kept if row[:2] != (withdrawn.patient, withdrawn.source)]
    at = utc(withdrawn.at_ms)
    assert mine
    assert max(mine) < at <= max(others)
    assert counted[0] > 0
    # every table, and where every payload lies: nothing else of anybody is missing or too much
    assert left.places == wanted.places
    assert {name: left.tables[name] for name in left.tables} == wanted.tables
    assert left.digest == wanted.digest
