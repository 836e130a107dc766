"""The worker processes of a run and their supervisor.

A worker that ends by itself is started again, as in production.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.chaos.system.forked_worker import work
from tests.rig import Rig

BACK_OFF_S = 0.3
PATIENCE_S = 30.0  # for a worker that must stop; it ends itself after 20 s


@dataclass(slots=True, kw_only=True)
class Workers:
    """Workers by name.

    `ends` counts the exit statuses of those that ended by themselves, `stops` those of workers that
    were stopped.
    """

    rig: Rig
    forkserver: ForkServerContext
    names: tuple[str, ...]
    settings: Mapping[str, str]
    plant: str = ""
    target: Callable[[Mapping[str, str], Path, str], None] = work
    ends: Counter[int] = field(default_factory=Counter)
    stops: Counter[int] = field(default_factory=Counter)
    _running: dict[str, BaseProcess] = field(default_factory=dict)
    _again: dict[str, float] = field(default_factory=dict)

    @property
    def unclean(self) -> int:
        """Return how many stops failed, except those that met a worker before it listened."""
        return self.stops.total() - self.stops[0] - self.stops[-signal.SIGTERM]

    def start(self, name: str) -> None:
        """Start a worker that does not run."""
        self._again.pop(name, None)
        if name not in self._running:
            environment = {**self.rig.environment(name), **self.settings}
            process = self.forkserver.Process(
                target=self.target, args=(environment, self.rig.log(name), self.plant), name=name
            )
            process.start()
            self._running[name] = process

    def supervise(self) -> None:
        """Start again, a moment later, each worker that ended by itself."""
        for name, process in list(self._running.items()):
            if process.exitcode is not None:
                self.ends[process.exitcode] += 1
                del self._running[name]
                self._again[name] = time.monotonic() + BACK_OFF_S
        for name, at in list(self._again.items()):
            if time.monotonic() >= at:
                self.start(name)

    def kill(self, name: str) -> None:
        """End a worker by SIGKILL; the supervisor leaves it until `start`."""
        for process in self._taken(name):
            process.kill()
            process.join()

    def stop(self, name: str) -> None:
        """Ask a worker to stop and wait for it; the supervisor leaves it until `start`."""
        for process in self._taken(name):
            process.terminate()
            process.join(PATIENCE_S)
            assert process.exitcode is not None, f"{name} did not stop within {PATIENCE_S:g} s"
            self.stops[process.exitcode] += 1

    def pause(self, name: str) -> None:
        """Stop the process by a signal, without ending it."""
        self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on, as a machine that slept would."""
        self._signal(name, signal.SIGCONT)

    def end(self) -> None:
        """Kill all."""
        for name in self.names:
            self.kill(name)

    def _taken(self, name: str) -> Iterator[BaseProcess]:
        self._again.pop(name, None)
        process = self._running.pop(name, None)
        if process is not None:
            yield process

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._running.get(name)
        if process is not None and process.pid is not None and process.exitcode is None:
            os.kill(process.pid, number)
