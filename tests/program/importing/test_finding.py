"""Which files paths name: each once, whatever links there are, and why one cannot be read."""

import os
from pathlib import Path

from kadens.importing.finding import NOT_ORDINARY, given_files


def _given(*paths: Path) -> list[tuple[str, bool, str]]:
    return [(file.path.name, file.named, file.why) for file in given_files(paths)]


def test_a_file_that_is_named_and_lies_in_a_folder_is_there_once(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/z.fit", "a.fit", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link.fit").symlink_to(tmp_path / "a.fit")
    assert _given(tmp_path / "c.txt", tmp_path) == [
        ("c.txt", True, ""),
        ("a.fit", False, ""),
        ("z.fit", False, ""),
    ]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "back").symlink_to(tmp_path)
    (tmp_path / "x" / "self").symlink_to(tmp_path / "x" / "self")
    (tmp_path / "x" / "run.fit").write_bytes(b"x")
    assert _given(tmp_path) == [
        ("run.fit", False, ""),
        ("self", False, "Too many levels of symbolic links"),
    ]


def test_what_cannot_be_read_has_its_reason(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert _given(tmp_path / "pipe", tmp_path / "none.fit") == [
        ("pipe", True, NOT_ORDINARY),
        ("none.fit", True, "No such file or directory"),
    ]
