"""A program whose output nobody reads any more ends without a word, as with `| head -n 1`."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from simulate.fit_writer import Recording, write_activity

_BEGIN_MS = 1_763_974_800_000
_SECONDS = 20_000  # more output than a pipe holds


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
