"""`kadens up`: everything on this machine. Starts log, database, doors and worker, keeps them up, stops them cleanly.

It wires processes together and nothing else: what the parts do is theirs. With a demo the demo plays in a thread,
because only the main thread may start and tend processes.
"""

import asyncio
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from .children import Children, Job
from .clock import clock
from .demo import Demo, Place
from .embedded.kafka import Kafka
from .embedded.kafka_jars import VERSION, default_cache, kafka_available
from .embedded.mock import MockKafka
from .embedded.postgres import Postgres
from .embedded.process import StartFailed
from .embedded.topics import brokers_answering, create_topics
from .mailbox import Mailbox
from .runtime import SECRETS, forget_runtime, leftovers, secrets_in, write_runtime
from .settings import Secrets, variable
from .simulate.cohort import UNIT
from .storage.migrate import migrate
from .storage.pool import open_pool
from .storage.wrapping import ForeignKeysError, check_keys, holds_data
from .stream.topics import TOPICS

HOST = "127.0.0.1"
LOOK_S = 0.1
DONE, FAILED = 0, 1
DEMO_COMMIT_S = "0.25"
DATABASE_S = 10.0
BRING = "bring the file back; fresh keys would open nothing of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. `broker` is auto, kafka, mock or HOST:PORT; `database` embedded or a DSN.

    `data` None: a folder that goes away with a demo, else ./var. Port 0 takes a free one. `timeout_s` bounds
    `until_alert` only.
    """

    demo: bool = False
    until_alert: bool = False
    timeout_s: float = 300.0
    broker: str = "auto"
    database: str = "embedded"
    data: Path | None = None
    vendor_port: int = 0
    clinic_port: int = 0
    clock: str = "system"
    weeks: int = 12
    seed: int = 1


class Interrupted(Exception):  # noqa: N818 - reads as what happened
    """SIGTERM or SIGINT came."""


def up(options: Options) -> int:
    """Run until Ctrl-C, or until the first pain alert with `until_alert`.

    Returns the exit status: 0 done, 1 failed. Raises ValueError for options that cannot be, OSError for a folder or a
    port that is not to be had.
    """
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    check(options)
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with _folder(options) as data, ExitStack() as parts:
            return _run(options, data, parts, err)
    except StartFailed as error:
        err.print(f"error: {error}", style="bold red", markup=False)
        return FAILED
    except Interrupted:
        err.print("stopped")
        return FAILED if options.until_alert else DONE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check(options: Options) -> None:
    """Raise ValueError or OSError for what would only fail once half of it runs."""
    clock(options.clock)
    if options.broker not in {"auto", "kafka", "mock"} and not options.broker.rpartition(":")[2].isdigit():
        raise ValueError(f"--broker {options.broker}: one of auto, kafka, mock or HOST:PORT is wanted")
    for door, port in (("vendor", options.vendor_port), ("clinic", options.clinic_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise OSError(f"--{door}-port {port}: {error.strerror}; 0 takes a free one") from error


def _run(options: Options, data: Path, parts: ExitStack, err: Console) -> int:
    began = time.monotonic()
    (data / "log").mkdir(exist_ok=True)
    place, environment = _start(options, data, parts, err)
    children = Children(environment, data / "log", lambda line: err.print(line, style="yellow", markup=False))
    parts.callback(children.stop)
    for job in _jobs(place):
        children.start(job)
    parts.callback(forget_runtime, data)
    write_runtime(data, environment, place.addresses())
    err.print(f"everything runs after {time.monotonic() - began:.1f} s")
    if not (options.demo or options.until_alert):
        _tell(place, err)
        return _tend(children, None)
    demo = Demo(place, weeks=options.weeks, seed=options.seed, until_alert=options.until_alert, err=err)
    demo.enrol()
    thread = threading.Thread(target=demo.run, name="demo", daemon=True)
    parts.callback(thread.join, 10)
    parts.callback(demo.stop.set)
    thread.start()
    deadline = time.monotonic() + options.timeout_s if options.until_alert else None
    return _tend(children, demo, deadline)


def _start(options: Options, data: Path, parts: ExitStack, err: Console) -> tuple[Place, dict[str, str]]:
    """Start log, database and mail catcher; return where everything is, and the children's environment."""
    secrets_file, secrets = _secrets(options, data)
    brokers, mock = _log(options, data, parts, err)
    dsn = _database(options, data, parts)
    for name in asyncio.run(migrate(dsn)):
        err.print(f"database: {name}", style="dim")
    mail = parts.enter_context(Mailbox(data / "mail", free_port()))
    _check_keys(dsn, secrets, clock(options.clock)())
    place = _place(options, data, brokers, dsn, secrets)
    said = {
        "kafka": brokers,
        "database": dsn,
        "bodies": str(data / "bodies"),
        "clock": options.clock,
        "vendor_port": str(place.vendor_port),
        "clinic_port": str(place.clinic_port),
        "clinic_url": f"http://{HOST}:{place.clinic_port}",
        "clinic_demo": "1",
        "clinic_unit": UNIT,
        "smtp": mail.address,
        "worker_id": "local",
        "mock_broker": "1" if mock else "0",
        **({"commit_interval_s": DEMO_COMMIT_S} if options.demo or options.until_alert else {}),
    }
    (data / "bodies").mkdir(mode=0o700, exist_ok=True)
    return place, {
        **{variable(name): text for name, text in said.items()},
        "KADENS_SECRETS_FILE": str(secrets_file),
    }


def _secrets(options: Options, data: Path) -> tuple[Path, Secrets]:
    """Return the data folder's secrets; makes them only where nothing is kept yet that others had sealed."""
    if not (data / SECRETS).exists():
        left = leftovers(data)
        if not left and options.database != "embedded" and asyncio.run(_holds_data(options.database)):
            left = "the database"
        if left:
            raise StartFailed(
                "secrets", f"{data / SECRETS} is missing, and {left} holds what only its keys can open: {BRING}"
            )
    return secrets_in(data)


async def _holds_data(dsn: str) -> bool:
    async with await open_pool(dsn, max_size=1, timeout_s=DATABASE_S) as pool, pool.connection() as conn:
        return await holds_data(conn)


def _check_keys(dsn: str, secrets: Secrets, now_ms: int) -> None:
    """Raise StartFailed unless the wrapping keys belong to the database; nothing of ours has started by then."""

    async def look() -> None:
        async with await open_pool(dsn, max_size=1, timeout_s=DATABASE_S) as pool, pool.connection() as conn:
            await check_keys(conn, secrets.wrapping_keys, now_ms, record=True)

    try:
        asyncio.run(look())
    except ForeignKeysError as error:
        raise StartFailed("secrets", str(error)) from error


def _place(options: Options, data: Path, brokers: str, dsn: str, secrets: Secrets) -> Place:
    return Place(
        data=data,
        brokers=brokers,
        dsn=dsn,
        host=HOST,
        vendor_port=options.vendor_port or free_port(),
        clinic_port=options.clinic_port or free_port(),
        secrets=secrets,
        clock=options.clock,
    )


def _log(options: Options, data: Path, parts: ExitStack, err: Console) -> tuple[str, bool]:
    """Start the log that was asked for, with its topics; return its address and whether it is the mock."""
    kind = _broker_kind(options, err)
    if kind == "mock":
        err.print("log: librdkafka's mock broker, in memory, for evaluation only", style="yellow")
        mock = parts.enter_context(MockKafka({topic.name: topic.partitions for topic in TOPICS}))
        return mock.address, True
    address = parts.enter_context(Kafka(data / "kafka")).address if kind == "kafka" else kind
    if not brokers_answering(address):
        raise StartFailed("log", f"no Kafka answers at {address}")
    create_topics(address, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS})
    err.print(f"log: Apache Kafka at {address}")
    return address, False


def _broker_kind(options: Options, err: Console) -> str:
    """Return kafka, mock or an address. A demo never waits for a download: without jars at hand it takes the mock."""
    if options.broker != "auto":
        return options.broker
    reason = kafka_available()
    at_hand = (default_cache() / f"kafka-{VERSION}").is_dir()
    if reason is None and options.demo and not at_hand:
        reason = "its jars are not here yet; --broker kafka fetches them"
    if reason is None:
        return "kafka"
    err.print(f"Apache Kafka is left out: {reason}", style="dim")
    return "mock"


def _database(options: Options, data: Path, parts: ExitStack) -> str:
    if options.database != "embedded":
        return options.database
    return parts.enter_context(Postgres(data / "pg")).create_database("kadens")


def _jobs(place: Place) -> tuple[Job, ...]:
    return (
        Job(name="vendor door", words=("door", "vendor"), ready=f"http://{HOST}:{place.vendor_port}/healthz"),
        Job(name="clinic door", words=("door", "clinic"), ready=f"http://{HOST}:{place.clinic_port}/healthz"),
        Job(name="worker", words=("worker",)),
    )


def _tend(children: Children, demo: Demo | None, deadline: float | None = None) -> int:
    """Look after the children until the demo has an answer, the deadline passes or a signal comes."""
    while True:
        children.tend()
        if demo is not None and demo.status is not None:
            return demo.status
        if deadline is not None and time.monotonic() > deadline:
            Console(stderr=True).print("no pain alert in time", style="bold red")
            return FAILED
        time.sleep(LOOK_S)


def _tell(place: Place, err: Console) -> None:
    for name, address in place.addresses().items():
        err.print(f"  {name:<12} {address}", markup=False)
    err.print("Ctrl-C stops everything")


@contextmanager
def _folder(options: Options) -> Iterator[Path]:
    """Make the data folder; a demo's own goes away at the end. Others may pass it (the database's account must)."""
    if options.data is not None or not (options.demo or options.until_alert):
        data = (options.data or Path("var")).resolve()
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    made = Path(tempfile.mkdtemp(prefix="kadens-"))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
