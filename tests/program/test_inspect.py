"""`kadens inspect --json` as a program reads it: its shape, zones of real files, damaged files."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from kadens.cli import app
from model.intensity import ZONES
from simulate.fit_writer import Recording, write_activity
from tests.on_purpose import CHANGED_ROWS, tab_separated
from tests.rooms import SHARED
from tests.rows import values_of

_ORACLE = SHARED / "oracles" / "fit_time_in_zone.tsv"
_FIGURES = ("start_ms", "elapsed_ms", "paused_ms", "hr_samples", *values_of(ZONES, "value"))
needs_files = pytest.mark.skipif(
    not _ORACLE.exists(), reason=f"the oracle {_ORACLE.name} is not beside this checkout"
)


def inspect(path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["inspect", str(path), "--json", *words])
    loads: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, loads


def oracle() -> dict[str, list[dict[str, str]]]:
    files: dict[str, list[dict[str, str]]] = {}
    for row in tab_separated(_ORACLE):
        files.setdefault(row["file"], []).append(row)
    return files


def _figures(workout: dict[str, Any]) -> dict[str, int]:
    start = datetime.fromisoformat(workout["start"])
    return {
        "start_ms": round(start.timestamp() * 1000),
        "elapsed_ms": workout["elapsed_ms"],
        "paused_ms": workout["paused_ms"],
        "hr_samples": workout["heart_rate"]["n"],
        **workout["zones_ms"],
    }


def expected_figures(row: dict[str, str]) -> dict[str, int]:
    """Return what a row of the oracle says, or what stands in its place on purpose."""
    known = {"elapsed_ms": row["length_ms"], "paused_ms": "0", **row}
    changed = CHANGED_ROWS.get((row["file"], row["session"]), known)
    return {name: int(changed[name]) for name in _FIGURES}


@needs_files
@pytest.mark.parametrize(("file", "rows"), oracle().items(), ids=list(oracle()))
def test_zones_of_real_files_are_equal_to_the_millisecond(
    file: str, rows: list[dict[str, str]]
) -> None:
    code, report = inspect(SHARED / "fit" / file, "--hr-rest", "60", "--hr-max", "190")
    assert code == 0
    assert len(report["workouts"]) == len(rows)
    for row, workout in zip(rows, report["workouts"], strict=True):
        if row["jump"] == "0":
            assert _figures(workout) == expected_figures(row)


@needs_files
def test_a_pause_only_takes_time_away() -> None:
    """Each row that differs by its pauses lost exactly the paused time, from whatever zone."""
    rows = {(row["file"], row["session"]): row for row in tab_separated(_ORACLE)}
    differing = {key: row for key, row in CHANGED_ROWS.items() if row["why"] == "paused"}
    assert len(differing) == 20
    for key, row in differing.items():
        lost = [int(rows[key][zone.value]) - int(row[zone.value]) for zone in ZONES]
        assert min(lost) >= 0
        assert sum(lost) == int(row["paused_ms"]) > 0


def test_a_jump_counts_in_no_zone_as_in_the_worker(tmp_path: Path) -> None:
    start = 1_763_974_800_000  # a full UTC hour
    t = start + np.arange(60, dtype=np.int64) * 1000
    rate = np.where(np.arange(60) == 30, 200.0, 120.0)
    path = tmp_path / "spike.fit"
    path.write_bytes(
        write_activity(
            Recording(start_ms=start, end_ms=start + 60_000, t=t, columns={"heart_rate": rate})
        )
    )
    _, report = inspect(path, "--hr-rest", "60", "--hr-max", "190")
    (workout,) = report["workouts"]
    assert workout["zones_ms"] == {
        **dict.fromkeys(values_of(ZONES, "value"), 0),
        "moderate": 60_000,
    }
    assert (workout["heart_rate"]["n"], workout["heart_rate"]["max"]) == (60, 200)


def test_an_unreadable_file_says_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "letter.fit"
    path.write_bytes(b"dear clinician")
    code, report = inspect(path)
    assert code == 1
    assert report["sha256"] == hashlib.sha256(b"dear clinician").hexdigest()
    assert (report["format"], report["complete"], report["workouts"], report["samples"]) == (
        None,
        False,
        [],
        {},
    )
    assert report["problems"] == [
        {
            "where": "@0",
            "offset": 0,
            "reason": "not a file format that is read",
        }
    ]


def test_a_path_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["inspect", str(tmp_path / "none.fit")]).exit_code == 2


@pytest.mark.parametrize("zone", ["Mars/Base", "localtime", "Factory", "right/Europe/Paris"])
def test_a_zone_in_which_nobody_lives_is_wrong_use(tmp_path: Path, zone: str) -> None:
    path = tmp_path / "any.fit"
    path.write_bytes(b"")
    done = CliRunner().invoke(app, ["inspect", str(path), "--zone", zone])
    assert (done.exit_code, "--zone must be an IANA time zone" in done.output) == (2, True)


_BOUNDS = "must be above 20 and at most 250"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        *(
            (("--hr-max", text), f"--hr-max {_BOUNDS}")
            for text in ("-5", "20", "251", "nan", "inf")
        ),
        *((("--hr-rest", text), f"--hr-rest {_BOUNDS}") for text in ("-60", "nan")),
        (("--hr-max", "190", "--hr-rest", "5"), f"--hr-rest {_BOUNDS}"),
        (("--hr-max", "60", "--hr-rest", "190"), "--hr-rest must be below --hr-max"),
        (("--hr-max", "60", "--hr-rest", "60"), "--hr-rest must be below --hr-max"),
    ],
)
def test_a_rate_that_no_profile_has_is_wrong_use(
    tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    path = tmp_path / "any.fit"
    path.write_bytes(b"")
    done = CliRunner().invoke(app, ["inspect", str(path), *words])
    assert (done.exit_code, done.output) == (2, f"error: {why}\n")
