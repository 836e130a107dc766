"""Tells open pages that something changed: one listener on the database, any number of event streams.

A page hears only that something of its own care unit changed, never what or for whom; it asks again, as the clinician
that it belongs to. A stream ends with the session that it belongs to.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from storage.pg.listening import UnreachableError, changes

_PAUSE_S = 2.0  # before the database is asked again
BEAT_S = 15.0  # an event stream that says nothing for longer is cut by proxies
_SETTLE_S = 0.25  # one event for all that happens within
WATCH_S = 1.0  # how long a stream may outlive its session

Alive: TypeAlias = Callable[[Collection[str]], Awaitable[frozenset[str]]]


@dataclass(slots=True, eq=False)
class _Page:
    """One event stream: the care unit and the session that it belongs to; a session of "" cannot end."""

    unit: str
    session: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def end(self) -> None:
        self.ended = True
        self.woken.set()


class Changes:
    """Fans notifications out. `listen` and `watch` run for ever in tasks of the door; `follow` is one page's stream."""

    def __init__(self, dsn: str, role: str = "", count: Callable[[], None] = lambda: None) -> None:
        self._dsn, self._role, self._count = dsn, role, count
        self._pages: set[_Page] = set()
        self._closing = False

    async def listen(self) -> None:
        """Listen until cancelled; a database that is away is asked again after a pause."""
        while True:
            with suppress(UnreachableError):
                async for unit in changes(self._dsn, self._role):
                    self._count()
                    self._wake(unit)
            await asyncio.sleep(_PAUSE_S)

    async def watch(self, alive: Alive) -> None:
        """End the streams whose session is not alive any more, until cancelled. One question for all of them."""
        while True:
            await asyncio.sleep(WATCH_S)
            watched = [page for page in self._pages if page.session]
            living = await alive({page.session for page in watched}) if watched else frozenset()
            for page in watched:
                if page.session not in living:
                    page.end()

    def close(self) -> None:
        """End every stream."""
        self._closing = True
        for page in self._pages:
            page.end()

    async def follow(self, unit: str, session: str) -> AsyncIterator[bytes]:
        """Yield server-sent events: `changed` when something of the unit changed, a comment now and then."""
        mine = _Page(unit, session)
        if self._closing:
            mine.end()
        self._pages.add(mine)
        try:
            yield b"retry: 2000\n\n"
            while selected := await _notified(mine):
                yield selected
        finally:
            self._pages.discard(mine)

    @property
    def followers(self) -> int:
        """Return how many pages follow."""
        return len(self._pages)

    def _wake(self, unit: str) -> None:
        """Wake the pages of a care unit; "" wakes all."""
        for page in self._pages:
            if unit in {"", page.unit}:
                page.woken.set()


async def _notified(page: _Page) -> bytes:
    """Wait for what a page is told next; nothing when its stream has ended."""
    try:
        await asyncio.wait_for(page.woken.wait(), BEAT_S)
    except TimeoutError:
        return b": still here\n\n"
    await asyncio.sleep(0 if page.ended else _SETTLE_S)
    page.woken.clear()
    return b"" if page.ended else b"event: changed\ndata: {}\n\n"
