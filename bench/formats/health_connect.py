"""A Health Connect export against SQLite itself, which gives the rows of the same tables to Python.

`select *` walks every column of these tables, the cutter those that it needs.
"""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.row import Row
from model.received import Context
from parsers.health_connect.cutting import cut_health_connect
from parsers.health_connect.health_connect import read_health_connect
from simulate.exports.health_connect import CarriedDays, export_of

ALL_DAYS, FEW_DAYS = 600, 3
_FIRST_MS = 1_700_006_400_000
_ROUNDS = 3
_CONTEXT = Context(connector="files")
_TABLES = (
    *("application_info_table", "device_info_table", "steps_record_table"),
    *("heart_rate_record_table", "heart_rate_record_series_table"),
    *("exercise_session_record_table", "exercise_segments_table"),
)


def bare_rows(path: Path) -> None:
    """Let SQLite give each row of the tables that are read."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    for table in _TABLES:
        for _ in connection.execute(f"select * from {table}"):  # noqa: S608 - names of ours
            pass
    connection.close()


def cut_export(path: Path) -> None:
    """Cut an export into pieces."""
    with path.open("rb") as file:
        for _ in cut_health_connect(file):
            pass


def export_to_facts(path: Path) -> None:
    """Cut an export into pieces, and read each of them."""
    with path.open("rb") as file:
        for piece in cut_health_connect(file):
            list(read_health_connect(piece, _CONTEXT))


def run(days: int) -> list[Row]:
    """Return the speed of cutting and reading an export of so many days, as ratios to SQLite's."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.db"
        export_of(CarriedDays(first_ms=_FIRST_MS, days=days)).write(path)
        size = path.stat().st_size
        seconds = [_in_turn(path) for _ in range(_ROUNDS)]
    bare, cut, read = map(min, zip(*seconds, strict=True))
    baseline = f"select * of the same tables, {size / bare / 1e6:.0f} MB/s"
    return [
        _row("Health Connect export to pieces", size, cut, bare / cut, 0.2, baseline),
        _row("Health Connect export to facts", size, read, bare / read, 0.15, baseline),
    ]


def _in_turn(path: Path) -> list[float]:
    """Return the seconds of each way. In turn, so that a busy machine slows all of them."""
    return [_seconds(work, path) for work in _WORKS]


def _row(name: str, size: int, took: float, ratio: float, floor: float, baseline: str) -> Row:
    return Row(
        name=name, value=size / took / 1e6, unit="MB/s", baseline=baseline, ratio=ratio,
        floor=floor, goal=1.0,
    )  # fmt: skip


_WORKS: tuple[Callable[[Path], None], ...] = (bare_rows, cut_export, export_to_facts)


def _seconds(work: Callable[[Path], None], path: Path) -> float:
    begun = time.process_time()
    work(path)
    return time.process_time() - begun
