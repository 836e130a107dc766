"""What each kind of fault does to the stage, as a table: how it begins and how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.chaos.schedule import PRODUCERS, Copy, Fault, Kind
from tests.chaos.stage import ChaosStage
from tests.chaos.system import door
from tests.chaos.system.vendor import PLAYED_USER
from tests.chaos.world import CHAOS_NOW_MS

Do = Callable[[ChaosStage, Fault], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAction:
    """What a kind of fault does: its begin, its end after `lasts_s`, and its target in words."""

    begin: Do
    end: Do = lambda _on, _fault: None
    target: Callable[[ChaosStage, Fault], str] = lambda _on, _fault: ""


def _worker(on: ChaosStage, fault: Fault) -> str:
    return on.workers.names[fault.target]


def _broker(_on: ChaosStage, fault: Fault) -> str:
    return f"broker {1 + fault.target}"


def _start(on: ChaosStage, fault: Fault) -> None:
    on.workers.start(_worker(on, fault))


def _fetcher(on: ChaosStage, fault: Fault) -> str:
    return on.fetchers.names[fault.target % len(on.fetchers.names)]


def _kill_fetcher(on: ChaosStage, fault: Fault) -> None:
    """Kill a fetcher just after its tokens ended, so that some kills meet a refresh."""
    on.environment.vendor.server.end_access(PLAYED_USER)
    on.let_pass(fault.strength)
    on.fetchers.kill(_fetcher(on, fault))


def _slow(on: ChaosStage, fault: Fault) -> None:
    on.environment.proxy.delay_s = fault.strength


def _fast(on: ChaosStage, _fault: Fault) -> None:
    on.environment.proxy.delay_s = 0.0


def _fail_over(on: ChaosStage, _fault: Fault) -> None:
    assert on.standby is not None
    on.environment.fail_over(on.standby)
    on.standby, on.rig.dsn = None, on.database_dsn()


def _step(on: ChaosStage, fault: Fault) -> None:
    on.rig.set_clock(CHAOS_NOW_MS + round(fault.strength * 1000))


def _poison(on: ChaosStage, fault: Fault) -> None:
    """Append every poisonous body once more, all in a row."""
    on.append(
        tuple(
            Copy(body=body, producer=fault.target % PRODUCERS)
            for body in on.environment.world.poison
        )
    )


def _heads(on: ChaosStage, fault: Fault) -> None:
    at = on.door_here()
    at.attack(door.heads(at, fault.lasts_s + door.LONGEST_S))


def _flood(on: ChaosStage, fault: Fault) -> None:
    at = on.door_here()
    at.attack(door.garbage(at, fault.lasts_s + door.LONGEST_S, fault.strength))


def _through(on: ChaosStage, fault: Fault) -> None:
    """Let a report through the attacked door.

    A report that was answered with 202 must be stored like everything else.
    """
    reports = on.environment.world.reports
    posted = on.environment.world.bodies[reports[fault.target % len(reports)]]
    on.door_here().take(posted)
    on.cluster.producers.acknowledged.add(posted.sha256)


FAULT_ACTIONS: Mapping[Kind, FaultAction] = {
    Kind.WORKER_KILLED: FaultAction(
        begin=lambda on, fault: on.workers.kill(_worker(on, fault)), end=_start, target=_worker
    ),
    Kind.WORKER_STOPPED: FaultAction(
        begin=lambda on, fault: on.workers.stop(_worker(on, fault)), end=_start, target=_worker
    ),
    Kind.WORKER_ZOMBIE: FaultAction(
        begin=lambda on, fault: on.workers.pause(_worker(on, fault)),
        end=lambda on, fault: on.workers.resume(_worker(on, fault)),
        target=_worker,
    ),
    Kind.FETCHER_KILLED: FaultAction(
        begin=_kill_fetcher,
        end=lambda on, fault: on.fetchers.start(_fetcher(on, fault)),
        target=_fetcher,
    ),
    Kind.BROKER_KILLED: FaultAction(
        begin=lambda on, fault: on.cluster.kafka.kill(1 + fault.target),
        end=lambda on, _fault: on.cluster.kafka.restart(),
        target=_broker,
    ),
    Kind.DATABASE_KILLED: FaultAction(
        begin=lambda on, _fault: on.environment.database.kill(),
        end=lambda on, _fault: on.environment.database.restart(),
    ),
    Kind.DATABASE_FAILOVER: FaultAction(begin=_fail_over),
    Kind.DATABASE_SLOW: FaultAction(begin=_slow, end=_fast),
    Kind.DATABASE_CUT: FaultAction(begin=lambda on, _fault: on.environment.proxy.cut()),
    Kind.CLOCK_STEP: FaultAction(begin=_step),
    Kind.POISON: FaultAction(begin=_poison),
    Kind.DOOR_HEADS: FaultAction(begin=_heads, end=_through),
    Kind.DOOR_FLOOD: FaultAction(begin=_flood, end=_through),
}
