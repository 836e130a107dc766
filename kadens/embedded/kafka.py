"""Apache Kafka in KRaft mode on loopback, one broker or three, with data that survives `kill -9`.

It is for one machine and for tests. It has neither TLS nor accounts, so it listens on 127.0.0.1 and
must never listen elsewhere.
"""

import base64
import secrets
import shutil
import signal
import socket
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from kadens.embedded.kafka_jars import jars, kafka_available
from kadens.embedded.process import Child, StartFailed, claim, end_child, kill, launch, wait_ready
from kadens.embedded.topics import brokers_answering

_HOST = "127.0.0.1"
QUORUM = 3  # the fewest nodes that tolerate the loss of a node
# Below Linux's ephemeral ports, so that no other program takes a port before a restart.
PORTS = range(20_000, 32_000)
_START_SECONDS = 180.0  # three brokers of a busy machine need more than one minute
_STOP_SECONDS = 15.0
JAVA = (
    "-Xmx512m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
FIRST_COMPILER_ONLY = (
    "-XX:TieredStopAtLevel=1",
)  # starts with half the CPU, for a broker that does not live long


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A broker, which is a controller too: its number (from 1), its folder and its two ports."""

    number: int
    folder: Path
    port: int
    controller: int

    @property
    def address(self) -> str:
        """The address of this broker for clients."""
        return f"{_HOST}:{self.port}"


class Kafka:
    """A cluster of `brokers` nodes under `data`; `address` stays the same over restarts.

    `jvm` are further options for Java, such as FIRST_COMPILER_ONLY.
    """

    def __init__(
        self, data: Path, *, cache: Path | None = None, brokers: int = 1, jvm: tuple[str, ...] = ()
    ) -> None:
        self.data, self.cache, self.jvm = data, cache, jvm
        ports = _free_ports(2 * brokers)
        self.nodes = [
            Node(
                number=1 + i,
                folder=data / f"node-{1 + i}",
                port=ports[2 * i],
                controller=ports[2 * i + 1],
            )
            for i in range(brokers)
        ]
        self._running: dict[int, Child] = {}
        self._claim: BinaryIO | None = None

    @property
    def address(self) -> str:
        """The bootstrap list, `host:port[,host:port…]`."""
        return ",".join(node.address for node in self.nodes)

    def start(self) -> None:
        """Start every broker that does not run, and wait until all answer; StartFailed otherwise.

        Only the main thread may call this (`process.launch`).
        """
        reason = kafka_available(self.cache)
        if reason:
            raise StartFailed("kafka", reason)
        # Without this claim, a second broker on the folder would write to the metadata log of the
        # first before it fails.
        self._claim = self._claim or claim("kafka", self.data)
        for node in self.nodes:
            if not self._alive(node.number):
                self._launch(node)
        for node in self.nodes:
            wait_ready(
                self._running[node.number], partial(self._answers, node), seconds=_START_SECONDS
            )

    def stop(self) -> None:
        """End all brokers in order; their data stays."""
        for child in self._running.values():
            child.process.send_signal(signal.SIGTERM)
        for child in self._running.values():
            end_child(child, first=signal.SIGTERM, seconds=_STOP_SECONDS)
        self._running.clear()
        if self._claim is not None:
            self._claim.close()
        self._claim = None

    def kill(self, number: int = 1) -> None:
        """End one broker by SIGKILL, as a power cut would for the process."""
        kill(self._running.pop(number))

    def exit_status(self) -> int | None:
        """Return the status of a broker that has ended by itself, None while all run."""
        ended = [child.process.returncode for child in self._running.values() if not child.alive()]
        return ended[0] if ended else None

    def restart(self) -> None:
        """Start again what is not running, on the same data and the same ports."""
        self.start()

    def __enter__(self) -> Self:
        """Start all brokers; if any does not come up, the others are stopped again."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all brokers."""
        self.stop()

    def _alive(self, number: int) -> bool:
        return number in self._running and self._running[number].alive()

    def _answers(self, node: Node) -> bool:
        return brokers_answering(node.address) == len(self.nodes)

    def _launch(self, node: Node) -> None:
        node.folder.mkdir(parents=True, exist_ok=True)
        settings, log = node.folder / "server.properties", node.folder / "broker.log"
        settings.write_text(_properties(node, self.nodes))
        self._format(settings, log)
        argv = [*self._java(), "kafka.Kafka", str(settings)]
        # At our death SIGKILL: a broker without its controllers can take minutes to obey SIGTERM.
        self._running[node.number] = launch(
            f"kafka {node.number}", argv, log=log, on_death=signal.SIGKILL
        )

    def _format(self, settings: Path, log: Path) -> None:
        # The id is joined to its option with "=", because an id may begin with a dash.
        what = [f"--cluster-id={self._cluster_id()}", "--config", str(settings)]
        argv = [*self._java(*FIRST_COMPILER_ONLY), "kafka.tools.StorageTool", "format", *what]
        if not (settings.parent / "data" / "meta.properties").exists():
            tool = launch("kafka format", argv, log=log, on_death=signal.SIGKILL)
            if tool.process.wait(_START_SECONDS) != 0:
                raise StartFailed(tool.part, f"ended with status {tool.process.returncode}", log)

    def _java(self, *more: str) -> list[str]:
        options = *JAVA, *self.jvm, *more
        return [shutil.which("java") or "java", *options, "-cp", f"{jars(self.cache)}/*"]

    def _cluster_id(self) -> str:
        """Return the id that all nodes are formatted with, drawn once for a data folder."""
        file = self.data / "cluster-id"
        if not file.exists():
            file.write_text(base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("="))
        return file.read_text()


def _properties(node: Node, nodes: list[Node]) -> str:
    """Return the broker's settings; three nodes keep three copies and need two."""
    copies, needed = (3, 2) if len(nodes) >= QUORUM else (1, 1)
    rows = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(f"{n.number}@{_HOST}:{n.controller}" for n in nodes),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{node.address},CONTROLLER://{_HOST}:{node.controller}",
        "advertised.listeners": f"PLAINTEXT://{node.address}",
        "log.dirs": (node.folder / "data").resolve(),
        "auto.create.topics.enable": "false",  # a mistyped topic is an error, not a new topic
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": needed,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": needed,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,  # by default no member may ask for less than 6 s
        # After SIGKILL, a broker may join again only when its last session is over (9 s by
        # default).
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{key}={value}\n" for key, value in rows.items())


def _free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on; a lost race for a port ends in StartFailed."""
    numbers: set[int] = set()
    while len(numbers) < count:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex((_HOST, port)) != 0:
                numbers.add(port)
    return sorted(numbers)
