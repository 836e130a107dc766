"""`kadens up`: starts log, database, doors and worker, keeps them up and stops them cleanly.

It wires processes together and has no logic of the parts. A demo plays in a thread, because only
the main thread may start and tend processes.
"""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from rich.console import Console

from kadens.clock import clock
from kadens.embedded.kafka import Kafka
from kadens.embedded.kafka_jars import VERSION, default_cache, kafka_available
from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import Postgres
from kadens.embedded.process import StartFailed
from kadens.local.children import Children, Job
from kadens.local.demo import Demo, Endpoints
from kadens.local.instance import RunsAlreadyError, held, own_folder, runs, was_killed
from kadens.local.mailbox import Mailbox
from kadens.local.prepare import logins_of, own_secrets, ready_database, ready_keys, ready_log
from kadens.local.runtime import forget_runtime, write_runtime
from kadens.local.supervise import Servers
from kadens.local.up_options import HOST, Options, check, data_folder, free_port, goes_away
from kadens.output.console import PlainConsole
from kadens.settings import Secrets, variable
from model.topics import TOPICS
from simulate.cohort import UNIT
from storage.pg.roles import ADMIN, CLINIC, FETCHER, MIGRATE, PATIENT_DOOR, WORKER

_LOOK_S = 0.1
_DONE, _FAILED = 0, 1
DEMO_COMMIT_S = "0.25"
# How long the processes of a killed `kadens up` may take to release their ports.
LEFT_BEHIND_S = 25.0


class Interrupted(Exception):  # noqa: N818 - reads as what happened
    """SIGTERM or SIGINT was received."""


def up(options: Options) -> int:
    """Run until Ctrl-C, or until the first pain alert with `until_alert`.

    Returns the exit status: 0 done, 1 failed. Raises ValueError for impossible options, and OSError
    for a folder or a port that is not available.
    """
    err = PlainConsole(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
    data = options.data or (None if goes_away(options) else Path("var"))
    if data is not None and runs(data):
        err.print(f"error: {RunsAlreadyError(data.resolve())}", style="bold red", markup=False)
        return _FAILED
    check(options, patience_s=LEFT_BEHIND_S if data is not None and was_killed(data) else 0.0)
    before = {
        number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        with data_folder(options, data) as folder, held(folder), Servers(_teller(err)) as parts:
            return _run(options, folder, parts, err)
    except (StartFailed, RunsAlreadyError) as error:
        err.print(f"error: {error}", style="bold red", markup=False)
        return _FAILED
    except Interrupted:
        err.print("stopped")
        return _FAILED if options.until_alert else _DONE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(options: Options, data: Path, parts: Servers, err: Console) -> int:
    began = time.monotonic()
    own_folder(data / "log")
    endpoints, environment, logins = _start(options, data, parts, err)
    children = Children(environment, data / "log", _teller(err))
    parts.callback(children.stop)
    for job in _jobs(endpoints, logins):
        children.start(job)
    # Registered before the file is written, so that the file is removed whatever happens.
    parts.callback(forget_runtime, data)
    migrating = {variable("database"): logins[MIGRATE]}
    write_runtime(data, environment, endpoints.addresses(), migrating)
    err.print(f"everything runs after {time.monotonic() - began:.1f} s")
    if not (options.demo or options.until_alert):
        _tell(endpoints, err)
        return _tend(parts, children, None)
    demo = Demo(
        endpoints, weeks=options.weeks, seed=options.seed, until_alert=options.until_alert, err=err
    )
    demo.enrol()
    thread = threading.Thread(target=demo.run, name="demo", daemon=True)
    # Callbacks run in reverse order: first the demo gets its stop signal, then it is joined.
    parts.callback(thread.join, 10)
    parts.callback(demo.stop.set)
    thread.start()
    deadline = time.monotonic() + options.timeout_s if options.until_alert else None
    return _tend(parts, children, demo, deadline)


def _start(
    options: Options, data: Path, parts: Servers, err: Console
) -> tuple[Endpoints, dict[str, str], Mapping[str, str]]:
    """Start log, database and mail catcher.

    Returns the endpoints, the environment of the children, and the DSN of each role.
    """
    secrets_file, secrets = own_secrets(
        data, "" if options.database == "embedded" else options.database
    )
    brokers, mock = _log(options, data, parts, err)
    database = _database(options, data, parts)
    for name in ready_database(database):
        err.print(f"database: {name}", style="dim")
    logins = logins_of(database, is_embedded=options.database == "embedded")
    dsn = logins[ADMIN]
    ready_keys(dsn, secrets.wrapping_keys, clock(options.clock)())
    mail = parts.enter_context(Mailbox(data / "mail", free_port()))
    endpoints = _endpoints(options, data, brokers, dsn, secrets)
    result = {
        **_doors(endpoints),
        "kafka": brokers,
        "database": dsn,
        "bodies": str(data / "bodies"),
        "uploads": str(data / "uploads"),
        "clock": options.clock,
        "clinic_demo": "1",
        "clinic_unit": UNIT,
        "smtp": mail.address,
        # an installation from before has no key of this kind
        "audit_heads": str(data / "audit-heads.jsonl") if secrets.audit_keys else "",
        "erasures": str(data / "erasures.jsonl") if secrets.audit_keys else "",
        "worker_id": "local",
        "mock_broker": "1" if mock else "0",
        **({"commit_interval_s": DEMO_COMMIT_S} if options.demo or options.until_alert else {}),
    }
    own_folder(data / "bodies")
    environment = {variable(name): text for name, text in result.items()}
    return endpoints, {**environment, "KADENS_SECRETS_FILE": str(secrets_file)}, logins


def _doors(endpoints: Endpoints) -> dict[str, str]:
    """Return port and address of each door, by the name of the setting."""
    ports = {
        "vendor": endpoints.vendor_port,
        "clinic": endpoints.clinic_port,
        "patient": endpoints.patient_port,
    }
    doors: dict[str, str] = {}
    for name, port in ports.items():
        doors |= {f"{name}_port": str(port), f"{name}_url": f"http://{HOST}:{port}"}
    return doors


def _endpoints(options: Options, data: Path, brokers: str, dsn: str, secrets: Secrets) -> Endpoints:
    return Endpoints(
        data=data,
        brokers=brokers,
        dsn=dsn,
        host=HOST,
        vendor_port=options.vendor_port or free_port(),
        clinic_port=options.clinic_port or free_port(),
        patient_port=options.patient_port or free_port(),
        secrets=secrets,
        clock=options.clock,
    )


def _log(options: Options, data: Path, parts: Servers, err: Console) -> tuple[str, bool]:
    """Start the chosen log with its topics; return its address and whether it is the mock."""
    kind = _broker_kind(options, err)
    if kind == "mock":
        err.print("log: librdkafka's mock broker, in memory, for evaluation only", style="yellow")
        mock = parts.enter_context(MockKafka({topic.name: topic.partitions for topic in TOPICS}))
        return mock.address, True
    address = (
        parts.keep("log", Kafka(own_folder(data / "kafka"))).address if kind == "kafka" else kind
    )
    ready_log(address)
    err.print(f"log: Apache Kafka at {address}")
    return address, False


def _broker_kind(options: Options, err: Console) -> str:
    """Return kafka, mock or an address.

    A demo never waits for a download: without jars in the cache it takes the mock.
    """
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


def _database(options: Options, data: Path, parts: Servers) -> str:
    if options.database != "embedded":
        return options.database
    return parts.keep("database", Postgres(data / "pg")).create_database("kadens")


def _jobs(endpoints: Endpoints, logins: Mapping[str, str]) -> tuple[Job, ...]:
    """Return the processes. Each has its own database role; the vendor door has no database."""
    ports = (endpoints.vendor_port, endpoints.clinic_port, endpoints.patient_port)
    vendor, clinic, patient = (f"http://{HOST}:{port}/healthz" for port in ports)
    return (
        Job(name="vendor door", words=("door", "vendor"), ready=vendor, own=_reaching("")),
        Job(
            name="clinic door",
            words=("door", "clinic"),
            ready=clinic,
            own=_reaching(logins[CLINIC]),
        ),
        Job(
            name="patient door",
            words=("door", "patient"),
            ready=patient,
            own=_reaching(logins[PATIENT_DOOR]),
        ),
        Job(name="worker", words=("worker",), own=_reaching(logins[WORKER])),
        Job(name="uploads", words=("uploads",), own=_reaching(logins[WORKER])),
        Job(name="fetcher", words=("fetcher",), own=_reaching(logins[FETCHER])),
    )


def _reaching(dsn: str) -> tuple[tuple[str, str], ...]:
    return ((variable("database"), dsn),)


def _tend(
    servers: Servers, children: Children, demo: Demo | None, deadline: float | None = None
) -> int:
    """Tend all processes until the demo has an answer, the deadline passes or a signal comes."""
    while True:
        if servers.tend():
            children.tend()
        if demo is not None and demo.status is not None:
            return demo.status
        if deadline is not None and time.monotonic() > deadline:
            Console(stderr=True).print("no pain alert in time", style="bold red")
            return _FAILED
        time.sleep(_LOOK_S)


def _tell(endpoints: Endpoints, err: Console) -> None:
    for name, address in endpoints.addresses().items():
        err.print(f"  {name:<12} {address}", markup=False)
    err.print("a patient signs in by the link of `kadens patient door-link --patient PATIENT`")
    err.print("Ctrl-C stops everything")


def _teller(err: Console) -> Callable[[str], None]:
    return lambda line: err.print(line, style="yellow", markup=False)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted
