"""The processes of a running Kadens as the kernel shows them.

It knows which part a process is, how much memory it uses, and how often it was started anew. It
reads /proc (Linux). It ends a process only where an attack asks for it, by its id.
"""

import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.background import Background

_PROC = Path("/proc")
_PAGE = 4096
_LOOK_S = 0.1
BLOCK = 512  # bytes, of `st_blocks`
# part -> the last words of its command line
_PARTS: Mapping[str, tuple[str, ...]] = {
    "worker": ("worker",),
    "vendor door": ("door", "vendor"),
    "clinic door": ("door", "clinic"),
}


def _children(parents: Mapping[int, int], root: int) -> Iterator[int]:
    """Yield the ids of all descendants of a process, from a map of each process to its parent."""
    for pid, parent in parents.items():
        if parent == root:
            yield pid
            yield from _children(parents, pid)


def parents() -> dict[int, int]:
    """Return each process and its parent."""
    return {pid: parent for pid in _pids() if (parent := _parent(pid)) is not None}


def part_of(up: int, part: str, among: Mapping[int, int]) -> int | None:
    """Return the process of a part of the running `kadens up`, None when it does not run now."""
    words = _PARTS[part]
    pids = (
        pid for pid, parent in among.items() if parent == up and _words(pid)[-len(words) :] == words
    )
    return next(pids, None)


def memory(pids: Sequence[int]) -> int:
    """Return the resident bytes of processes, summed; pages that they share count in each."""
    return sum(map(_resident, pids))


def open_files(pid: int) -> int:
    """Return the bytes on disk of a process's open regular files, linked or not."""
    return sum(map(_blocks, _listed(_PROC / str(pid) / "fd")))


class Watch(Background):
    """Watches the parts of a running Kadens ten times a second.

    It keeps the peak memory with children, and the ids that it saw.
    """

    def __init__(self, up: int, names: Sequence[str] = tuple(_PARTS)) -> None:
        super().__init__(_LOOK_S)
        self._up, self._names = up, names
        self.peak: dict[str, int] = defaultdict(int)
        self.seen: dict[str, set[int]] = defaultdict(set)

    def restarts(self, part: str) -> int:
        """Return how often a part was started anew."""
        return max(0, len(self.seen[part]) - 1)

    def __enter__(self) -> Self:
        self.look()
        return super().__enter__()

    def look(self) -> None:
        """Note the memory and the id of each part that runs now."""
        among = parents()
        for name in self._names:
            pid = part_of(self._up, name, among)
            if pid is not None:
                self.seen[name].add(pid)
                self.peak[name] = max(self.peak[name], memory([pid, *_children(among, pid)]))


def _pids() -> Iterator[int]:
    return (int(position.name) for position in _PROC.iterdir() if position.name.isdigit())


def _parent(pid: int) -> int | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[1])


def _words(pid: int) -> tuple[str, ...]:
    try:
        line = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(line.decode(errors="replace").split("\0")[:-1])


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _blocks(path: Path) -> int:
    try:
        stat_of_file = path.stat()
        named = str(path.readlink())
    except OSError:
        return 0
    return (
        stat_of_file.st_blocks * BLOCK
        if stat.S_ISREG(stat_of_file.st_mode) and not named.endswith(".log")
        else 0
    )
