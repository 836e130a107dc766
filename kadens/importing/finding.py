"""The files that paths name: files, and everything below folders, each once. It opens none."""

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

NOT_ORDINARY = "not an ordinary file"
_Identity = tuple[int, int]  # of a file on this machine, whatever names it has


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file; `named` tells whether a person gave its own path. `why` is why it cannot be read."""

    path: Path
    named: bool = False
    size: int = 0
    why: str = ""


def given_files(paths: Iterable[Path]) -> Iterator[GivenFile]:
    """Yield the files of paths in the order given, those of a folder by name; each file once.

    Links are followed, and a folder that is met again ends there.
    """
    met: set[_Identity] = set()
    for path in paths:
        yield from _given(path, met, named=True)


def _given(path: Path, met: set[_Identity], *, named: bool) -> Iterator[GivenFile]:
    try:
        state = path.stat()
        identity = (state.st_dev, state.st_ino)
        if identity in met:
            return
        met.add(identity)
        if not stat.S_ISDIR(state.st_mode):
            why = "" if stat.S_ISREG(state.st_mode) else NOT_ORDINARY
            yield GivenFile(path=path, named=named, size=state.st_size, why=why)
            return
        inside = sorted(path.iterdir())
    except OSError as error:
        yield GivenFile(path=path, named=named, why=error.strerror or type(error).__name__)
        return
    for item in inside:
        yield from _given(item, met, named=False)
