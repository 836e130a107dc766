"""The options of `kadens up`, their checks, and its data folder. Nothing is started here."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kadens.clock import clock
from kadens.embedded.postgres_home import server_account
from kadens.local.instance import OWNER_ONLY, PASSABLE, own_folder
from kadens.local.temporary import temporary_folder
from storage.pg.pool import COMMAND, DsnError, address

HOST = "127.0.0.1"
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options. `broker` is auto, kafka, mock or HOST:PORT; `database` is embedded or a DSN.

    `data` None means a temporary folder for a demo, else ./var. Port 0 takes a free port.
    `timeout_s` bounds `until_alert` only.
    """

    demo: bool = False
    until_alert: bool = False
    timeout_s: float = 300.0
    broker: str = "auto"
    database: str = "embedded"
    data: Path | None = None
    vendor_port: int = 0
    clinic_port: int = 0
    patient_port: int = 0
    clock: str = "system"
    weeks: int = 12
    seed: int = 1


def check(options: Options, *, patience_s: float = 0.0) -> None:
    """Raise ValueError or OSError for options that would fail only after the start.

    A port may take `patience_s` seconds to become free.
    """
    _must_tell_the_time(options.clock)
    _must_be_usable(options.data)
    _must_be_broker(options.broker)
    _must_be_database(options.database)
    ports = {
        "vendor": options.vendor_port,
        "clinic": options.clinic_port,
        "patient": options.patient_port,
    }
    _must_differ(ports)
    for door, port in ports.items():
        _must_be_free(f"--{door}-port", port, patience_s)


def _must_tell_the_time(text: str) -> None:
    try:
        clock(text)()  # a file that is not there is known before anything starts
    except OSError as error:
        raise ValueError(f"--clock {text}: {error.strerror}") from error


def _must_be_broker(broker: str) -> None:
    if broker not in {"auto", "kafka", "mock"} and not broker.rpartition(":")[2].isdigit():
        raise ValueError(f"--broker {broker}: must be auto, kafka, mock or HOST:PORT")


def _must_be_database(database: str) -> None:
    if database == "embedded":
        return
    try:
        address(database, COMMAND)
    except DsnError as error:
        raise ValueError(f"--database must be embedded, or {error}") from error


def _must_differ(ports: Mapping[str, int]) -> None:
    """Raise ValueError for a port of two doors: each alone is free, and the second never starts."""
    doors: dict[int, str] = {}
    for door, port in ports.items():
        if port and port in doors:
            raise ValueError(
                f"--{doors[port]}-port and --{door}-port are both {port}: "
                "each door needs a port of its own; 0 takes a free one"
            )
        doors[port] = door


def _must_be_usable(data: Path | None) -> None:
    if data is None:
        return
    at = data.absolute()
    nearest = next(path for path in (at, *at.parents) if path.exists())
    if not nearest.is_dir():
        raise ValueError(f"--data {data}: {nearest} is no folder")


def _must_be_free(option: str, port: int, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        with socket.socket() as probe:
            # As servers do, so that connections that linger in TIME_WAIT do not block the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise OSError(
                        f"{option} {port}: {error.strerror}; 0 takes a free one"
                    ) from error
                time.sleep(_LOOK_S)
            else:
                return


def goes_away(options: Options) -> bool:
    """Return whether the data folder is removed at the end."""
    return options.data is None and (options.demo or options.until_alert)


@contextmanager
def data_folder(options: Options, data: Path | None) -> Iterator[Path]:
    """Make the data folder; the temporary folder of a demo (None) is removed at the end.

    Nobody else may read in it. Where the database runs under another account, that account must be
    able to pass. An existing folder keeps its mode.
    """
    other = options.database == "embedded" and server_account() is not None
    mode = PASSABLE if other else OWNER_ONLY
    if data is not None:
        yield (data if data.exists() else own_folder(data, mode)).resolve()
        return
    with temporary_folder(mode) as made:
        yield made


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
