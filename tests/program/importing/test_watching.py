"""When a folder is looked at: at once after a change, and where no change is told, now and then."""

import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kadens.cli import app
from kadens.importing.drop_folder import DropFolder, OwnerRule
from kadens.importing.watching import _looks, _watched

_LONG_S = 300.0  # a test that waited for the next look by itself would not end


def test_a_change_is_seen_without_waiting_for_the_next_look(tmp_path: Path) -> None:
    """The folder below is made while it is watched, as a phone does with its first export."""
    looks = _looks(tmp_path, _LONG_S, _LONG_S)
    next(looks)
    inside = tmp_path / "p-1"
    seen = threading.Event()

    def put() -> None:
        number = 0
        inside.mkdir()
        # again and again: the watch begins a moment after it was asked for
        while not seen.wait(0.05):
            (inside / f"{number}.fit").write_bytes(b"x")
            number += 1

    writer = threading.Thread(target=put)
    writer.start()
    try:
        next(looks)
    finally:
        seen.set()
        writer.join()
    assert list(inside.iterdir())


def test_a_folder_of_which_no_change_is_told_is_looked_at_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_args: object, **_more: object) -> None:
        raise OSError("no more watches")

    waited: list[float] = []
    monkeypatch.setattr("watchfiles.watch", refuses)
    monkeypatch.setattr("kadens.importing.watching.time.sleep", waited.append)
    looks = _looks(tmp_path, 10.0, 5.0)
    for _ in range(3):
        next(looks)
    assert waited == [5.0, 5.0]


@pytest.mark.parametrize(
    ("by", "patient", "words"),
    [
        (OwnerRule.FOLDER, "", "files are put in as {0}/PATIENT/FILE"),
        (OwnerRule.NAME, "", "files are put in as {0}/PATIENT_FILE"),
        (OwnerRule.NAME, "p-9", "all files are of p-9"),
    ],
)
def test_what_is_watched_is_said(tmp_path: Path, by: OwnerRule, patient: str, words: str) -> None:
    drop = DropFolder(folder=tmp_path, by=by, patient=patient, settle_s=5.0)
    expected = f"watching {tmp_path}, at least every 10 s: {words.format(tmp_path)}"
    assert _watched(drop, 10.0) == expected


def test_a_rule_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["watch", str(tmp_path), "--by", "what"])
    assert done.exit_code == 2
    error = "Error: Invalid value for '--by': 'what' is not one of 'folder', 'name'."
    assert done.stderr.splitlines()[-1] == error
