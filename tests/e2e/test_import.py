"""`kadens import` that is killed and run again stores what an undisturbed one does."""

import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from simulate.fit_writer import Recording, write_activity
from storage.pg.roles import ADMIN
from tests.e2e.conftest import Running
from tests.until import until

_RUNS = 60
_BEGIN_MS = 1_763_974_800_000
_DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a zip in a folder: a run a day, one of them in a zip of its own, and a note."""
    folder = tmp_path_factory.mktemp("export")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("0.fit", _run(0))
    with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("note.txt", "a note")
        for number in range(1, _RUNS):
            archive.writestr(f"{number}.fit", _run(number))
    return folder


def _run(number: int) -> bytes:
    begin = _BEGIN_MS + number * _DAY_MS
    t = begin + np.arange(600, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(600, 100.0 + number)}
    return write_activity(Recording(start_ms=begin, end_ms=begin + 600_000, t=t, columns=columns))


def _patient(running: Running) -> str:
    patient = running.asks("patient", "add").strip()
    running.asks("consent", "give", "--patient", patient, "--source", "files")
    return patient


def _import(running: Running, export: Path, patient: str) -> dict[str, Any]:
    text = running.kadens("import", str(export), "--patient", patient, "--json")
    summary: dict[str, Any] = json.loads(text)
    return summary


def _kept(running: Running, patient: str) -> int:
    question = (
        "select count(*) from body b join patient p on p.id = b.patient where p.pseudonym = %s"
    )
    with psycopg.connect(running.runtime["environment"]["KADENS_DATABASE"]) as conn:
        conn.execute(f"set role {ADMIN}")
        row = conn.execute(question, [patient]).fetchone()
    return int(row[0]) if row else 0


def _killed(running: Running, export: Path, patient: str, at_least: int) -> None:
    """Import, and kill the program once so many files are stored."""
    words = ["import", str(export), "--patient", patient, "--data", str(running.data)]
    with subprocess.Popen([sys.executable, "-m", "kadens", *words]) as program:
        until(lambda: _kept(running, patient) >= at_least or program.poll() is not None)
        program.kill()
    assert program.returncode < 0


def _sessions(running: Running, patient: str, expected: int) -> list[dict[str, Any]]:
    """Return the patient's sessions without what names them, once there is one of each run."""
    words = ("sessions", "--patient", patient, "--limit", "200", "--format", "json")
    rows: list[dict[str, Any]] = []

    def are_there() -> bool:
        rows[:] = json.loads(running.asks("query", *words))["sessions"]
        return len(rows) == expected

    until(are_there, tell=lambda: f"{len(rows)} sessions")
    return [{**row, "id": "", "session": ""} for row in rows]


def test_an_import_that_is_killed_twice_and_run_again_stores_what_an_undisturbed_one_does(
    running: Running, export: Path
) -> None:
    calm, killed = _patient(running), _patient(running)
    summary = _import(running, export, calm)
    assert (summary["new"], summary["known"], summary["waiting"]) == (_RUNS, 0, 0)
    assert summary["left_out"] == {"not a file format that is read": 1}
    _killed(running, export, killed, 5)
    _killed(running, export, killed, 15)
    rest = _import(running, export, killed)
    assert rest["new"] + rest["known"] == _RUNS
    assert rest["known"] >= 15
    assert _kept(running, killed) == _RUNS
    # A session is there before its samples are: both are equal once everything is derived.
    until(lambda: _sessions(running, killed, _RUNS) == _sessions(running, calm, _RUNS))
    again = _import(running, export, killed)
    assert (again["new"], again["known"]) == (0, _RUNS)


def _contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_drop_folder_is_emptied_into_done_and_refused(running: Running, tmp_path: Path) -> None:
    patient, silent = _patient(running), running.asks("patient", "add").strip()
    for name, content in (
        (f"{patient}/run.fit", _run(3)),
        (f"{patient}/letter.txt", b"dear clinician"),
        (f"{silent}/run.fit", _run(3)),
        ("run.fit", _run(4)),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    words = ("watch", str(tmp_path), "--once", "--settle", "0.2", "--poll", "0.2")
    running.kadens(*words)
    assert _contents(tmp_path) == sorted(
        [
            f"{patient}/done/run.fit",
            f"{patient}/refused/letter.txt",
            f"{patient}/refused/letter.txt.txt",
            f"{silent}/refused/run.fit",
            f"{silent}/refused/run.fit.txt",
            "refused/run.fit",
            "refused/run.fit.txt",
        ]
    )
    why = (tmp_path / f"{silent}/refused/run.fit.txt").read_text(encoding="utf-8")
    assert why.startswith("refused: the patient does not consent to files")
    assert _kept(running, patient) == 1
    running.kadens(*words)
    assert _kept(running, patient) == 1


def test_a_folder_whose_files_stay(running: Running, tmp_path: Path) -> None:
    patient = _patient(running)
    (tmp_path / "run.fit").write_bytes(_run(5))
    words = ("watch", str(tmp_path), "--patient", patient, "--leave", "--once", "--settle", "0.2")
    for _ in range(2):
        running.kadens(*words, "--poll", "0.2")
        assert _contents(tmp_path) == ["run.fit"]
        assert _kept(running, patient) == 1


@pytest.fixture
def _ctrl_c_arrives() -> Iterator[None]:
    """Let programs hear SIGINT, also where the tests themselves were started without it.

    A signal that its parent ignores is ignored by a program, one that its parent handles is not.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_arrives")
def test_ctrl_c_ends_an_import_with_what_was_done(running: Running, export: Path) -> None:
    patient = _patient(running)
    words = ["import", str(export), "--patient", patient, "--json", "--data", str(running.data)]
    argv = [sys.executable, "-m", "kadens", *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        until(lambda: _kept(running, patient) > 0 or program.poll() is not None)
        program.send_signal(signal.SIGINT)
        text, _ = program.communicate(timeout=60)
    summary = json.loads(text)
    assert (program.returncode, summary["stopped"]) == (130, "interrupted")
    assert 1 <= summary["new"] < _RUNS
