"""The CPU-seconds and resident memory of the processes of a stage, read from /proc.

It starts and stops nothing. Without /proc the answers are empty.
"""

import os
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# name -> what its command line holds
_NAMES: dict[str, bytes] = {
    "vendor door": b"kadens\0door\0vendor",
    "worker": b"kadens\0worker",
    "broker (JVM)": b"kafka.Kafka",
    "PostgreSQL": b"postgres",
}


class Process(NamedTuple):
    """A line of /proc/PID/stat: parent, ticks and resident pages.

    The ticks include those of children that have ended.
    """

    parent: int
    own: int
    buried: int
    pages: int


def cpu_seconds() -> dict[str, float]:
    """Return the CPU-seconds so far of each program that this process started, with its children.

    What this process does itself is no part of the product. Programs of the same name add up.
    PostgreSQL's connections are children of its postmaster, and a worker's readers are
    grandchildren of the worker.
    """
    there = _processes()
    values: dict[str, float] = defaultdict(float)
    for pid, name in _ours(there).items():
        values[name] += (
            sum(there[item].own + there[item].buried for item in _family(there, pid)) / TICKS
        )
    return dict(values)


def resident_bytes(name: str) -> int:
    """Return the resident memory of all programs of a name together; 0 when there is none."""
    there = _processes()
    return sum(there[pid].pages * _PAGE for pid, result in _ours(there).items() if result == name)


def own_resident_bytes() -> int:
    """Return the resident memory of this process."""
    return int((_PROC / "self" / "statm").read_text().split()[1]) * _PAGE


def forget_peak() -> None:
    """Let this process's peak of resident memory begin anew."""
    (_PROC / "self" / "clear_refs").write_text("5", encoding="ascii")


def peak_mib(pid: int | None = None) -> float:
    """Return the peak of resident memory of a process, of this one by default, in MiB."""
    # getrusage would tell of the process that started this one as well
    status = _read(_PROC / (str(pid) if pid else "self") / "status").partition(b"VmHWM:")[2]
    return int(status.split()[0]) / 1024 if status else 0.0


def family_peaks() -> dict[str, float]:
    """Return the highest peak of resident memory, in MiB, of each program that this one started.

    What a worker has forked is its `reader`.
    """
    there, peaks = _processes(), defaultdict[str, float](float)
    for pid, name in _ours(there).items():
        for member in _family(there, pid):
            part = "reader" if name == "worker" and member != pid else name
            peaks[part] = max(peaks[part], peak_mib(member))
    return dict(peaks)


def _family(there: dict[int, Process], pid: int) -> list[int]:
    """Return the number of a process and of all that descend from it."""
    family = [pid]
    for member in family:
        family += [other for other, process in there.items() if process.parent == member]
    return family


def _ours(there: dict[int, Process]) -> dict[int, str]:
    """Return the name of each program that this process started, by its number."""
    me = os.getpid()
    names: dict[int, str] = {}
    for pid, process in there.items():
        line = _read(_PROC / str(pid) / "cmdline") if process.parent == me else b""
        for name, words in _NAMES.items():
            if words in line:
                names[pid] = name
    return names


def _processes() -> dict[int, Process]:
    lines = {int(path.name): _read(path / "stat") for path in _PROC.glob("[0-9]*")}
    return {pid: _process(line) for pid, line in lines.items() if line}


def _process(line: bytes) -> Process:
    words = line[line.rindex(b")") + 2 :].split()  # the name before it may hold blanks
    return Process(
        parent=int(words[1]),
        own=int(words[11]) + int(words[12]),
        buried=int(words[13]) + int(words[14]),
        pages=int(words[21]),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""
