"""FIT decoding against fitparse, value for value, on real files in an interleaved run.

Both check the checksum, read developer fields and expand components. Files that fitparse refuses
are left out. `run(folder)` takes any folder of `.fit` files, and `python -m bench.fit FOLDER`
prints the rows.
"""

import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fitparse

from bench.row import Row
from parsers.fit import FitError, decode

_LARGE = 20_000
_ROUNDS = 3
HOT = (
    *("timestamp", "heart_rate", "cadence", "enhanced_speed", "distance"),
    *("power", "enhanced_altitude", "temperature"),
)


@dataclass(slots=True, kw_only=True)
class Sums:
    """Seconds over all files of a size class."""

    files: int = 0
    size: int = 0
    messages: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        """Add the time of a file."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


def ours_hot(data: bytes) -> list[Any]:
    """Decode the columns that sessions and zones are made of."""
    record = decode(data, messages={"record"})["record"]
    return list(map(record.numbers, HOT))


def ours_all(data: bytes) -> dict[str, Any]:
    """Decode every field of every message."""
    return decode(data, positions=True).materialise()


def theirs(data: bytes) -> int:
    """Decode with fitparse, which reads every field of every message in any case.

    Its values are not collected.
    """
    return sum(1 for _ in fitparse.FitFile(io.BytesIO(data)).get_messages())


def _time(work: Callable[[bytes], Any], data: bytes, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        begun = time.perf_counter()
        work(data)
        best = min(best, time.perf_counter() - begun)
    return best


def measure(folder: Path) -> dict[str, Sums]:
    """Time every file in turn: the best of three runs of ours, and a single run of fitparse."""
    classes = {"large": Sums(), "small": Sums()}
    for path in sorted(folder.rglob("*.fit")):
        data = path.read_bytes()
        try:
            messages = decode(data).messages
            seconds = _time(theirs, data, 1)
        except (FitError, fitparse.FitParseError):
            continue
        sums = classes["large" if len(data) > _LARGE else "small"]
        sums.files += 1
        sums.size += len(data)
        sums.messages += messages
        sums.add("theirs", seconds)
        sums.add("hot", _time(ours_hot, data, _ROUNDS))
        sums.add("all", _time(ours_all, data, _ROUNDS))
    return classes


def run(folder: Path) -> list[Row]:
    """Return the figures: hot columns and all messages, over large and small files.

    The list is empty without files.
    """
    classes = measure(folder)
    plan = (
        ("FIT hot columns, files > 20 kB", "large", "hot", 150.0, 250.0),
        ("FIT all messages, files > 20 kB", "large", "all", 60.0, 100.0),
        ("FIT hot columns, files up to 20 kB", "small", "hot", 20.0, 40.0),
        ("FIT all messages, files up to 20 kB", "small", "all", 20.0, 40.0),
    )
    return [
        Row(
            name=name,
            value=sums.size / sums.seconds[what] / 1e6,
            unit="MB/s",
            baseline=f"fitparse 1.2.0, all messages, {sums.files} files, {sums.messages} messages",
            ratio=sums.seconds["theirs"] / sums.seconds[what],
            floor=floor,
            goal=goal,
        )
        for name, size_class, what, floor, goal in plan
        if (sums := classes[size_class]).files
    ]


def _main() -> None:
    """Print the rows for a folder."""
    for row in run(Path(sys.argv[1])):
        print(
            f"{row.name:40} {row.value:8.1f} {row.unit}  {row.ratio:7.1f}x  floor "
            f"{row.floor:g} goal {row.goal:g}"
        )


if __name__ == "__main__":
    _main()
