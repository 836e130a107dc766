"""Plays the parts of a cohort at the same time, each in a process and a database of its own."""

import asyncio
import gc
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from kadens.embedded.guard import follow
from kadens.output.terminal import print_note
from kadens.scoring.cohort_files import CohortFiles
from kadens.scoring.playing import PlayedCohort, play_inline
from model.calendar import rfc3339

_EVERY_BODIES = 5_000
# Nearly all objects are rows that live as long as their batch, so looking for cycles often is in
# vain.
_OBJECTS_UNTIL_GC = 50_000


def play_parts(parts: Sequence[CohortFiles], jobs: int) -> PlayedCohort:
    """Play parts of a cohort, `jobs` at a time, and return what became of all of them.

    Raises what playing one of them raises. Progress is noted on stderr.
    """
    names = [f"part {number} of {len(parts)}, " for number in range(1, len(parts) + 1)]
    if len(parts) == 1:
        return _play(parts[0], "")
    # a new process and no fork: the parent may have threads, and a fork would copy their locks
    context = multiprocessing.get_context("spawn")
    count = min(jobs, len(parts))
    with ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool:
        return _joined(list(pool.map(_play, parts, names)))


def _end_with_parent() -> None:
    """Let this process be killed when its parent is gone, and its database with it.

    By itself it would play its part to the end, which may take an hour. A softer signal would end
    only the part: the pool takes every exception for a result, and waits for more work.
    """
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        follow(parent.pid, signal.SIGKILL)


def _play(part: CohortFiles, name: str) -> PlayedCohort:
    gc.set_threshold(_OBJECTS_UNTIL_GC)
    return asyncio.run(play_inline(part, _progress(part, name)))


def _progress(part: CohortFiles, name: str) -> Callable[[int, int], None]:
    shown = 0

    def progress(now_ms: int, bodies: int) -> None:
        nonlocal shown
        if bodies - shown >= _EVERY_BODIES:
            shown = bodies
            print_note(f"{name}{rfc3339(now_ms)[:10]}: {bodies} of {len(part.deliveries)} bodies")

    return progress


def _joined(played: Sequence[PlayedCohort]) -> PlayedCohort:
    return PlayedCohort(
        alerts=tuple(chain.from_iterable(part.alerts for part in played)),
        sessions=tuple(chain.from_iterable(part.sessions for part in played)),
    )
