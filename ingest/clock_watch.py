"""Compares this door's clock with the time that the broker gives to a message.

A door whose clock is off dates bodies wrongly and refuses signed times that are right. A failed
measurement means nothing here: whether the log answers is measured by `Publisher.ready`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

from ingest.ports import Clock

# Well below the five minutes for which a signed time is accepted.
LARGEST_MS = 60_000
PERIOD_S, SOON_S, FIRST_S = 60.0, 5.0, 3.0

# the broker's time of a message sent now, in epoch ms; None where the broker gives no time
Stamp = Callable[[], Awaitable[int | None]]


class Agreement(StrEnum):
    """The result of the last measurement.

    NOT_MEASURED where there was no measurement, or where the broker gives no time.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_MEASURED = "not_measured"


def judged(sent_ms: int, stamp_ms: int | None, answered_ms: int) -> Agreement:
    """Return whether the broker's time agrees with ours.

    It agrees from a minute before the sending to a minute after the answer, all in epoch ms.
    """
    if stamp_ms is None:
        return Agreement.NOT_MEASURED
    # the broker's time is taken at some instant between the two, so it is compared with both
    differs = sent_ms - stamp_ms > LARGEST_MS or stamp_ms - answered_ms > LARGEST_MS
    return Agreement.DIFFERS if differs else Agreement.AGREES


class ClockWatch:
    """Measures at the start and then once a minute.

    While the clock differs or nothing answers, it measures every few seconds.
    """

    def __init__(self, stamp: Stamp, clock: Clock) -> None:
        self._stamp, self._clock = stamp, clock
        self.agreement = Agreement.NOT_MEASURED
        self._task: asyncio.Task[None] | None = None
        self._measured = asyncio.Event()

    async def start(self) -> None:
        """Start measuring; returns after the first measurement, or after `FIRST_S`."""
        self._task = asyncio.create_task(self._run())
        first = asyncio.create_task(self._measured.wait())
        await asyncio.wait({first}, timeout=FIRST_S)
        first.cancel()

    async def stop(self) -> None:
        """Stop measuring."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def look(self) -> bool:
        """Measure once and return whether the broker answered.

        Without an answer the last measurement stays.
        """
        sent = self._clock()
        try:
            stamp = await self._stamp()
        except OSError:
            return False
        self.agreement = judged(sent, stamp, self._clock())
        return True

    async def _run(self) -> None:
        while True:
            answered = await self.look()
            self._measured.set()
            settled = answered and self.agreement is not Agreement.DIFFERS
            await asyncio.sleep(PERIOD_S if settled else SOON_S)
