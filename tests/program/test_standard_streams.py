"""A standard stream that nobody reads any more, or that was closed before the program began."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulate.fit_writer import Recording, write_activity

_BEGIN_MS = 1_763_974_800_000
_SECONDS = 20_000  # more output than a pipe holds
_ENVIRONMENT = {"PATH": "/usr/bin:/bin"}  # no installation is named


def test_who_has_read_enough_sees_no_error(tmp_path: Path) -> None:
    t = _BEGIN_MS + np.arange(_SECONDS, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(_SECONDS, 120.0)}
    recording = Recording(start_ms=_BEGIN_MS, end_ms=int(t[-1]) + 1000, t=t, columns=columns)
    (tmp_path / "long.fit").write_bytes(write_activity(recording))
    argv = [sys.executable, "-m", "kadens", "inspect", str(tmp_path / "long.fit"), "--facts"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline().startswith(b'{"account":')
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == 141


def _closed(stream: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with one of its streams closed, as a shell does with `<&-`."""
    script = f'exec "$@" {stream}'
    argv = ["sh", "-c", script, "sh", sys.executable, "-m", "kadens", *words]
    return subprocess.run(argv, capture_output=True, text=True, env=_ENVIRONMENT, check=False)


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (("inspect", "-"), 1, "problem at @0: the file is empty"),
        (("record", "-", "{0}/case"), 0, "recorded"),
        (("erase", "--patient", "p", "--data", "{0}"), 2, "nothing runs on {0}"),
        (("patient", "identity", "--patient", "p", "--data", "{0}"), 2, "nothing runs on {0}"),
    ],
)
def test_without_an_input_it_is_empty(
    tmp_path: Path, words: tuple[str, ...], code: int, line: str
) -> None:
    done = _closed("<&-", *(word.format(tmp_path) for word in words))
    assert done.returncode == code, done.stderr
    assert line.format(tmp_path) in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stream", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"), [(("consent", "--help"), 0), (("patient", "list", "--data", "{0}"), 2)]
)
def test_without_an_output_the_code_is_the_same(
    tmp_path: Path, words: tuple[str, ...], code: int, stream: str
) -> None:
    done = _closed(stream, *(word.format(tmp_path) for word in words))
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
