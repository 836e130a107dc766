"""Kadens' own processes as children of `kadens up`: started, watched and stopped.

A child that crashes is started again. Each runs `python -m kadens …` with KADENS_* variables of its
own and a log file. Only the main thread may use this module (`embedded.process.launch`). What runs
is not decided here but in `up`.
"""

import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from kadens.embedded.process import Child, StartFailed, end_child, launch, tail, wait_ready
from kadens.local.crashes import Crashes

START_SECONDS = 60.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A process to keep: its name, the words after `kadens`, and the address that answers.

    `own` are variables of this process alone. They override the variables that all get.
    """

    name: str
    words: tuple[str, ...]
    ready: str = ""
    own: tuple[tuple[str, str], ...] = ()


class Children:
    """The running children. `say` gets a line for each crash."""

    def __init__(
        self, environment: Mapping[str, str], logs: Path, say: Callable[[str], None]
    ) -> None:
        self._environment, self._logs, self._say = dict(environment), logs, say
        self._running: dict[Job, tuple[Child, float]] = {}
        self._crashes = Crashes()
        self._again: dict[Job, float] = {}

    def start(self, job: Job) -> None:
        """Start a process and wait until it is ready; StartFailed with the end of its log."""
        child = self._launch(job)
        if job.ready:
            wait_ready(child, lambda: answers(job.ready), seconds=START_SECONDS)

    def tend(self) -> None:
        """Start again what has crashed and waited long enough; StartFailed after too many times."""
        now = time.monotonic()
        # A copy, because a crashed child is taken out of the table meanwhile.
        for job, (child, began) in list(self._running.items()):
            if not child.alive():
                del self._running[job]
                self._crashed(job, child, now, began)
        for job in [job for job, at in self._again.items() if at <= now]:
            del self._again[job]
            self._launch(job)

    def stop(self) -> None:
        """Ask all to end, then wait for each; a child that does not end is killed."""
        # All get the signal first, so that they end at the same time.
        for child, _ in self._running.values():
            if child.alive():
                child.process.send_signal(signal.SIGTERM)
        for child, _ in self._running.values():
            end_child(child, first=signal.SIGTERM, seconds=_STOP_SECONDS)
        self._running.clear()

    def _launch(self, job: Job) -> Child:
        log = self._logs / f"{job.name}.log"
        environment = {**self._environment, **dict(job.own)}
        argv = [sys.executable, "-m", "kadens", *job.words]
        child = launch(job.name, argv, log=log, on_death=signal.SIGTERM, environment=environment)
        self._running[job] = (child, time.monotonic())
        return child

    def _crashed(self, job: Job, child: Child, now: float, began: float) -> None:
        pause = self._crashes.pause_s(job.name, now - began)
        if pause is None:
            count = self._crashes.count(job.name)
            raise StartFailed(
                job.name,
                f"ended {count} times, last with status {child.process.returncode}",
                child.log,
            )
        self._again[job] = now + pause
        # The last line of a traceback is the error itself.
        last = tail(child.log).splitlines()[-1:]
        reason = f" ({last[0][:160]})" if last else ""
        status = f"{job.name} ended with status {child.process.returncode}{reason}"
        self._say(f"{status}; it starts again in {pause:g} s")


def answers(address: str) -> bool:
    """Return whether an HTTP address on loopback answers with a 2xx."""
    try:
        with urlopen(address, timeout=2) as response:  # noqa: S310 - our own loopback address
            return bool(response.status < 300)  # noqa: PLR2004 - 2xx
    except (HTTPError, URLError, OSError):
        return False
