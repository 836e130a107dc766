"""Server-sent events: tells open pages of changes, by a single listener on the database.

A page learns only that something of its own care unit changed, never what or about whom. It then
requests its content again, with the clinician's own rights. A stream ends with its session.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from storage.pg.listening import UnreachableError, changes

_PAUSE_S = 2.0  # before the next attempt to reach the database
BEAT_S = 15.0  # proxies cut an event stream that is silent for longer
_SETTLE_S = 0.25  # all changes within this time make a single event
WATCH_S = 1.0  # how long a stream may outlive its session

Alive: TypeAlias = Callable[[Collection[str]], Awaitable[frozenset[str]]]


@dataclass(slots=True, eq=False)
class _Page:
    """An event stream with the care unit and the session that it belongs to.

    A session of "" cannot end.
    """

    unit: str
    session: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def end(self) -> None:
        self.ended = True
        self.woken.set()


class Changes:
    """Passes notifications on to every open page.

    `listen` and `watch` run for ever in tasks of the door; `follow` is the stream of a single page.
    """

    def __init__(self, dsn: str, role: str = "", count: Callable[[], None] = lambda: None) -> None:
        self._dsn, self._role, self._count = dsn, role, count
        self._pages: set[_Page] = set()
        self._closing = False

    async def listen(self) -> None:
        """Listen until cancelled. When the database is away, try again after a pause."""
        while True:
            with suppress(UnreachableError):
                async for unit in changes(self._dsn, self._role):
                    self._count()
                    self._wake(unit)
            await asyncio.sleep(_PAUSE_S)

    async def watch(self, alive: Alive) -> None:
        """End the streams whose session has ended, until cancelled.

        A single query covers all streams.
        """
        while True:
            await asyncio.sleep(WATCH_S)
            watched = [page for page in self._pages if page.session]
            living = await alive({page.session for page in watched}) if watched else frozenset()
            # Only pages that were in the query may end: others may have opened while it ran.
            for page in watched:
                if page.session not in living:
                    page.end()

    def close(self) -> None:
        """End every stream."""
        self._closing = True
        for page in self._pages:
            page.end()

    async def follow(self, unit: str, session: str) -> AsyncIterator[bytes]:
        """Yield server-sent events: `changed` after changes in the care unit, comments in between.

        The comments keep proxies from cutting a stream that is silent.
        """
        mine = _Page(unit, session)
        # A stream that opens during shutdown must end at once; `close` has already run.
        if self._closing:
            mine.end()
        self._pages.add(mine)
        try:
            yield b"retry: 2000\n\n"
            while event_bytes := await _notified(mine):
                yield event_bytes
        finally:
            self._pages.discard(mine)

    @property
    def followers(self) -> int:
        """Return the number of open streams."""
        return len(self._pages)

    def _wake(self, unit: str) -> None:
        """Wake the pages of a care unit; "" wakes all pages."""
        for page in self._pages:
            if unit in {"", page.unit}:
                page.woken.set()


async def _notified(page: _Page) -> bytes:
    """Wait for the next bytes of a page's stream; return b"" when the stream has ended."""
    try:
        await asyncio.wait_for(page.woken.wait(), BEAT_S)
    except TimeoutError:
        return b": still here\n\n"
    await asyncio.sleep(0 if page.ended else _SETTLE_S)
    # Cleared after the pause: what changed during it belongs to this event.
    page.woken.clear()
    return b"" if page.ended else b"event: changed\ndata: {}\n\n"
