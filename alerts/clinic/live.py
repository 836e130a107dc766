"""Tells open pages that something changed: one listener on the database, any number of event streams.

It never says what changed or for whom; a page that hears it asks again, as the clinician that it belongs to.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from ...storage.listening import UnreachableError, changes

PAUSE_S = 2.0  # before the database is asked again
BEAT_S = 15.0  # an event stream that says nothing for longer is cut by proxies
SETTLE_S = 0.25  # one event for all that happens within


class Changes:
    """Fans notifications out. `listen` runs for ever in a task of the door; `follow` is one page's stream."""

    def __init__(self, dsn: str, count: Callable[[], None] = lambda: None) -> None:
        self._dsn, self._count = dsn, count
        self._pages: set[asyncio.Event] = set()
        self._closing = False

    async def listen(self) -> None:
        """Listen until cancelled; a database that is away is asked again after a pause."""
        while True:
            with suppress(UnreachableError):
                async for _ in changes(self._dsn):
                    self._count()
                    self._wake()
            await asyncio.sleep(PAUSE_S)

    def close(self) -> None:
        """End every stream."""
        self._closing = True
        self._wake()

    async def follow(self) -> AsyncIterator[bytes]:
        """Yield server-sent events: `changed` when something changed, a comment now and then."""
        mine = asyncio.Event()
        self._pages.add(mine)
        try:
            yield b"retry: 2000\n\n"
            while not self._closing:
                try:
                    await asyncio.wait_for(mine.wait(), BEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                await asyncio.sleep(SETTLE_S)
                mine.clear()
                yield b"event: changed\ndata: {}\n\n"
        finally:
            self._pages.discard(mine)

    @property
    def followers(self) -> int:
        """Return how many pages follow."""
        return len(self._pages)

    def _wake(self) -> None:
        for page in self._pages:
            page.set()
