"""Apache Kafka in KRaft mode on loopback, one broker or three, with data that survives `kill -9`.

It is for one machine and for tests. It has neither TLS nor accounts, so it listens on 127.0.0.1 and
must never listen elsewhere.
"""

import base64
import secrets
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from kadens.embedded.kafka_jars import class_archive, jars, kafka_available
from kadens.embedded.kafka_settings import LISTENS_ON, Node, server_properties
from kadens.embedded.process import Child, StartFailed, claim, end_child, kill, launch, wait_ready
from kadens.embedded.topics import brokers_answering

# Below Linux's ephemeral ports, so that no other program takes a port before a restart.
PORTS = range(20_000, 32_000)
_START_SECONDS = 180.0  # three brokers of a busy machine need more than one minute
_STOP_SECONDS = 15.0
_ARCHIVE_SECONDS = 120.0  # a broker that writes the archive of its classes ends later
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


class Kafka:
    """A cluster of `brokers` nodes under `data`; `address` stays the same over restarts.

    `jvm` are further options for Java, such as FIRST_COMPILER_ONLY. `archive` is where the broker
    writes the classes that it has loaded as it ends; by default it reads what was written before,
    which saves a third of the CPU of a start.
    """

    def __init__(
        self,
        data: Path,
        *,
        cache: Path | None = None,
        brokers: int = 1,
        jvm: tuple[str, ...] = (),
        archive: Path | None = None,
    ) -> None:
        self.data, self.cache, self.jvm, self.archive = data, cache, jvm, archive
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
        if self.archive is None:
            _archive_classes(self.cache)
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
            seconds = _ARCHIVE_SECONDS if self.archive else _STOP_SECONDS
            end_child(child, first=signal.SIGTERM, seconds=seconds)
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
        settings.write_text(server_properties(node, self.nodes))
        self._format(settings, log)
        writing = () if self.archive is None else (f"-XX:ArchiveClassesAtExit={self.archive}",)
        argv = [*self._java(*writing), "kafka.Kafka", str(settings)]
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
        kept = class_archive(self.cache)
        # Java goes without an archive that it cannot use
        reading = (f"-XX:SharedArchiveFile={kept}",) if kept.exists() else ()
        options = *JAVA, *reading, *self.jvm, *more
        return [shutil.which("java") or "java", *options, "-cp", f"{jars(self.cache)}/*"]

    def _cluster_id(self) -> str:
        """Return the id that all nodes are formatted with, drawn once for a data folder."""
        file = self.data / "cluster-id"
        if not file.exists():
            file.write_text(base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("="))
        return file.read_text()


def _archive_classes(cache: Path | None) -> None:
    """Write the archive of classes by a broker of its own, once for a cache and a release of Java.

    Without an archive brokers only start more slowly, so no fault of it stops anybody.
    """
    kept = class_archive(cache)
    if kept.exists():
        return
    # Another process that writes it holds the claim, a Java without such archives ends at once, and
    # nothing can be written to some caches.
    with (
        suppress(StartFailed, OSError),
        claim("archive of classes", kept.parent),
        tempfile.TemporaryDirectory(dir=kept.parent) as folder,
    ):
        new, data = Path(folder) / kept.name, Path(folder) / "broker"
        with Kafka(data, cache=cache, jvm=FIRST_COMPILER_ONLY, archive=new):
            pass
        if new.exists():
            new.rename(kept)


def _free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on; a lost race for a port ends in StartFailed."""
    numbers: set[int] = set()
    while len(numbers) < count:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex((LISTENS_ON, port)) != 0:
                numbers.add(port)
    return sorted(numbers)
