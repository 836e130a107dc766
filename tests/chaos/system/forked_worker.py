"""A worker process of the chaos runs: `kadens worker`, forked from a process with its imports.

Starting Python anew costs two seconds of CPU, and these runs start workers all the time. From the
settings on it is the real program. `plant` puts a named bug into it, to check that the runs detect
it.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from pathlib import Path

import fetcher.process  # noqa: F401 - loaded once, before the forks
import stream.worker  # noqa: F401 - as above
from fetcher.log import AnswerLog
from kadens.embedded.guard import follow
from kadens.settings import read_settings
from kadens.wiring.fetching import run_fetcher
from kadens.wiring.working import run_worker
from storage.fetching.queue import TakenFetch
from tests.chaos.system.planted import CHAOS_PLANTS
from tests.chaos.world import CHAOS_NOW_MS


def forkserver() -> ForkServerContext:
    """Return the context that forks workers; the first worker starts its process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def work_as_fetcher(environment: Mapping[str, str], log: Path, plant: str) -> None:
    """Be a fetcher with these settings until its end, and exit with its status.

    Every answer counts as received at the same instant, because a record keeps when it was stated,
    and each run asks at times of its own.
    """
    del plant  # no bug is put into fetchers
    _settle(log)
    AnswerLog.append_answer = _append_at_the_same_instant  # type: ignore[assignment, method-assign]
    sys.exit(run_fetcher(read_settings(environment)))


_append = AnswerLog.append_answer


async def _append_at_the_same_instant(
    log: AnswerLog, taken: TakenFetch, body: bytes, content_type: str, now_ms: int
) -> None:
    del now_ms
    await _append(log, taken, body, content_type, CHAOS_NOW_MS)


def work(environment: Mapping[str, str], log: Path, plant: str) -> None:
    """Be a worker with these settings until its end, and exit with its status."""
    _settle(log)
    CHAOS_PLANTS[plant]()
    sys.exit(run_worker(read_settings(environment)))


def _settle(log: Path) -> None:
    follow(os.getppid(), signal.SIGKILL)
    with log.open("ab") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    tempfile.tempdir = str(log.parent)  # what a killed worker leaves goes with the run
