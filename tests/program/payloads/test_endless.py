"""A device without an end is refused in a line, and a pipe is read like a file."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kadens import bounded_files
from kadens.bounded_files import bounded_copy
from kadens.cli import app
from kadens.commands import inspecting, sending
from kadens.fetching import connecting
from kadens.privacy import commands, consent_text_commands
from kadens.scoring import cohort_reading
from kadens.scoring.cohort_reading import CohortError

_ENDLESS = "/dev/zero"
_BODY = b'{"dailies":[]}'
_MANIFEST = {"zone": "UTC", "now": 1_764_057_600_000}


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound what may be of any size, so that the test needs no memory."""
    for module in (bounded_files, inspecting):
        for name in ("MOST_STREAMED", "MOST_PAYLOAD"):
            monkeypatch.setattr(module, name, 4096)
    monkeypatch.setattr(sending, "MOST_PAYLOAD", 4096)
    monkeypatch.setattr(commands, "LARGEST_RIGHTS_FILE", 4096)


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output.replace("\n", " ")


def _manifest_of(folder: Path, connector: str) -> str:
    body = {"path": _ENDLESS, "connector": connector, "received": 1}
    path = folder / "manifest.json"
    path.write_text(json.dumps({**_MANIFEST, "bodies": [body]}), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (lambda _: ("derive", _ENDLESS), "67,108,864"),
        (lambda folder: ("derive", _manifest_of(folder, "files")), "4,096"),
        (lambda folder: ("derive", _manifest_of(folder, "polar")), "4,096"),
        (lambda _: ("inspect", _ENDLESS), "4,096"),
        (lambda _: ("inspect", _ENDLESS, "--connector", "garmin"), "4,096"),
        (lambda folder: ("record", _ENDLESS, str(folder / "case")), "4,096"),
    ],
)
def test_a_device_without_an_end_is_wrong_use(
    tmp_path: Path, words: Callable[[Path], tuple[str, ...]], most: str
) -> None:
    code, text = _run(*words(tmp_path))
    assert (code, text.endswith(f"/dev/zero: longer than {most} bytes ")) == (2, True), text
    assert not (tmp_path / "case").exists()


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (sending.body_of, ": longer than 4,096 bytes"),
        (connecting._answer, ": longer than 65,536 bytes"),
        (consent_text_commands._content, " must have 1 to 20,000 characters"),
        (commands._content, " is larger than the door hands over"),
    ],
)
def test_what_other_commands_read_has_a_bound_too(
    read: Callable[[Path], object], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        read(Path(_ENDLESS))
    assert f"{_ENDLESS}{why}" in capsys.readouterr().err.replace("\n", " ")


def test_so_has_a_file_of_a_cohort() -> None:
    with pytest.raises(CohortError, match="longer than 4,096 bytes"):
        cohort_reading._bytes_of(Path(_ENDLESS))


@contextmanager
def _pipe(content: bytes) -> Iterator[str]:
    """Give the name of a pipe, as a shell does with `<(command)`."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    with _pipe(_BODY) as path:
        assert _run("inspect", path, "--connector", "garmin")[0] == 0
    with _pipe(b"junk") as path:
        assert "not a file format that is read" in _run("inspect", path)[1]
    with _pipe(_BODY) as path:
        case = str(tmp_path / "case")
        assert _run("record", path, case, "--connector", "garmin")[0] == 0
    with _pipe(json.dumps(_MANIFEST).encode()) as path:
        assert _run("derive", path)[0] == 0


def test_a_file_on_a_desk_may_have_any_size(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"junk" * 4096)
    assert "not a file format that is read" in _run("inspect", str(path))[1]


def test_what_is_just_within_the_bound_is_read() -> None:
    assert bounded_copy(BytesIO(b"1234"), 4).getvalue() == b"1234"
    with pytest.raises(OSError, match="longer than 3 bytes"):
        bounded_copy(BytesIO(b"1234"), 3)
