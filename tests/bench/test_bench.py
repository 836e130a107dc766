"""`make bench` prints and writes what it says: one row a figure, in the shape that other programs read."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from kadens.simulate.fit_writer import Recording, write_activity

ROOT = Path(__file__).parents[2]
FIELDS = {"name", "value", "unit", "baseline", "ratio", "floor", "goal"}


def test_the_figures_are_written_as_json(tmp_path: Path) -> None:
    for n, seconds in enumerate((60, 6_000)):
        t = 1_763_974_800_000 + np.arange(seconds, dtype=np.int64) * 1000
        columns = {"heart_rate": np.full(seconds, 120.0), "speed": np.full(seconds, 2.5)}
        recording = Recording(start_ms=int(t[0]), end_ms=int(t[-1]) + 1000, t=t, columns=columns)
        (tmp_path / f"{n}.fit").write_bytes(write_activity(recording))
    result = tmp_path / "bench.json"
    words = [sys.executable, "-m", "bench", "fit", "--fit", str(tmp_path), "--out", str(result)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    rows = json.loads(result.read_bytes())
    assert done.returncode in {0, 1}, done.stderr
    assert [set(row) for row in rows] == [FIELDS] * 4
    assert all(row["name"] in done.stdout for row in rows)
    assert done.returncode == int(any(row["ratio"] < row["floor"] for row in rows))
