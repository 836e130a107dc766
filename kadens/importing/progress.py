"""How far an import is: a bar on a terminal, else a line now and then. Never a name of a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from kadens.output.console import err
from kadens.output.terminal import print_note

_MIB = 1024 * 1024
_LINE_EACH_S = 10.0


@dataclass(slots=True, kw_only=True)
class ImportProgress:
    """Counts bytes of the files as they are on the disk, of `total` in all."""

    total: int
    bar: Progress | None = None
    _before: int = field(default=0, init=False)
    _begun_s: float = field(default_factory=time.monotonic, init=False)
    _printed_s: float = field(default_factory=time.monotonic, init=False)

    def at(self, inside: int) -> None:
        """Note how many bytes of the file in work are done."""
        done = self._before + inside
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=done)
            return
        now_s = time.monotonic()
        if now_s - self._printed_s >= _LINE_EACH_S:
            self._printed_s = now_s
            print_note(progress_line(done, self.total, now_s - self._begun_s))

    def file_done(self, size: int) -> None:
        """Note that a file is done entirely."""
        self._before += size
        self.at(0)


@contextmanager
def shown_progress(total: int) -> Iterator[ImportProgress]:
    """Give the progress of an import of `total` bytes."""
    if not err.is_terminal:
        yield ImportProgress(total=total)
        return
    columns = (
        TextColumn("importing"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        bar.add_task("importing", total=total)
        yield ImportProgress(total=total, bar=bar)


def progress_line(done: int, total: int, passed_s: float) -> str:
    """Return a line: how much of how much, the rate, and the time that is left."""
    rate = done / passed_s if passed_s > 0 else 0.0
    left = f", {(total - done) / rate:,.0f} s left" if rate else ""
    return f"{done / _MIB:,.0f} of {total / _MIB:,.0f} MiB, {rate / _MIB:,.1f} MiB/s{left}"
