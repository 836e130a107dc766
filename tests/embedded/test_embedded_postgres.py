"""The embedded PostgreSQL keeps what was committed, whatever kills it and whoever runs it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from kadens.embedded import postgres_home
from kadens.embedded.postgres import TUNING, Postgres, temporary_postgres
from kadens.embedded.postgres_home import bundled_binaries
from kadens.embedded.process import StartFailed
from tests.until import until

_DEADLINE = 60.0
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another account")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder any account can pass; pytest's own is closed to others."""
    with TemporaryDirectory(prefix="kadens-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _answer(dsn: str, question: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def _run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_it_is_tuned_and_reached_only_through_its_socket() -> None:
    with temporary_postgres() as server:
        dsn = server.create_database("kadens")
        assert dsn == server.create_database("kadens") == server.dsn("kadens")
        assert str(_answer(dsn, "SHOW server_version")).startswith("18.")
        for name, value in {**TUNING, "listen_addresses": ""}.items():
            assert _answer(dsn, f"SHOW {name}") == value
        assert (
            _answer(dsn, "SELECT datcollate || datlocale FROM pg_database WHERE datname='kadens'")
            == "CC.UTF-8"
        )
        folder = server.data / "socket"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_committed_row_survives_kill_9() -> None:
    with temporary_postgres() as server:
        dsn = server.create_database("kadens")
        _run(dsn, "CREATE TABLE t AS SELECT 42 AS x")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            _answer(dsn, "SELECT 1")
        server.restart()
        assert server.dsn("kadens") == dsn
        assert _answer(dsn, "SELECT x FROM t") == 42


def test_a_killed_server_with_a_busy_backend_comes_back() -> None:
    with temporary_postgres() as server:
        dsn = server.create_database("kadens")
        busy = psycopg.connect(dsn)
        busy.execute("CREATE TABLE t AS SELECT 1 AS x")
        server.kill()
        server.restart()
        busy.close()
        assert _answer(dsn, "SELECT to_regclass('t') IS NULL") is True


def test_a_standby_takes_over_with_all_that_was_committed(open_folder: Path) -> None:
    """Synchronous, so a commit that was answered is on the standby too."""
    with Postgres(open_folder / "first") as first:
        _run(first.dsn(), "create table t (n int)")
        with first.standby(open_folder / "second") as second:
            _run(first.dsn(), "alter system set synchronous_standby_names = '*'")
            _run(first.dsn(), "select pg_reload_conf()")
            state = "select sync_state from pg_stat_replication"
            until(lambda: _answer(first.dsn(), state) == "sync", seconds=_DEADLINE)
            _run(first.dsn(), "insert into t select generate_series(1, 1000)")
            first.kill()
            assert _answer(second.dsn(), "select pg_is_in_recovery()") is True
            second.promote()
            _run(second.dsn(), "insert into t values (1001)")
            assert _answer(second.dsn(), "select count(*) from t") == 1001


def test_errors_are_logged_without_values() -> None:
    with temporary_postgres() as server:
        dsn = server.create_database("kadens")
        _run(dsn, "CREATE TABLE t (pain text PRIMARY KEY)")
        _run(dsn, "INSERT INTO t VALUES ('nine-of-ten')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            _run(dsn, "INSERT INTO t VALUES ('nine-of-ten')")
        log = (server.data / "postgres.log").read_text()
        assert "duplicate key" in log
        assert "nine-of-ten" not in log


def test_the_data_outlives_the_object(open_folder: Path) -> None:
    with Postgres(open_folder / "pg") as first:
        _run(first.create_database("kadens"), "CREATE TABLE t AS SELECT 42 AS x")
    with Postgres(open_folder / "pg", settings={"work_mem": "9MB"}) as second:
        assert _answer(second.dsn("kadens"), "SELECT x FROM t") == 42
        assert _answer(second.dsn(), "SHOW work_mem") == "9MB"


def test_a_long_path_moves_the_socket(open_folder: Path) -> None:
    data = open_folder / ("long" * 30)
    with Postgres(data) as server:
        socket = Path(server.dsn().partition("host=")[2])
        assert not socket.is_relative_to(data)
        assert _answer(server.dsn(), "SELECT 1") == 1
    socket.rmdir()


def test_bad_settings_quote_the_log(open_folder: Path) -> None:
    server = Postgres(open_folder / "pg", settings={"shared_preload_libraries": "no_such_library"})
    with pytest.raises(StartFailed, match=r"(?s)postgres: ended with status 1.*no_such_library"):
        server.start()


def test_a_folder_in_use_is_an_error(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kadens.embedded.postgres.IN_USE_SECONDS", 0.0)
    with Postgres(open_folder / "pg") as first:
        with pytest.raises(StartFailed, match="another server runs on"):
            Postgres(open_folder / "pg").start()
        assert _answer(first.dsn(), "SELECT 1") == 1


def test_not_started_is_an_error(open_folder: Path) -> None:
    with pytest.raises(StartFailed, match="was not started"):
        Postgres(open_folder / "pg").dsn()


@as_root
def test_below_a_closed_folder_the_data_lie_elsewhere(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "_ELSEWHERE", open_folder / "lib")
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with Postgres(closed / "var" / "pg") as server:
            assert _answer(server.dsn(), "SELECT 1") == 1
    assert (closed / "var" / "pg").resolve() == next((open_folder / "lib").iterdir())
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_a_closed_folder_is_refused_and_left_closed(tmp_path: Path) -> None:
    closed = tmp_path / "pg"
    closed.mkdir(mode=0o700)
    with pytest.raises(StartFailed, match=r"the account .* cannot reach"):
        Postgres(closed).start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_programs_in_a_closed_folder_are_copied(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    package = bundled_binaries().parents[1]
    shutil.copytree(package / "pginstall18", closed / package.name / "pginstall18")
    shutil.copytree(package.with_name(package.name + ".libs"), closed / f"{package.name}.libs")
    monkeypatch.setattr(
        postgres_home, "bundled_binaries", lambda: closed / package.name / "pginstall18" / "bin"
    )
    with Postgres(open_folder / "pg") as server:
        assert _answer(server.dsn(), "SELECT 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_server_outlives_its_parent(open_folder: Path, how: signal.Signals) -> None:
    program = (
        "import sys, signal; from pathlib import Path\n"
        "from kadens.embedded.postgres import Postgres\n"
        "with Postgres(Path(sys.argv[1])) as p: print(p.dsn(), flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(open_folder / "pg")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        dsn = parent.stdout.readline().strip()
        assert _answer(dsn, "SELECT 1") == 1
        parent.send_signal(how)
    running = open_folder / "pg" / "cluster" / "postmaster.pid"
    until(lambda: not running.exists(), seconds=_DEADLINE)
