"""Folders that killed demos left behind are removed, and nothing else is."""

import fcntl
import os
from pathlib import Path

import pytest

from kadens.local.instance import LOCK, held
from kadens.local.temporary import DEMO_PREFIX, remove_dead_folders, temporary_folder


def demo_folder(parent: Path, name: str) -> Path:
    folder = parent / f"{DEMO_PREFIX}{name}"
    (folder / "pg").mkdir(parents=True)
    (folder / "pg" / "table").write_bytes(b"rows")
    (folder / LOCK).write_text("4711")
    return folder


def test_the_folder_of_a_dead_demo_is_removed(tmp_path: Path) -> None:
    folder = demo_folder(tmp_path, "dead")
    remove_dead_folders(tmp_path)
    assert not folder.exists()


def test_the_folder_of_a_running_demo_stays(tmp_path: Path) -> None:
    folder = demo_folder(tmp_path, "runs")
    with held(folder):
        remove_dead_folders(tmp_path)
        assert (folder / "pg" / "table").exists()
    remove_dead_folders(tmp_path)
    assert not folder.exists()


def test_the_folder_of_a_demo_that_starts_stays(tmp_path: Path) -> None:
    folder = demo_folder(tmp_path, "starts")
    (folder / LOCK).write_text("")
    remove_dead_folders(tmp_path)
    assert folder.exists()
    (folder / LOCK).unlink()
    remove_dead_folders(tmp_path)
    assert folder.exists()


def test_folders_of_other_names_stay(tmp_path: Path) -> None:
    folder = demo_folder(tmp_path, "x").rename(tmp_path / "kadens-data")
    remove_dead_folders(tmp_path)
    assert folder.exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    data = demo_folder(tmp_path, "x").rename(tmp_path / "data")
    temp = tmp_path / "temp"
    temp.mkdir()
    (temp / f"{DEMO_PREFIX}link").symlink_to(data)
    locked = temp / f"{DEMO_PREFIX}lock"
    locked.mkdir()
    (locked / LOCK).symlink_to(data / LOCK)
    remove_dead_folders(temp)
    assert (data / "pg" / "table").exists()
    assert locked.exists()


def test_folders_of_another_user_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = demo_folder(tmp_path, "theirs")
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    remove_dead_folders(tmp_path)
    assert folder.exists()


def test_a_demo_removes_dead_folders_first_and_its_own_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = demo_folder(tmp_path, "dead")
    with temporary_folder(0o700) as folder, (folder / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not dead.exists()
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []
