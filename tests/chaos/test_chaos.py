"""Nothing acknowledged is lost or counts twice, whatever is killed.

Each schedule leaves what a quiet run leaves. These are a few schedules of `make chaos`, over Apache
Kafka, the embedded PostgreSQL and real worker processes. In one more schedule the workers have a
bug, which the same comparison must detect.
"""

import pytest

from kadens.embedded.kafka_jars import kafka_available
from tests.chaos.check import Outcome
from tests.chaos.report import paragraph
from tests.chaos.schedule import Copy, Fault, Kind, Schedule, Turn, schedules
from tests.chaos.stage import chaos_stage
from tests.chaos.system.environment import Environment
from tests.chaos.walk import calm, quiet, walk, walk_all

_SEEDS = 4

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.kafka,
    pytest.mark.skipif(
        kafka_available() is not None, reason=f"Apache Kafka cannot run here: {kafka_available()}"
    ),
]


@pytest.fixture(scope="module")
def wanted(on: Environment) -> Outcome:
    return quiet(on)


def test_schedules_leave_what_a_quiet_run_leaves(
    on: Environment, wanted: Outcome, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = schedules(seed, _SEEDS, len(on.world.bodies))
    for result in walk_all(on, plans, wanted):
        with capsys.disabled():
            print("\n".join(paragraph(result)))  # noqa: T201 - what was met must be seen
        assert result.wrong == ()


def kill_in_the_act(bodies: int) -> Schedule:
    """Return a schedule whose worker is killed while its first transactions are open."""
    slow = Fault(kind=Kind.DATABASE_SLOW, target=0, lasts_s=0.5, strength=0.3)
    killed = Fault(kind=Kind.WORKER_KILLED, target=0, lasts_s=0.0, strength=0.0)
    copies = tuple(Copy(body=body, producer=0) for body in range(bodies))
    first, middle, rest = copies[:1], copies[1:-1], copies[-1:]
    turns = (
        Turn(before=(), pause_s=0.0, fault=slow, during=middle, waits=False),
        Turn(before=(), pause_s=0.0, fault=killed, during=(), waits=False),
    )
    return Schedule(seed=-2, brokers=1, workers=1, first=first, turns=turns, rest=rest)


def test_a_kill_in_the_act_loses_nothing(on: Environment, wanted: Outcome) -> None:
    plan = kill_in_the_act(len(on.world.bodies))
    with chaos_stage(on, plan, "") as here:
        assert walk(here, plan, wanted).wrong == ()


def test_a_planted_bug_is_found(on: Environment, wanted: Outcome) -> None:
    plan = calm(len(on.world.bodies))
    with chaos_stage(on, plan, "ack-before-commit-and-die") as here:
        wrong = walk(here, plan, wanted).wrong
    assert any("nowhere, wanted kept" in line for line in wrong)
