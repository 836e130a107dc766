"""Keeps log and database of `kadens up` running: what was killed is started again on its data.

While any of them is down, nothing else is tended: doors and worker need both, and their crashes
meanwhile are not their fault. Only the main thread may use this module (`embedded.process.launch`).
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeVar

from kadens.embedded.process import StartFailed
from kadens.local.crashes import Crashes


class Server(Protocol):
    """A program with data of its own that can be started again on the same folder and address."""

    def start(self) -> None:
        """Start what does not run and wait until it answers; `StartFailed` when it does not."""

    def exit_status(self) -> int | None:
        """Return the status with which it ended, None while it runs."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


S = TypeVar("S", bound=Server)


@dataclass(slots=True, kw_only=True)
class _Kept:
    name: str
    server: Server
    began: float
    again_at: float | None = None  # monotonic seconds; None while it runs


class Servers(ExitStack):
    """The servers of one `kadens up`, stopped at its end.

    `say` gets a line whenever a server ends or runs again.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say, self._crashes = say, Crashes()
        self._kept: list[_Kept] = []

    def keep(self, name: str, server: S) -> S:
        """Start a server and tend it from now on; `StartFailed` when it does not come up."""
        self.enter_context(server)
        self._kept.append(_Kept(name=name, server=server, began=time.monotonic()))
        return server

    def tend(self) -> bool:
        """Start again what has ended and waited long enough; return whether all run.

        Blocks while a server recovers. `StartFailed` after too many crashes.
        """
        for item in self._kept:
            status = item.server.exit_status()
            if item.again_at is None and status is not None:
                self._ended(item, f"ended with status {status}")
            if item.again_at is not None and item.again_at <= time.monotonic():
                self._start(item)
        return all(entry.again_at is None for entry in self._kept)

    def _start(self, item: _Kept) -> None:
        began = time.monotonic()
        try:
            item.server.start()
        except StartFailed as error:
            self._ended(item, f"did not start ({error.reason})")
            return
        item.began, item.again_at = time.monotonic(), None
        self._say(f"{item.name} runs again after {item.began - began:.1f} s")

    def _ended(self, item: _Kept, how: str) -> None:
        pause = self._crashes.pause_s(item.name, time.monotonic() - item.began)
        if pause is None:
            raise StartFailed(item.name, f"{how}, {self._crashes.count(item.name)} times in a row")
        item.again_at = time.monotonic() + pause
        item.began = item.again_at  # a start that fails has not run
        self._say(f"{item.name} {how}; it starts again in {pause:g} s")
