"""Recorded requests beside what is read from them: tests/data/VENDOR/CASE.

A new vendor adds folders, which `kadens record` makes.
"""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from ingest.vendors import CONNECTORS
from kadens.cli import app
from kadens.recorded.cases import expected_lines, read_case
from parsers.formats import FORMATS
from tests.rooms import ROOT
from tests.rows import values_of

_DATA = ROOT / "tests" / "data"
_CASES = sorted(values_of(_DATA.glob("*/*/request.json"), "parent"))
_BODY = (
    b'{"event": "EXERCISE", "user_id": 7, "entity_id": "x", "timestamp": "t", "url": '
    b'"https://p.example/v3/x"}'
)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_recorded_case(case: Path) -> None:
    # through JSON: what is compared is what `kadens inspect --facts` prints
    lines = orjson.loads(orjson.dumps(read_case(case).lines()))
    assert lines == expected_lines(case)


def test_every_connector_and_file_format_has_recorded_cases() -> None:
    recorded = set(values_of(_CASES, "parent.name"))
    made_by_tests = {"fit", "packed"}  # their files are written by the simulator
    assert set(values_of(CONNECTORS, "name")) <= recorded
    assert set(values_of(FORMATS, "name")) - recorded == made_by_tests


def _record(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["record", *words])
    return done.exit_code, done.stderr + done.stdout


def test_a_case_is_recorded_once_and_never_overwritten(tmp_path: Path) -> None:
    body, folder = tmp_path / "cue.json", tmp_path / "polar" / "cue"
    body.write_bytes(_BODY)
    words = [
        str(body),
        str(folder),
        "--connector",
        "polar",
        "--header",
        "X-Thing: a",
        "--query",
        "k=v",
    ]
    assert _record(*words)[0] == 0
    case = read_case(folder)
    assert (case.payload, case.context.headers, case.context.query) == (
        _BODY,
        {"x-thing": "a"},
        {"k": "v"},
    )
    fetch = {
        "account": "7", "resource": "exercise", "key": "x/t", "path": "/v3/x/fit", "query": [],
        "format": "fit", "not_before_ms": 0,
    }  # fmt: skip
    details = {
        "resource": "exercise_details", "path": "/v3/x", "query": [["samples", "true"]],
        "format": "polar",
    }  # fmt: skip
    assert expected_lines(folder) == case.lines() == [{"fetch": fetch}, {"fetch": fetch | details}]
    before = (folder / "expected.json").read_bytes()
    body.write_bytes(b"other")
    code, text = _record(*words)
    assert (code, "never overwritten" in text) == (2, True)
    assert (folder / "expected.json").read_bytes() == before


@pytest.mark.parametrize(
    ("case", "name", "kept"),
    [
        ("gpx", "walk of Test Testsson.gpx", ""),
        ("fitbit_steps", "steps-2026-09-24.json", "steps-2026-09-24.json"),
    ],
)
def test_the_name_of_a_file_is_recorded_only_where_it_is_needed(
    tmp_path: Path, case: str, name: str, kept: str
) -> None:
    path = next(path for path in _CASES if path.parent.name == case)
    body = tmp_path / name
    body.write_bytes(read_case(path).payload)
    assert _record(str(body), str(tmp_path / "case"))[0] == 0
    assert read_case(tmp_path / "case").context.filename == kept
    assert expected_lines(tmp_path / "case")


@pytest.mark.parametrize(
    "words",
    [
        ["--connector", "nobody"],
        ["--header", "Authorization: Bearer x"],
        ["--header", "no colon"],
        ["--query", "no equals sign"],
        ["--received", "99999999999999999999"],
    ],
)
def test_what_cannot_be_recorded_leaves_nothing_behind(tmp_path: Path, words: list[str]) -> None:
    body, folder = tmp_path / "body.bin", tmp_path / "case"
    body.write_bytes(b"x")
    assert _record(str(body), str(folder), *words)[0] == 2
    assert not folder.exists()
