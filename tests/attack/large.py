"""Thirty files of 20 MB that waited together.

The rows are the memory that the worker needs for them, and how long others wait meanwhile.
"""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial

from model.calendar import DAY_MS, MINUTE_MS
from tests.attack.fit_bodies import large
from tests.attack.instruments.measure import MB, AttackRow, at_most, equal, quantile, shown
from tests.attack.instruments.processes import Watch
from tests.attack.instruments.senders import Answer, Sender
from tests.attack.others import Others
from tests.attack.product import now_ms
from tests.attack.runs import Options, Town, town, warm_up

_FILES, SIZE = 30, 20 * MB
_OTHERS = 4
_EVERY_S = 0.5
READ_S = 900.0
_MOST_MEMORY, MOST_S = 700, 2.0
_KEPT = (
    "select count(*) from body where sha256 = any(select decode(sha, 'hex') "
    "from unnest(%s::text[]) as s (sha))"
)


def large_files(options: Options) -> Iterator[AttackRow]:
    """Yield the rows: the files are all read, peak memory, times of the others."""
    with town(options, _OTHERS) as at:
        sent = _upload_while_stopped(at)
        taken = [answer.sha256 for answer in sent if answer.taken]
        yield equal(
            "large", "files of 20 MB acknowledged while the worker stood still", len(taken), _FILES
        )
        warm_up(at)
        with (
            Watch(at.on.pid, ("worker",)) as watch,
            Others(at.on, at.others, every_s=_EVERY_S, grace_s=60) as others,
        ):
            began = time.monotonic()
            kept = _wait_until_kept(at, taken)
            lasted = time.monotonic() - began
        yield equal("large", "files read and kept", kept, _FILES)
        yield shown(
            "large",
            "from the first report after the worker's start to the last file",
            f"{lasted:.0f} s",
        )
        yield at_most(
            "large", "worker and readers, peak", watch.peak["worker"] / MB, _MOST_MEMORY, "MB"
        )
        yield at_most(
            "large", "reports of others stored, p99", quantile(others.stored(), 0.99), MOST_S, "s"
        )
        yield equal("large", "restarts of the worker", watch.restarts("worker"), 0)


def _upload_while_stopped(at: Town) -> list[Answer]:
    """Stop the worker by a signal, send all files, then end it.

    `kadens up` starts it anew, and the files wait for it.
    """
    people = [at.on.enrol(f"large-{n}", sources=("files",)) for n in range(_FILES)]
    sender, start = Sender(at.on), now_ms() // DAY_MS * DAY_MS - 10 * DAY_MS
    worker = at.on.pid_of("worker")
    assert worker is not None
    os.kill(worker, signal.SIGSTOP)
    answers = []
    for n, person in enumerate(people):
        content = large(SIZE, start_ms=start + n * MINUTE_MS, serial=1 + n)
        answers.append(sender.surely(partial(sender.file, content, person)))
    os.kill(worker, signal.SIGKILL)
    return answers


def _wait_until_kept(at: Town, wanted: list[str]) -> int:
    deadline = time.monotonic() + READ_S
    while (
        (kept := _kept(at, wanted)) < len(wanted) and time.monotonic() < deadline and at.on.alive()
    ):
        time.sleep(0.5)
    return kept


def _kept(at: Town, wanted: list[str]) -> int:
    return int(at.on.rows(_KEPT, wanted)[0][0])
