"""`make bench` prints its figures and writes them to a file, one row a figure.

The file has the shape that other programs read.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from bench.auditing.figures_page import (
    FIGURES_BEGIN,
    FIGURES_END,
    PAGE,
    figures_block,
    with_figures,
)
from ingest.vendors import CONNECTORS
from kadens.embedded.kafka_jars import kafka_available
from simulate.fit_writer import Recording, write_activity
from tests.rooms import ROOT
from tests.rows import cells_of

BenchRows: TypeAlias = list[dict[str, Any]]
# What the names of a bench's rows begin with.
_ROWS: dict[str, tuple[str, ...]] = {
    "fit": ("FIT",),
    "doors": ("door p99, ",),
    "letters": ("dead letters: ",),
    "patient_page": ("patient of ",),
    "policies": ("worklist of ",),
    "audit": ("audit log of ",),
    "writer": ("writer, facts in, ",),
    "again": ("writer, the same ", "run of "),
    "growth": ("history of ", "worker with "),
    "timeline": ("timeline of ", "bands of a patient-year "),
}
# The benches of each program: less than a program of all could outlast the time of a test.
_TOGETHER = (
    ("fit", "doors", "letters", "patient_page", "policies", "audit"),
    ("writer", "again", "growth", "timeline"),
)
RunBenches: TypeAlias = Callable[[tuple[str, ...]], tuple[BenchRows, str]]
_FIELDS = {"name", "value", "unit", "baseline", "ratio", "floor", "goal"}
_MISSING = kafka_available()


def bench(folder: Path, *words: str) -> tuple[BenchRows, str]:
    """Run the program and return its rows and its printed output.

    The program must exit with 1 exactly when a figure is below its floor.
    """
    result = folder / "bench.json"
    argv = [sys.executable, "-m", "bench", *words, "--tiny", "--out", str(result)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode in {0, 1}, done.stderr
    rows = json.loads(result.read_bytes())
    below = [row for row in rows if row["floor"] is not None and row["ratio"] < row["floor"]]
    assert done.returncode == int(bool(below))
    assert all(set(row) == _FIELDS for row in rows)
    return rows, done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> RunBenches:
    """Give what runs several benches in a program, once: to start it is much of what a bench costs.

    Their FIT files are two recordings, of a minute and of a hundred.
    """
    folder = tmp_path_factory.mktemp("bench")
    for n, seconds in enumerate((60, 6_000)):
        t = 1_763_974_800_000 + np.arange(seconds, dtype=np.int64) * 1000
        columns = {"heart_rate": np.full(seconds, 120.0), "speed": np.full(seconds, 2.5)}
        recording = Recording(start_ms=int(t[0]), end_ms=int(t[-1]) + 1000, t=t, columns=columns)
        (folder / f"{n}.fit").write_bytes(write_activity(recording))
    return cache(lambda names: bench(folder, *names, "--fit", str(folder)))


@pytest.fixture
def rows(request: pytest.FixtureRequest, program: RunBenches) -> BenchRows:
    """Give the rows of the benches that a test names, in the order in which they are printed."""
    together = next(names for names in _TOGETHER if set(request.param) <= set(names))
    return [row for row in program(together)[0] if row["name"].startswith(_begin(request.param))]


def _begin(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(chain.from_iterable(_ROWS[name] for name in names))


def of_benches(*names: str) -> pytest.MarkDecorator:
    """Give a test the rows of these benches."""
    return pytest.mark.parametrize("rows", [names], ids=["+".join(names)], indirect=True)


@pytest.mark.parametrize("names", _TOGETHER, ids=cells_of(_TOGETHER, 0))
def test_each_row_is_of_a_bench_that_was_asked_for(
    program: RunBenches, names: tuple[str, ...]
) -> None:
    rows, _ = program(names)
    assert [row["name"] for row in rows if not row["name"].startswith(_begin(names))] == []


@of_benches("fit")
def test_the_figures_are_written_as_json_and_printed(rows: BenchRows, program: RunBenches) -> None:
    assert len(rows) == 4
    _, printed = program(_TOGETHER[0])
    for row in rows:
        assert row["name"] in printed


@of_benches("doors")
def test_each_connectors_answer_is_timed_beside_a_handler_that_only_appends(
    rows: BenchRows,
) -> None:
    assert [row["name"] for row in rows] == [f"door p99, {row.name}" for row in CONNECTORS]
    assert all(row["value"] > 0 for row in rows)


@of_benches("letters")
def test_the_questions_about_dead_letters_are_timed(rows: BenchRows) -> None:
    assert [row["name"].removeprefix("dead letters: ") for row in rows] == [
        "counts",
        "list, newest 50",
        "list, a class and connector",
        "show one",
        "retry one",
        "drop one",
    ]


@of_benches("patient_page")
def test_the_pages_of_a_patient_are_timed_and_their_statements_counted(rows: BenchRows) -> None:
    assert [row["name"] for row in rows] == [
        f"patient of 28 days: {what}" for what in ("page", "summary", "summary as PDF", "session")
    ]
    assert all(" statements, " in row["baseline"] for row in rows)


@of_benches("policies")
def test_the_cost_of_the_policies_is_measured_beside_a_database_without(rows: BenchRows) -> None:
    (row,) = rows
    assert row["name"] == "worklist of 20 patients: rows of the database, with policies"
    assert row["baseline"].startswith("without policies ")


@of_benches("audit")
def test_the_cost_of_the_audit_log_is_measured_and_written_down(rows: BenchRows) -> None:
    assert [
        (row["name"].removeprefix("audit log of 2,000 rows: "), row["floor"]) for row in rows
    ] == [
        ("written and linked", None),
        ("verified", 1.0),
        ("verified, beside read only", None),
        ("its cost for a list of sessions", None),
        ("its cost for the page of a patient", None),
    ]
    page = with_figures(f"a\n{FIGURES_BEGIN}old\n{FIGURES_END}z\n", figures_block(rows))
    assert page.startswith(f"a\n{FIGURES_BEGIN}| figure |")
    assert page.endswith(f"\n{FIGURES_END}z\n")
    assert page.count("| audit log of 2,000 rows: ") == 5


def test_the_figures_of_the_audit_log_in_the_docs_are_of_a_million_rows() -> None:
    table = PAGE.read_text(encoding="utf-8").partition(FIGURES_BEGIN)[2].partition(FIGURES_END)[0]
    assert table.startswith("| figure | value | ratio | baseline |\n")
    assert table.count("| audit log of 1,000,000 rows: ") == 5


@of_benches("writer", "again", "growth")
def test_the_derive_step_alone_gives_its_figures(rows: BenchRows) -> None:
    bounds = [(row["name"], row["floor"]) for row in rows if row["floor"] is not None]
    assert bounds == [
        ("writer, facts in, rows committed", 0.85),
        ("writer, the same facts sent again", 5.0),
        ("run of 1 Hz workouts delivered again", 5.0),
        ("run of 1 Hz workouts sent again", 5.0),
        ("run of 1 min background delivered again", 5.0),
        ("run of 1 min background sent again", 5.0),
        ("history of 1 day, 3 days: a block of 60 samples", 1 / 1.2),
        ("history of 1 day, 3 days: a sample", 1 / 1.2),
        ("history of 3 days: memory to derive every day of it anew", 1.0),
        ("worker with 1 patients, 2 patients: a block of 60 samples", 1 / 1.2),
        ("worker with 1 patients, 2 patients: a sample", 1 / 1.2),
    ]


@of_benches("timeline")
def test_a_year_of_one_patient_gives_its_figures(rows: BenchRows) -> None:
    assert cells_of(rows[:2], "floor") == [1.0, None]
    assert rows[0]["name"] == "timeline of a year, 1 M rows, plain PostgreSQL"


@pytest.mark.kafka
@pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))
def test_the_whole_pipeline_gives_its_figures(tmp_path: Path) -> None:
    rows, _ = bench(tmp_path, "pipeline", "latency", "importing", "soak", "large_push")
    bounds = [(row["name"], row["floor"]) for row in rows if row["floor"] is not None]
    assert bounds == [
        ("pipeline from the door, workouts", 0.4),
        ("pipeline from the door, days", 0.4),
        ("pipeline from the door, mixed", 0.4),
        ("session, workout at the door to session, p99", 1.0),
        ("alert, report at the door to alert, p99", 1.0),
        ("session of others while an export is imported, p99", 1 / 1.5),
        ("worker while an export is imported, peak of memory", 1.0),
        ("push of 1 MB, peak of the vendor door", 1.0),
        ("push of 1 MB, peak of the worker", 1.0),
        ("push of 1 MB, peak of the reader", 1.0),
        ("worker memory over 15 minutes of 2 live patients", 1 / 1.1),
    ]
    stored = {
        row["name"]: row["baseline"]
        for row in rows
        if row["name"].startswith("pipeline from the door")
    }
    assert "binary COPY of the same 2," in stored["pipeline from the door, days"]
    costs = [row["name"] for row in rows if row["unit"] == "samples/CPU-s"]
    assert {"worker", "PostgreSQL", "broker (JVM)"} <= {
        name.split(",")[0].strip() for name in costs
    }


@pytest.mark.kafka
@pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))
def test_pages_are_timed_while_watches_send_and_judging_is_counted(tmp_path: Path) -> None:
    rows, _ = bench(tmp_path, "panel")
    names = cells_of(rows, "name")
    assert names[0] == "page under load, p99: worklist"
    assert names[-1] == "judging 4 patients in one round"
    assert len(names) == 10 + 1
    assert all(" 2 pages of " in row["baseline"] for row in rows[:-1])
    assert rows[-1]["baseline"].endswith(" statements a patient")
