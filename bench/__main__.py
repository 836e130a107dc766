"""`make bench`: every figure in one table, and in build/bench.json. Exits 1 when a figure is below its floor.

Arguments name the benches to run (fit, writer, pipeline, timeline); none means all. `--fit FOLDER` names the FIT
files, `--full` asks the timeline of 10 M rows, and of 100 M where KADENS_TEST_TIMESCALE names a TimescaleDB.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.postgres import temporary_postgres
from kadens.storage.migrate import migrate

from . import fit, pipeline, timeline, writer
from .row import Row

ROOT = Path(__file__).parents[1]
FIT_FILES = ROOT.parent / "shared" / "data" / "fit"
RESULT = ROOT / "build" / "bench.json"
NAMES = ("fit", "writer", "pipeline", "timeline")
TIMESCALE = "KADENS_TEST_TIMESCALE"
out = Console(width=170)  # a table is read in a file as often as in a terminal


def main() -> int:
    """Run the benches that were asked for, print the table, write the JSON; return the exit status."""
    asked = _arguments()
    benches = _benches(asked)
    rows = [row for name, bench in benches.items() if name in (asked.benches or benches) for row in bench()]
    asked.out.parent.mkdir(exist_ok=True)
    asked.out.write_bytes(orjson.dumps([row.plain() for row in rows], option=orjson.OPT_INDENT_2))
    out.print(_table(rows))
    out.print(f"written to {asked.out}")
    return 1 if any(_below(row) for row in rows) else 0


def _benches(asked: argparse.Namespace) -> dict[str, Callable[[], list[Row]]]:
    return {
        "fit": lambda: _fit(asked.fit),
        "writer": _writer,
        "pipeline": _pipeline,
        "timeline": lambda: _timeline(full=asked.full),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("benches", nargs="*", choices=[*NAMES, []], help="all when none is named")
    parser.add_argument("--fit", type=Path, default=FIT_FILES, help="folder of FIT files")
    parser.add_argument("--full", action="store_true", help="the timeline of as many rows as the goal is set for")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures go as JSON")
    return parser.parse_args()


def _fit(folder: Path) -> list[Row]:
    if not folder.is_dir():
        out.print(f"fit: left out, {folder} is not there")
        return []
    return fit.run(folder)


def _writer() -> list[Row]:
    with temporary_postgres() as server:
        dsn = server.create_database("bench")
        asyncio.run(migrate(dsn))
        return writer.run(dsn)


def _pipeline() -> list[Row]:
    reason = kafka_available()
    if reason:
        out.print(f"pipeline: left out, Apache Kafka cannot run here: {reason}")
        return []
    return pipeline.run()


def _timeline(*, full: bool) -> list[Row]:
    rows = timeline.run(timeline.FULL if full else timeline.SMALL)
    server = os.environ.get(TIMESCALE, "")
    if not server:
        out.print(f"timeline: left out on TimescaleDB, {TIMESCALE} names none")
        return rows
    return rows + timeline.run(timeline.FULL_COMPRESSED if full else timeline.SMALL_COMPRESSED, server)


def _table(rows: list[Row]) -> Table:
    table = Table("figure", "value", "unit", "ratio", "floor", "goal", "baseline")
    for row in rows:
        mark = " below the floor" if _below(row) else ""
        figures = [_text(row.ratio) + mark, _text(row.floor), _text(row.goal)]
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, *figures, row.baseline)
    return table


def _below(row: Row) -> bool:
    return row.ratio is not None and row.floor is not None and row.ratio < row.floor


def _text(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3g}"


sys.exit(main())
