"""Walks a schedule on a stage, and a run of many schedules.

It decides nothing that is not in the schedule.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from kadens.embedded.process import StartFailed
from tests.chaos.check import Outcome, differences, holes, outcome
from tests.chaos.fault_actions import FAULT_ACTIONS
from tests.chaos.schedule import Copy, Fault, Schedule, Turn
from tests.chaos.stage import ChaosStage, chaos_stage, clock_to_end, now
from tests.chaos.system.environment import Environment

_WRONG = (AssertionError, StartFailed, KafkaException, KafkaError, psycopg.Error, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A fault as it went: target, seconds into the schedule, seconds until progress or None."""

    fault: Fault
    target: str
    at_s: float
    progress_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A schedule as it went; `wrong` is empty when it left what the quiet run left."""

    schedule: Schedule
    met: tuple[Met, ...] = ()
    wrong: tuple[str, ...]
    restarts: int = 0
    holes: int = 0
    unclean: int = 0
    seconds: float


def calm(bodies: int) -> Schedule:
    """Return the schedule for a single worker, with each payload once, in order, and no fault."""
    rest = tuple(Copy(body=body, producer=0) for body in range(bodies))
    return Schedule(seed=-1, brokers=1, workers=1, first=(), turns=(), rest=rest)


def quiet(environment: Environment) -> Outcome:
    """Return what the calm schedule leaves."""
    plan = calm(len(environment.world.bodies))
    with chaos_stage(environment, plan) as on:
        _finish(on, plan)
        return outcome(on)


def walk_all(
    environment: Environment,
    plans: Iterable[Schedule],
    wanted: Outcome,
    *,
    plant: str = "",
    keep: Path | None = None,
) -> Iterator[Result]:
    """Walk schedules one after the other, and compare each with what is wanted.

    `keep` gets the logs of what went wrong.
    """
    for plan in plans:
        began = now()
        try:
            with chaos_stage(environment, plan, plant) as on:
                result = walk(on, plan, wanted)
                if (result.wrong or result.unclean) and keep is not None:
                    _keep(on, keep / str(plan.seed), result)
        except _WRONG as error:
            result = Result(schedule=plan, wrong=(_describe(error),), seconds=now() - began)
        yield result


def walk(on: ChaosStage, plan: Schedule, wanted: Outcome) -> Result:
    """Walk a schedule.

    A part that does not come to its end in time is a result too, not an error.
    """
    began = now()
    begun: list[tuple[Fault, float]] = []
    try:
        _open(on, plan)
        for turn in plan.turns:
            _turn(on, turn, begun)
        _finish(on, plan)
        settled: float | None = now()
        wrong = differences(on, wanted, outcome(on))
    except _WRONG as error:
        settled, wrong = None, [_describe(error)]
    return Result(
        schedule=plan,
        met=tuple(_met(on, fault, at, began, settled) for fault, at in begun),
        wrong=tuple(wrong),
        restarts=on.workers.ends.total(),
        holes=holes(on),
        unclean=on.workers.unclean,
        seconds=now() - began,
    )


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _open(on: ChaosStage, plan: Schedule) -> None:
    """Bring the workers to work, so that the first fault meets them there."""
    on.append(plan.first)
    on.start_workers()
    if plan.first:
        on.progress_after(now())


def _turn(on: ChaosStage, turn: Turn, begun: list[tuple[Fault, float]]) -> None:
    fault, action = turn.fault, FAULT_ACTIONS[turn.fault.kind]
    on.append(turn.before)
    on.let_pass(turn.pause_s)
    at = now()
    begun.append((fault, at))
    action.begin(on, fault)
    on.append(turn.during)
    on.let_pass(fault.lasts_s)
    action.end(on, fault)
    if turn.waits:
        on.progress_after(at)


def _finish(on: ChaosStage, plan: Schedule) -> None:
    on.append(plan.rest)
    on.start_workers()
    clock_to_end(on)
    on.settle()


def _met(on: ChaosStage, fault: Fault, at: float, began: float, settled: float | None) -> Met:
    seen = on.gauge.progress_after(at) or settled
    progress = None if seen is None else seen - at
    return Met(
        fault=fault,
        target=FAULT_ACTIONS[fault.kind].target(on, fault),
        at_s=at - began,
        progress_s=progress,
    )


def _keep(on: ChaosStage, folder: Path, result: Result) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for log in on.rig.folder.glob("*.log"):
        shutil.copy(log, folder)
    (folder / "wrong.txt").write_text("\n".join(result.wrong) + "\n", encoding="utf-8")
