"""The watchdog does not wait for a database without end.

A worker that cannot finish anything ends itself.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import cast

import pytest

from stream.log.ledger import HoleError
from stream.log.look import LogBounds, LogView
from stream.log.messages import Partition
from stream.log.watch import watch
from stream.log.watchdog import StalledError
from stream.metrics import make_metrics

_STALL_S = 0.3


class Idle:
    """A log on which nothing waits."""

    async def bounds(self, _topics: Iterable[str]) -> dict[Partition, LogBounds]:
        return {("t", 0): LogBounds(start=0, end=0)}

    async def committed(self, _group: str, _topics: Iterable[str]) -> dict[Partition, int]:
        return {}


def test_a_database_that_hangs_ends_the_worker() -> None:
    async def hangs() -> Mapping[Partition, int]:
        await asyncio.Event().wait()
        return {}

    async def rewind(_hole: HoleError) -> None: ...

    async def look() -> None:
        async with asyncio.timeout(20):
            await watch(
                cast("LogView", Idle()),
                group="g",
                topics=("t",),
                assigned=lambda: frozenset({("t", 0)}),
                done={},
                ledger=hangs,
                rewind=rewind,
                mock=False,
                stall_s=_STALL_S,
                metrics=make_metrics(),
            )

    with pytest.raises(StalledError, match=r"the database has not answered for 0\.3 s"):
        asyncio.run(look())
