"""What outlives the schedules of a run.

These are the clusters, the database server, the proxy before it, and a database to copy. Each
schedule gets a copy of the database, and topics whose past is forgotten, so that starting costs a
second.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

import psycopg

from kadens.embedded.kafka import FIRST_COMPILER_ONLY, Kafka
from kadens.embedded.postgres import Postgres
from kadens.embedded.topics import create_topics
from kadens.local.enrol import enrol
from storage.pg.migrate import migrate
from tests.chaos.system.forked_worker import forkserver
from tests.chaos.system.producers import Producers, patiently
from tests.chaos.system.proxy import Proxy
from tests.chaos.system.vendor import PlayedVendor, link_patient, played_vendor
from tests.chaos.waiting import waited_for
from tests.chaos.world import CHAOS_NOW_MS, World
from tests.rig import CONFIGS, RIG_KEY, run

PEOPLE = "people"
IN_SYNC_S = 60.0
UNSYNCED = {
    "fsync": "off"
}  # processes are killed here, the machine is not: what was written stays written


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A running cluster with its producers."""

    kafka: Kafka
    producers: Producers


@dataclass(slots=True, kw_only=True)
class Environment:
    """The parts under all schedules; `database` is the server that is written to now."""

    folder: Path
    world: World
    database: Postgres
    proxy: Proxy
    vendor: PlayedVendor
    stack: ExitStack
    forkserver: ForkServerContext = field(default_factory=forkserver)
    clusters: dict[int, Cluster] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def cluster(self, brokers: int) -> Cluster:
        """Return the cluster of so many brokers with all copies in sync.

        The first to ask starts it.
        """
        if brokers not in self.clusters:
            kafka = Kafka(
                self.folder / f"kafka-{brokers}", brokers=brokers, jvm=FIRST_COMPILER_ONLY
            )
            self.stack.enter_context(kafka)
            create_topics(kafka.address, CONFIGS)
            self.clusters[brokers] = Cluster(kafka=kafka, producers=Producers(kafka.address))
        cluster_of_size = self.clusters[brokers]
        cluster_of_size.kafka.start()
        waited_for(
            lambda: patiently(lambda: cluster_of_size.producers.in_sync(brokers)),
            IN_SYNC_S,
            "copies in sync",
        )
        return cluster_of_size

    def new_database(self) -> str:
        """Copy the database with the people in it; return the copy's name."""
        name = f"chaos_{next(self.numbers)}"
        self.ask(f"create database {name} template {PEOPLE}")
        return name

    def drop(self, name: str) -> None:
        """Remove a copy, whoever is still connected."""
        self.ask(f"drop database if exists {name} with (force)")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement outside a transaction on the server itself; return its rows, if any."""
        with psycopg.connect(self.database.dsn(), autocommit=True) as conn:
            cursor = conn.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def standby(self) -> Postgres:
        """Start a synchronous standby.

        From now on no commit is answered unless the standby has it.
        """
        follower = self.database.standby(self.folder / f"postgres-{next(self.numbers)}")
        self.ask("alter system set synchronous_standby_names = '*'")
        self.ask("select pg_reload_conf()")
        waited_for(
            lambda: self.ask("select sync_state from pg_stat_replication") == [("sync",)],
            IN_SYNC_S,
            "standby",
        )
        return follower

    def without_standby(self, follower: Postgres) -> None:
        """Go on alone when the standby was not needed."""
        self.ask("alter system reset synchronous_standby_names")
        self.ask("select pg_reload_conf()")
        follower.stop()
        shutil.rmtree(follower.data)

    def fail_over(self, follower: Postgres) -> None:
        """End the server by SIGKILL and promote the standby behind the same address."""
        self.database.kill()
        follower.promote()
        self.proxy.lead_to(socket_of(follower))
        shutil.rmtree(
            self.database.data, ignore_errors=True
        )  # its last processes may still be going
        self.database = follower


def socket_of(server: Postgres) -> Path:
    """Return the folder of a server's socket."""
    return Path(psycopg.conninfo.conninfo_to_dict(server.dsn())["host"])  # type: ignore[arg-type]


@contextmanager
def open_environment(world: World) -> Iterator[Environment]:
    """Give the environment, with the world's people enrolled in the database to copy."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kadens-chaos-")))
        folder.chmod(0o711)  # the server's account has to pass
        database = Postgres(folder / "postgres", settings=UNSYNCED)
        database.start()
        (folder / "front").mkdir(mode=0o700)
        proxy = stack.enter_context(Proxy(folder / "front", socket_of(database)))
        vendor = stack.enter_context(played_vendor(CHAOS_NOW_MS))
        made = Environment(
            folder=folder,
            world=world,
            database=database,
            proxy=proxy,
            vendor=vendor,
            stack=stack,
        )
        stack.callback(lambda: made.database.stop())  # noqa: PLW0108 - whichever it is by then
        dsn = database.create_database(PEOPLE)
        run(migrate(dsn))
        run(enrol(dsn, world.people, wrapping_key=RIG_KEY))
        run(link_patient(dsn))
        yield made
