"""PostgreSQL 18 on one machine, from the programs of a wheel, reached through a Unix socket only.

Authentication is `trust`. The 0700 folder of the socket is what protects the data, so the server
must never listen on TCP. Errors are logged without statements, values or key details, because those
are health data.
"""

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from kadens.embedded.postgres_home import Home, open_home
from kadens.embedded.process import (
    Child,
    StartFailed,
    end_child,
    kill,
    launch,
    plain_environment,
    wait_ready,
)

SUPERUSER = "postgres"
# Crash recovery of a large log takes long. When the program ends, waiting stops at once.
_START_SECONDS = 600.0
IN_USE_SECONDS = 15.0  # how long the last server on the folder may take to end
_STOP_SECONDS = 30.0
TOOL_SECONDS = 120.0
IN_USE = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')

# Set once, when the cluster is made. postgresql.conf and ALTER SYSTEM may change them afterwards.
TUNING: dict[str, str] = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

# for a server whose data nobody needs after a loss of power
_NOT_SYNCED = {"fsync": "off", "full_page_writes": "off"}


class Postgres:
    """A server on the folder `data`, which is created; `dsn(database)` is its connection string.

    `binaries` is the bin folder of another PostgreSQL 18. `settings` are set on the command line at
    every start (`{"shared_preload_libraries": "timescaledb"}`). Started by root, the server runs as
    the account `postgres`, or `nobody` where there is none. `postgres_home` describes where the
    data lie when that account cannot reach `data`.
    """

    def __init__(
        self, data: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.data, self.binaries, self.settings = data, binaries, dict(settings or {})
        self._home: Home | None = None
        self._child: Child | None = None

    def dsn(self, database: str = SUPERUSER) -> str:
        """Return the connection string of a database, through the Unix socket."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self._open().socket}"

    def start(self) -> None:
        """Start the server, with a new cluster if there is none, and wait until it answers.

        Only the main thread may call this (`process.launch`). Raises StartFailed with the end of
        the log.
        """
        if self._child is not None and self._child.alive():
            return
        self._home = open_home(self.data, self.binaries)
        if not self._home.cluster.exists():
            _make_cluster(self._home)
        deadline = time.monotonic() + IN_USE_SECONDS
        while not self._try_start(self._home):
            if time.monotonic() > deadline:
                raise StartFailed("postgres", f"another server runs on {self.data}", self._home.log)
            time.sleep(0.1)

    def stop(self, *, checkpoint: bool = True) -> None:
        """End the server; open connections are cut.

        Without a checkpoint it ends at once, and the next start recovers from its log.
        """
        # SIGINT is the fast shutdown and SIGQUIT the immediate one; SIGTERM would wait until every
        # client has left.
        if self._child is not None:
            first = signal.SIGINT if checkpoint else signal.SIGQUIT
            end_child(self._child, first=first, seconds=_STOP_SECONDS)
        self._child = None

    def kill(self) -> None:
        """End the postmaster by SIGKILL; its processes end too, and the next start recovers."""
        if self._child is not None:
            kill(self._child)
        self._child = None

    def exit_status(self) -> int | None:
        """Return the status of a server that has ended by itself, None while it runs."""
        return (
            None if self._child is None or self._child.alive() else self._child.process.returncode
        )

    def restart(self) -> None:
        """Start again on the same data and socket, after `stop` or `kill`."""
        self.start()

    def standby(self, data: Path) -> "Postgres":
        """Copy this running server to a new folder; the copy follows it until `promote`.

        The copy answers queries that only read. Raises StartFailed when it cannot be made.
        """
        primary, copy = self._open(), open_home(data, self.binaries)
        new = copy.empty_folder("cluster.new")
        # No sync: a copy that a power cut damages is made again.
        words: list[str | Path] = [
            "pg_basebackup",
            "-D",
            new,
            "-h",
            primary.socket,
            "-U",
            SUPERUSER,
        ]
        made = _run(copy, [*words, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"])
        if made.returncode != 0:
            raise StartFailed("postgres", f"the copy was not made: {made.stderr.strip()}")
        new.rename(copy.cluster)
        follower = Postgres(data, binaries=self.binaries, settings=self.settings)
        follower.start()
        return follower

    def promote(self) -> None:
        """Make a standby accept writes; StartFailed when it refuses."""
        home = self._open()
        made = _run(home, ["pg_ctl", "promote", "-w", "-D", home.cluster])
        if made.returncode != 0:
            raise StartFailed(
                "postgres", f"the standby was not promoted: {made.stderr.strip()}", home.log
            )

    def create_database(self, name: str) -> str:
        """Create a database unless it exists, and return its connection string."""
        home = self._open()
        argv: list[str | Path] = [
            "createdb",
            "-h",
            home.socket,
            "-U",
            SUPERUSER,
            "--maintenance-db",
            SUPERUSER,
            name,
        ]
        made = _run(home, argv)
        if made.returncode != 0 and "already exists" not in made.stderr:
            raise StartFailed("postgres", f"database {name} was not created: {made.stderr.strip()}")
        return self.dsn(name)

    def __enter__(self) -> Self:
        """Start the server; it is stopped again when it does not get ready."""
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
        """Stop the server; the data stays."""
        self.stop()

    def _open(self) -> Home:
        if self._home is None:
            raise StartFailed("postgres", "was not started")
        return self._home

    def _try_start(self, home: Home) -> bool:
        """Try to start; return False when an earlier server still holds the folder."""
        # Only lines of this start count; an older "in use" must not end it.
        before = home.log.stat().st_size if home.log.exists() else 0
        self._child = launch(
            "postgres",
            _server_words(home, self.settings),
            log=home.log,
            on_death=signal.SIGINT,
            account=home.account,
        )
        try:
            wait_ready(self._child, lambda: _ready(home, self._child), seconds=_START_SECONDS)
        except StartFailed:
            if any(words in _since(home.log, before) for words in IN_USE):
                return False
            raise
        return True


@contextmanager
def temporary_postgres(
    *,
    binaries: Path | None = None,
    settings: Mapping[str, str] | None = None,
    durable: bool = False,
) -> Iterator[Postgres]:
    """Run a server on a folder that is removed at the end, for tests; works as root too.

    With `durable` it waits for the disk as a deployed server does, which a bench needs. Otherwise
    it survives the death of its processes, and only a loss of power would cost it data.
    """
    quick = {} if durable else _NOT_SYNCED
    with TemporaryDirectory(prefix="kadens-pg-") as folder:
        Path(folder).chmod(0o711)  # the server's account must be able to pass
        server = Postgres(
            Path(folder) / "pg", binaries=binaries, settings={**quick, **(settings or {})}
        )
        server.start()
        try:
            yield server
        finally:
            # nobody reads the folder again, so a checkpoint of all databases would be for nothing
            server.stop(checkpoint=False)


def _server_words(home: Home, settings: Mapping[str, str]) -> list[str | Path]:
    words: list[str | Path] = [home.program("postgres"), "-D", home.cluster, "-k", home.socket]
    fixed = {"listen_addresses": "", "unix_socket_permissions": "0700", "port": "5432"}
    # The fixed settings come last, so that no other setting can open a TCP port.
    for name, value in {**settings, **fixed}.items():
        words += ["-c", f"{name}={value}"]
    return words


def _ready(home: Home, child: Child | None) -> bool:
    """Return whether the server is ready, by the file that pg_ctl reads as well.

    The process is in line 1 and the state in line 8. A file of an earlier server has another
    process.
    """
    try:
        lines = (home.cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    # The process number tells this start from an earlier one that was killed.
    ours = child is not None and lines[:1] == [str(child.process.pid)]
    return ours and len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - line 8


def _make_cluster(home: Home) -> None:
    """Make the cluster beside its final folder and rename it, so that it is never partial."""
    new = home.empty_folder("cluster.new")
    argv: list[str | Path] = [
        "initdb",
        "-D",
        new,
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--encoding=UTF8",
        "--no-instructions",
    ]
    # A sort order of the operating system may change with its updates and break indexes.
    argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    for name, value in TUNING.items():
        argv += ["-c", f"{name}={value}"]
    made = _run(home, argv)
    if made.returncode != 0:
        raise StartFailed("postgres", f"initdb failed: {made.stderr.strip()}")
    new.rename(home.cluster)


def _run(home: Home, argv: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's account."""
    account = home.account
    return subprocess.run(  # noqa: S603 - argv is ours, no shell
        [home.program(str(argv[0])), *argv[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=TOOL_SECONDS,
        cwd="/",
        env=plain_environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _since(log: Path, position: int) -> str:
    with log.open("rb") as file:
        file.seek(position)
        return file.read().decode(errors="replace")
