"""Bugs that can be put into a worker, to check that the runs detect them.

Each changes a module of the running process. They are never part of the product: only `entry.work`
calls them, and only when a plant is named.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from model.topics import RAW
from storage.pg.pool import Connection, adapt
from stream.agents import BatchScheduler
from stream.log.ledger import Ledger
from stream.log.messages import Message, Run

_ENOUGH = 10  # messages: a batch may have a single one, and that may be kept nowhere
GAP_S = 0.2  # between account and rows: few kills are needed to meet it
_claim, _put = Ledger.claim, BatchScheduler.put


def nothing() -> None:
    """Plant no bug."""


def acknowledge_first() -> None:
    """Acknowledge to the broker before the handler has run.

    The account of offsets must still save what is lost.
    """
    BatchScheduler.put = _put_acknowledged  # type: ignore[method-assign]


def commit_first() -> None:
    """Acknowledge, and commit the account of offsets, before the rows that it covers.

    A crash in between loses them.
    """
    acknowledge_first()
    Ledger.claim = _claim_alone  # type: ignore[method-assign]


def commit_first_and_die() -> None:
    """Commit the account first, and be killed before the rows until enough is lost to be seen."""
    acknowledge_first()
    Ledger.claim = _claim_and_die  # type: ignore[method-assign]


CHAOS_PLANTS: Mapping[str, Callable[[], None]] = {
    "": nothing,
    "ack-before-commit": commit_first,
    "ack-before-commit-and-die": commit_first_and_die,
    "ack-before-handler": acknowledge_first,
}


async def _put_acknowledged(
    self: BatchScheduler, events: Sequence[Any], tasks: asyncio.TaskGroup
) -> None:
    for event in events:
        event.ack()
    await _put(self, events, tasks)


async def _claim_alone(self: Ledger, conn: Connection, runs: Sequence[Run]) -> list[Message]:
    async with await psycopg.AsyncConnection.connect(conn.info.dsn) as apart:
        adapt(apart)
        claimed = await _claim(self, apart, runs)
    await asyncio.sleep(GAP_S)
    return claimed


async def _claim_and_die(self: Ledger, conn: Connection, runs: Sequence[Run]) -> list[Message]:
    claimed = await _claim_alone(self, conn, runs)
    lost = Path(tempfile.gettempdir()) / "lost"  # of this run: all workers see it
    so_far = lost.stat().st_size if lost.exists() else 0
    if claimed and runs[0].topic == RAW.name and so_far < _ENOUGH:
        with lost.open("ab") as file:
            file.write(bytes(len(claimed)))
        os.kill(os.getpid(), signal.SIGKILL)
    return claimed
