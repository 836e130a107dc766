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

import stream.worker  # noqa: F401 - loaded once, before the forks
from kadens.embedded.guard import follow
from kadens.settings import read_settings
from kadens.wiring import run_worker
from tests.chaos.system.planted import CHAOS_PLANTS


def forkserver() -> ForkServerContext:
    """Return the context that forks workers; the first worker starts its process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def work(environment: Mapping[str, str], log: Path, plant: str) -> None:
    """Be a worker with these settings until its end, and exit with its status."""
    follow(os.getppid(), signal.SIGKILL)
    with log.open("ab") as out:
        os.dup2(out.fileno(), sys.stdout.fileno())
        os.dup2(out.fileno(), sys.stderr.fileno())
    tempfile.tempdir = str(log.parent)  # what a killed worker leaves goes with the run
    CHAOS_PLANTS[plant]()
    sys.exit(run_worker(read_settings(environment)))
