"""Cohorts are made and scored by the commands, and a cohort that is wrong is refused plainly."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.rooms import ROOT
from tests.until import until

_KADENS = ROOT / ".venv" / "bin" / "kadens"


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_KADENS, *words], capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "cohort"
    options = ("--patients", "4", "--weeks", "7", "--scenario", "drop_out", "--until", "2026-10-18")
    done = _run("simulate", "--out", str(folder), *options, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["patients"] == 4
    return folder


def test_a_cohort_of_people_who_stop_is_found_to_stop(cohort: Path) -> None:
    details = cohort.parent / "details.json"
    done = _run("score", str(cohort), "--json", "--details", str(details))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures) == [
        "sensitivity",
        "sensitivity_by_event",
        "false_per_patient_week",
        "false_per_patient_year",
        "from_missing_data",
        "median_delay_days",
        "ppv_by_rule",
        "alerts_per_clinician_day",
        "sessions",
    ]
    assert list(figures["sessions"]) == ["found", "boundary_p95_s", "zone_error_minutes_p95"]
    assert figures["sensitivity"] == 1.0
    assert set(figures["sensitivity_by_event"]) <= {"interruption", "low_adherence"}
    every = json.loads(details.read_text())
    assert (every["false"], every["missed"], every["from_missing_data"]) == ([], [], 0)
    assert {name: every[name] for name in list(figures)[:-1]} == {
        name: figures[name] for name in list(figures)[:-1]
    }
    assert figures["sessions"]["found"] == 1.0
    assert figures["sessions"]["boundary_p95_s"] == 0


_TWO_PARTS = """
import sys
from pathlib import Path
from kadens.scoring.cohort_reading import read_cohort
from kadens.scoring.dividing import divide
from kadens.scoring.side_by_side import play_parts
if __name__ == "__main__":
    play_parts(divide(read_cohort(Path(sys.argv[1])), 2), 2)
"""


def test_who_kills_a_score_ends_all_of_it(cohort: Path, tmp_path: Path) -> None:
    """Each part has a process and a database of its own, and none of them outlives the command."""
    (tmp_path / "score.py").write_text(_TWO_PARTS, encoding="utf-8")
    argv = [sys.executable, str(tmp_path / "score.py"), str(cohort)]
    # a short one: the socket of a database lies in it
    with TemporaryDirectory(prefix="score-") as name:
        mine, own = Path(name), {"TMPDIR": name, "PYTHONPATH": str(ROOT)}
        mine.chmod(0o711)  # the database's account must be able to pass
        with subprocess.Popen(argv, env={**os.environ, **own}) as score:
            until(lambda: _running(mine, b"/bin/postgres") == len(("part 1", "part 2")))
            score.kill()
        until(lambda: _running(mine) == 0)


def _running(folder: Path, name: bytes = b"") -> int:
    """Return how many processes use a folder and have a name in their command line."""
    count, mark = 0, str(folder).encode()
    for process in Path("/proc").glob("[0-9]*"):
        # it may have ended meanwhile
        with suppress(OSError):
            line = (process / "cmdline").read_bytes()
            is_marked = mark in line or mark in (process / "environ").read_bytes()
            count += is_marked and name in line
    return count


def test_every_sign_of_a_heart_is_told_of_where_the_rules_are_on(tmp_path: Path) -> None:
    folder, details = tmp_path / "hearts", tmp_path / "details.json"
    options = ("--patients", "5", "--weeks", "6", "--seed", "4", "--scenario", "heart")
    made = _run("simulate", "--out", str(folder), *options, "--until", "2026-11-22")
    assert made.returncode == 0, made.stderr
    done = _run("score", str(folder), "--json", "--details", str(details))
    assert done.returncode == 0, done.stderr
    signs = {"above_ceiling", "resting_rise", "resting_high", "weight_gain", "heart_symptom"}
    by_event = json.loads(done.stdout)["sensitivity_by_event"]
    assert {name: by_event.get(name) for name in signs} == dict.fromkeys(signs, 1.0)
    every = json.loads(details.read_text())
    assert (every["missed"], every["false"]) == ([], [])


def test_a_folder_that_is_not_empty_is_left_alone(cohort: Path) -> None:
    done = _run("simulate", "--out", str(cohort))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not empty: choose a new one" in done.stderr


def test_a_file_in_place_of_a_folder_is_left_alone(cohort: Path) -> None:
    done = _run("simulate", "--out", str(cohort / "cohort.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "cohort.json is no folder" in done.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--until", "0001-01-03"), "'--until': must be between the years 1990 and 2090"),
        (("--until", "9999-12-31"), "'--until': must be between the years 1990 and 2090"),
        (("--until", "2026-02-30"), "'--until': must be a date, such as 2026-11-22"),
        (("--weeks", "1"), "'--weeks': must be at least 6"),
        (("--weeks", "521"), "'--weeks': must be at most 520"),
        (("--patients", "some"), "'--patients': must be a whole number"),
        (("--seed", "-1"), "'--seed': must be at least 0"),
    ],
)
def test_what_makes_no_cohort_is_refused_plainly(
    tmp_path: Path, words: tuple[str, ...], refusal: str
) -> None:
    done = _run("simulate", "--out", str(tmp_path / "new"), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert refusal in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_file_for_details_is_never_written_over(cohort: Path) -> None:
    done = _run("score", str(cohort), "--details", str(cohort / "cohort.json"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "must be a new file" in done.stderr.replace("\n", " ")


def _without_head(folder: Path) -> None:
    (folder / "cohort.json").unlink()


def _other_version(folder: Path) -> None:
    head = json.loads((folder / "cohort.json").read_text())
    (folder / "cohort.json").write_text(json.dumps({**head, "version": 2}))


def _no_json(folder: Path) -> None:
    (folder / "truth.jsonl").write_text("{}\n{")


def _unknown_field(folder: Path) -> None:
    (folder / "truth.jsonl").write_text('{"secret":1}\n')


def _outside(folder: Path) -> None:
    (folder / "patients.jsonl").write_text('{"patient":"p","zone":"UTC"}')
    line = {"received": 0, "connector": "files", "patient": "p", "body": "../../etc/passwd"}
    (folder / "deliveries.jsonl").write_text(json.dumps(line) + "\n")


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (_without_head, "error: {0}/cohort.json: No such file or directory"),
        (_other_version, "cohort.json: version must be at most 1"),
        (_no_json, "truth.jsonl, line 2:"),
        (_unknown_field, "truth.jsonl, line 1: secret is not known"),
        (_outside, "deliveries.jsonl, line 1: body is no file of the cohort"),
    ],
)
def test_a_cohort_that_is_wrong_is_refused(
    tmp_path: Path, breaks: Callable[[Path], None], words: str
) -> None:
    head = {"version": 1, "begins": 0, "ends": 1}
    (tmp_path / "cohort.json").write_text(json.dumps(head))
    for name in ("patients", "deliveries", "truth"):
        (tmp_path / f"{name}.jsonl").write_text("")
    breaks(tmp_path)
    done = _run("score", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert words.format(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
