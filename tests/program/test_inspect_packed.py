"""`kadens inspect` shows packed files of any size, member by member, and says what it left out."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from parsers.packing import zips
from parsers.packing.other_files import NOT_READ
from parsers.packing.streams import DAMAGED
from tests.parsers.packing.zip_files import flagged_zip, tcx_run, zipped

_A, _B = ("a.tcx", tcx_run(1)), ("anna.tcx", tcx_run(2))
_NOTE = ("anna.txt", b"a note")


def _inspect(path: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["inspect", str(path), *words])
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("content", "code", "starts", "rejects"),
    [
        (zipped(_A, _NOTE, _B), 0, ["01", "02"], [("[1]", NOT_READ)]),
        (zipped(_A, _B)[:-40], 0, ["01", "02"], [("@0", zips.NO_DIRECTORY)]),
        (zipped(_A, _B)[:220], 0, ["01"], [("@0", zips.NO_DIRECTORY), ("[0]", DAMAGED)]),
        (flagged_zip(zipped(_A), flag=1), 1, [], [("[0]", zips.ENCRYPTED)]),
        (zipped(), 1, [], [("@0", "a packed file without a file in it")]),
        (b"", 1, [], [("@0", "the file is empty")]),
    ],
    ids=["whole", "without its directory", "cut off", "encrypted", "empty zip", "empty"],
)
def test_each_fact_is_a_line_and_what_is_left_out_has_its_reason(
    tmp_path: Path, content: bytes, code: int, starts: list[str], rejects: list[tuple[str, str]]
) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    exit_code, text = _inspect(path, "--facts")
    lines: list[dict[str, Any]] = list(map(json.loads, text.splitlines()))
    assert [line["start"][8:10] for line in lines if "start" in line] == starts
    refused = [line["reject"] for line in lines if "reject" in line]
    # the reader of a member that is cut off has a word of its own
    assert {(reject["where"], reject["why"]) for reject in refused} >= set(rejects)
    assert len(refused) == len(rejects) + (DAMAGED in str(rejects))
    assert exit_code == code
    assert "anna" not in text


def test_the_summary_is_that_of_all_members(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped(_A, _NOTE, _B))
    code, text = _inspect(path, "--json")
    summary = json.loads(text)
    assert code == 0
    assert (summary["format"], summary["complete"]) == ("packed", True)
    assert [workout["start"][:10] for workout in summary["workouts"]] == [
        "2026-09-01",
        "2026-09-02",
    ]
    assert summary["problems"] == [{"where": "[1]", "offset": None, "reason": NOT_READ}]
