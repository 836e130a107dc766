"""The file of the list of erasures is there from the first backup on, and a lost one is noticed."""

import stat
from pathlib import Path

import pytest

from kadens.backup.erasure_file import begin_erasure_list, read_erasures
from kadens.backup.sealed_files import BackupError
from model.keyring import KeyRing

_KEYS = KeyRing.single(b"\x05" * 32)


def test_a_list_that_has_begun_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "erasures.jsonl"
    begin_erasure_list(path)
    assert read_erasures(path, _KEYS) == ()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_list_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "erasures.jsonl"
    path.write_text("a line\n", encoding="utf-8")
    begin_erasure_list(path)
    assert path.read_text(encoding="utf-8") == "a line\n"


def test_a_list_that_is_lost_is_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="No such file or directory: nothing was restored"):
        read_erasures(tmp_path / "erasures.jsonl", _KEYS)


def test_a_list_without_its_folder_makes_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="No such file or directory: no backup was made"):
        begin_erasure_list(tmp_path / "gone" / "erasures.jsonl")
