"""The stage of a schedule: its copy of the database, its workers, its gauge, its clock.

It is removed when the schedule is over.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kadens.embedded.postgres import Postgres
from tests.chaos.gauge import Gauge
from tests.chaos.schedule import AT_A_DOOR, SESSION_S, Copy, Kind, Schedule
from tests.chaos.system.door import Door, opened
from tests.chaos.system.environment import Cluster, Environment
from tests.chaos.system.forked_worker import work_as_fetcher
from tests.chaos.system.producers import patiently
from tests.chaos.system.workers import Workers
from tests.chaos.waiting import Late, let_pass, waited_for
from tests.chaos.world import CHAOS_NOW_MS, END_MS
from tests.rig import Rig, run

_SETTLE_S = 120.0
PROGRESS_S = 120.0
_STALL_S = 12.0
_FAST = 20  # times as fast as the machine's clock
_UNFETCHED = "select count(*) from vendor_fetch where state <> 'done'"


@dataclass(slots=True, kw_only=True)
class ChaosStage:
    """Everything that a fault can reach."""

    environment: Environment
    cluster: Cluster
    rig: Rig
    workers: Workers
    fetchers: Workers
    fetcher_clock: Path
    gauge: Gauge
    name: str
    standby: Postgres | None
    began: float = field(default_factory=time.monotonic)
    door: Door | None = None

    def door_here(self) -> Door:
        """Return the vendor door of a schedule that has faults at a door."""
        assert self.door is not None
        return self.door

    def database_dsn(self) -> str:
        """Return where the schedule's database is now, without the proxy."""
        return self.environment.database.dsn(self.name)

    def append(self, copies: tuple[Copy, ...]) -> None:
        """Pass copies of payloads to the producers."""
        self.cluster.producers.append(copies, self.environment.world.bodies)

    def tick(self) -> None:
        """Do what goes on all the time: supervise, and take in the acknowledgements of the log."""
        self.workers.supervise()
        self.fetchers.supervise()
        self._advance()
        self.cluster.producers.poll()

    def let_pass(self, seconds: float) -> None:
        """Let time pass under supervision."""
        let_pass(seconds, self.tick)

    def progress_after(self, instant: float) -> None:
        """Return once the account of offsets has advanced after a monotonic instant.

        Raises `waiting.Late`.
        """
        waited_for(
            lambda: self.gauge.progress_after(instant) is not None,
            PROGRESS_S,
            "no progress",
            self.tick,
        )

    def start_workers(self) -> None:
        """Start the workers and fetchers that do not run."""
        for name in self.workers.names:
            self.workers.start(name)
        for name in self.fetchers.names:
            self.fetchers.start(name)

    def _advance(self) -> None:
        """Let the fetchers' time go fast, so that what failed is soon due again."""
        fast_ms = CHAOS_NOW_MS + round((now() - self.began) * 1000 * _FAST)
        fresh = self.fetcher_clock.with_suffix(".new")
        fresh.write_text(str(fast_ms), encoding="ascii")
        fresh.rename(self.fetcher_clock)

    def settle(self) -> None:
        """Return when everything appended is finished and nobody waits for anything.

        Raises `waiting.Late`.
        """
        self.cluster.producers.flush()
        try:
            waited_for(self._settled, _SETTLE_S, "not settled", self.tick)
        except Late as error:
            raise Late(
                f"{error}: {self.gauge.latest} of {patiently(self.cluster.producers.ends)}"
            ) from error

    def _settled(self) -> bool:
        look = self.gauge.latest
        if look.waiting or (look.raw, look.facts) != patiently(self.cluster.producers.ends):
            return False
        if self.rig.rows(_UNFETCHED) != [(0,)]:
            return False
        # Looked at once more: what a fetcher got meanwhile was on the log before its row was done,
        # and the first look may be older than that.
        ends = patiently(self.cluster.producers.ends)
        return self.gauge.latest == look and (look.raw, look.facts) == ends


@contextmanager
def chaos_stage(environment: Environment, plan: Schedule, plant: str = "") -> Iterator[ChaosStage]:
    """Give a stage for a schedule, without a running worker."""
    cluster = environment.cluster(plan.brokers)
    name = environment.new_database()
    folder = environment.folder / name
    folder.mkdir()
    rig = Rig(
        brokers=cluster.kafka.address, mock=False, dsn=environment.database.dsn(name), folder=folder
    )
    rig.set_clock(CHAOS_NOW_MS)
    workers = Workers(
        rig=rig,
        forkserver=environment.forkserver,
        names=tuple(f"w{1 + n}" for n in range(plan.workers)),
        settings={
            "KADENS_DATABASE": environment.proxy.dsn(name),
            "KADENS_GROUP_SESSION_S": str(SESSION_S),
            "KADENS_STALL_S": str(_STALL_S),
        },
        plant=plant,
    )
    clock = folder / "fetcher-clock"
    clock.write_text(str(CHAOS_NOW_MS), encoding="ascii")
    rig.write_secrets(environment.vendor.secrets())
    run(environment.vendor.connect(rig.dsn))
    fetchers = Workers(
        rig=rig,
        forkserver=environment.forkserver,
        names=("f1", "f2"),
        settings={
            "KADENS_DATABASE": environment.proxy.dsn(name),
            "KADENS_CLOCK": f"file:{clock}",
        },
        target=work_as_fetcher,
    )
    standby = environment.standby() if plan.has(Kind.DATABASE_FAILOVER) else None
    with (
        Gauge(lambda: environment.database.dsn(name), patiently(cluster.producers.forget)) as gauge,
        ExitStack() as doors,
    ):
        made = ChaosStage(
            environment=environment,
            cluster=cluster,
            rig=rig,
            workers=workers,
            fetchers=fetchers,
            fetcher_clock=clock,
            gauge=gauge,
            name=name,
            standby=standby,
        )
        if any(map(plan.has, AT_A_DOOR)):
            made.door = doors.enter_context(opened(rig))
        try:
            yield made
        finally:
            workers.end()
            fetchers.end()
            doors.close()
            _tidy(made)


def _tidy(on: ChaosStage) -> None:
    """Leave the environment as the next schedule needs it, whatever went wrong in this schedule."""
    on.environment.proxy.delay_s = 0.0
    on.environment.database.start()
    if on.standby is not None:
        on.environment.without_standby(on.standby)
    on.environment.drop(on.name)
    shutil.rmtree(on.rig.folder)


def clock_to_end(on: ChaosStage) -> None:
    """Set the clock past every step of the schedule, so that whatever was put off falls due."""
    on.rig.set_clock(END_MS)


def now() -> float:
    """Return the monotonic time that faults and progress are measured in."""
    return time.monotonic()
