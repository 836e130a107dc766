"""Temporary folders of a run: in memory while it lasts; nothing is left of killed ones."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.embedded import in_memory

_NOBODYS = 2**30  # above all numbers of processes that Linux gives


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_has_a_folder_of_its_own_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path)
    monkeypatch.setattr(in_memory, "_NEEDED", 0)
    running = tmp_path / f"kadens-tests-{os.getpid()}-running"
    for folder in (running, tmp_path / f"kadens-tests-{_NOBODYS}-killed"):
        folder.mkdir()
    before = tempfile.gettempdir(), os.environ.get("TMPDIR")
    with in_memory.temporary_folders_in_memory():
        own = Path(tempfile.gettempdir())
        assert _names(tmp_path) == sorted([running.name, own.name])
        assert (os.environ["TMPDIR"], own.stat().st_mode & 0o7777) == (str(own), 0o1777)
        with in_memory.temporary_folders_in_memory():  # as in a process that the run starts
            assert Path(tempfile.gettempdir()) == own
    assert _names(tmp_path) == [running.name]
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == before


def test_where_memory_is_small_the_disk_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path)
    monkeypatch.setattr(in_memory, "_NEEDED", 2**60)
    before = tempfile.gettempdir()
    with in_memory.temporary_folders_in_memory():
        assert tempfile.gettempdir() == before
    assert _names(tmp_path) == []
