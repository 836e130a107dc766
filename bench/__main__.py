"""`make bench` prints every figure in one table and writes build/bench.json.

Exits 1 when a figure is below its floor.

Arguments name the benches to run; without arguments all of them run. `--fit FOLDER` names the FIT
files. `--full` runs the timeline with 10 M rows, and with 100 M where KADENS_TEST_TIMESCALE names a
TimescaleDB. `--tiny` takes sizes that only show that a bench works: its figures mean nothing.

`--beside FOLDER` runs the same benches in the checkout of another commit, by turns, and prints each
figure before and now. With `--at-once` both run at the same time, each on a half of the cores.
Exits 1 when a figure is more than a tenth worse.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench import (
    again,
    apple,
    fit,
    growth,
    importing,
    latency,
    letters,
    pipeline,
    soak,
    starting,
    timeline,
    writer,
)
from bench.auditing.log_cost import FULL_LOG, TINY_LOG, run_log_cost
from bench.beside import TENTH_WORSE, CheckoutError, Compared, run_beside
from bench.doors import FULL_DOORS, TINY_DOORS, run_doors
from bench.fetching import FULL_FETCHING, TINY_FETCHING, run_fetching
from bench.formats import health_connect
from bench.pages.panel import FULL_PANEL, TINY_PANEL, run_panel
from bench.pages.patient_page import FULL_DAYS, TINY_DAYS, run_patient_page
from bench.pages.policies import FULL_LIST, TINY_LIST, run_policies
from bench.pushes import FULL_PUSH, TINY_PUSH, run_large_push
from bench.row import Row
from kadens.embedded.kafka_jars import kafka_available
from kadens.embedded.postgres import temporary_postgres
from storage.pg.migrate import migrate

_ROOT = Path(__file__).parents[1]
FIT_FILES = _ROOT.parent / "shared" / "data" / "fit"
RESULT = _ROOT / "build" / "bench.json"
TINY_ROUNDS = 2
THOUSAND = 1000
_TIMESCALE = "KADENS_TEST_TIMESCALE"
out = Console(width=190)  # a table is read in a file as often as in a terminal
err = Console(stderr=True)


def _main() -> int:
    """Run the requested benches, print the table, write the JSON and return the exit status."""
    arguments = _arguments()
    if arguments.beside:
        return _beside(arguments)
    rows: list[Row] = []
    for name in BENCHES:
        if name in (arguments.benches or BENCHES):
            rows += _timed(name, arguments)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_bytes(
        orjson.dumps([row.plain() for row in rows], option=orjson.OPT_INDENT_2)
    )
    out.print(_table(rows))
    out.print(f"written to {arguments.out}")
    return 1 if any(map(_below, rows)) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    names = f"of {', '.join(BENCHES)}; all when none is named"
    parser.add_argument("benches", nargs="*", type=_known_bench, metavar="NAME", help=names)
    parser.add_argument("--fit", type=Path, default=FIT_FILES, help="folder of FIT files")
    parser.add_argument(
        "--full", action="store_true", help="the timeline of as many rows as the goal is set for"
    )
    parser.add_argument("--tiny", action="store_true", help="as little as shows that it works")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the figures go as JSON")
    parser.add_argument(
        "--beside", type=Path, metavar="FOLDER", help="checkout of another commit, to compare with"
    )
    parser.add_argument("--turns", type=int, default=2, help="of each checkout, with --beside")
    parser.add_argument(
        "--at-once",
        action="store_true",
        help="with --beside, for a machine whose speed changes: each on a half of the cores",
    )
    arguments = parser.parse_args()
    if arguments.turns < 1:
        parser.error("--turns must be at least 1")
    if arguments.at_once and not arguments.beside:
        parser.error("--at-once needs --beside: there is nothing else to run at the same time")
    return arguments


def _known_bench(name: str) -> str:
    """Return a name of a bench; a plain error for any other."""
    if name not in BENCHES:
        known = ", ".join(BENCHES)
        raise argparse.ArgumentTypeError(f"no bench is called {name!r}; there are {known}")
    return name


def _beside(arguments: argparse.Namespace) -> int:
    """Compare with another checkout, print the table and return the exit status."""
    sizes = [word for word in ("full", "tiny") if getattr(arguments, word)]
    options = ["--fit", str(arguments.fit), *(f"--{word}" for word in sizes)]
    try:
        compared = run_beside(
            arguments.beside,
            _ROOT,
            arguments.benches or list(BENCHES),
            options,
            arguments.turns,
            at_once=arguments.at_once,
        )
    except CheckoutError as error:
        err.print(f"error: {error}")
        return 1
    if not compared:
        err.print("there is no figure that both checkouts measure")
    out.print(_beside_table(compared))
    return 1 if any(row.times_better < TENTH_WORSE for row in compared) else 0


def _timed(name: str, namespace: argparse.Namespace) -> list[Row]:
    missing = kafka_available() if name in ON_KAFKA else None
    if missing:
        err.print(f"{name}: left out, Apache Kafka cannot run here: {missing}")
        return []
    begun = time.perf_counter()
    rows = BENCHES[name](namespace)
    err.print(f"{name}: {time.perf_counter() - begun:.0f} s")
    return rows


def _fit(namespace: argparse.Namespace) -> list[Row]:
    if not namespace.fit.is_dir():
        err.print(f"fit: left out, {namespace.fit} is not there")
        return []
    return fit.run(namespace.fit)


def _writer(namespace: argparse.Namespace) -> list[Row]:
    with temporary_postgres(durable=True) as server:
        dsn = server.create_database("bench")
        asyncio.run(migrate(dsn))
        return writer.run(dsn, TINY_ROUNDS if namespace.tiny else writer.ROUNDS)


def _timeline(namespace: argparse.Namespace) -> list[Row]:
    plain, compressed = timeline.SIZES[
        "full" if namespace.full else "tiny" if namespace.tiny else "small"
    ]
    rows, server = timeline.run(plain), os.environ.get(_TIMESCALE, "")
    if not server:
        err.print(f"timeline: left out on TimescaleDB, {_TIMESCALE} names none")
        return rows
    return rows + timeline.run(compressed, server)


_Bench = Callable[[argparse.Namespace], list[Row]]
BENCHES: dict[str, _Bench] = {
    "fit": _fit,
    "health_connect": lambda value: health_connect.run(
        health_connect.FEW_DAYS if value.tiny else health_connect.ALL_DAYS
    ),
    "apple": lambda value: apple.run(apple.TINY_MIB if value.tiny else apple.FULL_MIB),
    "writer": _writer,
    "again": lambda value: again.run(again.TINY if value.tiny else again.FULL),
    "pipeline": lambda value: pipeline.run(pipeline.TINY if value.tiny else pipeline.FULL),
    "growth": lambda value: growth.run(growth.TINY if value.tiny else growth.FULL),
    "latency": lambda value: latency.run(latency.TINY if value.tiny else latency.FULL),
    "importing": lambda value: importing.run(importing.TINY if value.tiny else importing.FULL),
    "large_push": lambda value: run_large_push(TINY_PUSH if value.tiny else FULL_PUSH),
    "soak": lambda value: soak.run(soak.TINY if value.tiny else soak.FULL),
    "timeline": _timeline,
    "starting": lambda value: starting.run(starting.TINY if value.tiny else starting.FULL),
    "fetching": lambda value: run_fetching(TINY_FETCHING if value.tiny else FULL_FETCHING),
    "doors": lambda value: run_doors(TINY_DOORS if value.tiny else FULL_DOORS),
    "patient_page": lambda value: run_patient_page(TINY_DAYS if value.tiny else FULL_DAYS),
    "panel": lambda value: run_panel(TINY_PANEL if value.tiny else FULL_PANEL),
    "policies": lambda value: run_policies(TINY_LIST if value.tiny else FULL_LIST),
    "letters": lambda value: letters.run(letters.TINY if value.tiny else letters.FULL),
    "audit": lambda value: run_log_cost(TINY_LOG if value.tiny else FULL_LOG),
}
# the mock forgets what it cannot hold
ON_KAFKA = frozenset({"pipeline", "latency", "importing", "panel", "soak", "large_push"})


def _table(rows: list[Row]) -> Table:
    table = Table("figure", "value", "unit", "ratio", "floor", "goal", "baseline")
    for row in rows:
        mark = " below the floor" if _below(row) else ""
        figures = [_text(row.ratio) + mark, _text(row.floor), _text(row.goal)]
        table.add_row(row.name, _number(row.value), row.unit, *figures, row.baseline)
    return table


def _beside_table(compared: list[Compared]) -> Table:
    table = Table("figure", "before", "now", "unit", "times better")
    for row in compared:
        mark = " more than a tenth worse" if row.times_better < TENTH_WORSE else ""
        better = f"{row.times_better:.2f}{mark}"
        table.add_row(row.name, _number(row.before), _number(row.now), row.unit, better)
    return table


def _below(row: Row) -> bool:
    return row.ratio is not None and row.floor is not None and row.ratio < row.floor


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= THOUSAND else f"{value:.3g}"


def _text(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3g}"


sys.exit(_main())
