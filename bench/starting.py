"""The CPU time that a command takes to start, beside an interpreter that only imports numpy.

CPU time and not wall time is measured, because other work on the machine does not change it.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.row import Row
from simulate.fit_writer import Recording, write_activity

FULL, TINY = 7, 2  # runs of each; the median counts
NUMPY = ("-c", "import numpy")
HELP_S, INSPECT_S = 0.3, 0.5  # CPU seconds that a person does not wait for
_BEGIN_MS, _SAMPLES = 1_763_974_800_000, 600
# Byte code may be cached, as it is where a program is installed.
UNCACHED = "PYTHONDONTWRITEBYTECODE"


def run(rounds: int) -> list[Row]:
    """Return the CPU seconds of `kadens --help` and of `kadens inspect` of a small file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "walk.fit"
        path.write_bytes(_small_file())
        numpy_s = _cpu_seconds(NUMPY, rounds)
        help_s = _cpu_seconds(("-m", "kadens", "--help"), rounds)
        inspect_s = _cpu_seconds(("-m", "kadens", "inspect", str(path)), rounds)
    return [
        Row(name="python -c 'import numpy'", value=numpy_s, unit="CPU s", baseline=""),
        _row("kadens --help", help_s, numpy_s, HELP_S),
        _row("kadens inspect, 10 minutes", inspect_s, numpy_s, INSPECT_S),
    ]


def _row(name: str, seconds: float, numpy_s: float, most_s: float) -> Row:
    """Return a figure; its ratio is the limit over the figure, so that 1 is the floor."""
    return Row(
        name=name,
        value=seconds,
        unit="CPU s",
        baseline=f"at most {most_s:g} CPU s; {seconds / numpy_s:.1f} times import numpy",
        ratio=most_s / seconds,
        floor=1.0,
    )


def _cpu_seconds(words: Sequence[str], rounds: int) -> float:
    """Return the median CPU seconds of an interpreter, after a run that fills the caches."""
    _timed_run(words)
    return statistics.median(_timed_run(words) for _ in range(rounds))


def _timed_run(words: Sequence[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != UNCACHED}
    before = _children_s()
    subprocess.run(
        [sys.executable, *words], check=True, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return _children_s() - before


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _small_file() -> bytes:
    t = _BEGIN_MS + np.arange(_SAMPLES, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(_SAMPLES, 120.0)}
    end_ms = _BEGIN_MS + _SAMPLES * 1000
    return write_activity(Recording(start_ms=_BEGIN_MS, end_ms=end_ms, t=t, columns=columns))
