"""Closes a server's slow connections on a timer, and the oldest when there are too many.

`connections.ConnectionTable` decides; this module runs its decisions on the event loop. It must
never look at the content of a request.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from web.connections import ClientConnection, ConnectionTable, Stage
from web.limits import ServerLimits, is_trusted, peer_key

_LOOK_S = 0.5
SHED_S = 0.02  # so that bytes that arrived together with the new connections are read first


class Refusable(Protocol):
    """A connection's protocol, which can be ended with a reason of `refusals.REFUSALS`."""

    @property
    def is_paused(self) -> bool:
        """Whether the server has stopped reading from it for now."""

    def refuse(self, reason: str) -> None:
        """Answer with the refusal and end the connection."""


class Guard:
    """The connections of a server; `count` is called with the reason of each refusal."""

    def __init__(self, limits: ServerLimits, count: Callable[[str], None]) -> None:
        self.limits, self.count = limits, count
        self.table = ConnectionTable(limits)
        self._protocols: dict[ClientConnection, Refusable] = {}
        self._looking = self._shedding = False

    def opened(
        self, protocol: Refusable, address: str, loop: asyncio.AbstractEventLoop
    ) -> ClientConnection | None:
        """Register a new connection from an address; None where it has to be refused at once."""
        is_bounded = not is_trusted(self.limits, address)
        connection = self.table.opened(peer_key(address), loop.time(), is_bounded=is_bounded)
        if connection is None:
            self.count("crowded")
            return None
        self._protocols[connection] = protocol
        if not self._looking:
            self._looking = True
            loop.call_later(_LOOK_S, self._look, loop)
        self._shed_soon(connection, loop)
        return connection

    def moved(
        self, connection: ClientConnection, stage: Stage, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Note that a connection entered another stage."""
        self.table.moved(connection, stage, loop.time())
        if stage is Stage.BODY:
            self._shed_soon(connection, loop)

    def closed(self, connection: ClientConnection) -> None:
        """Forget a closed connection; a second call for it does nothing."""
        if self._protocols.pop(connection, None) is not None:
            self.table.closed(connection)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        for connection in self.table.in_stage(Stage.BODY):
            connection.is_paused = self._protocols[connection].is_paused
        for connection, reason in self.table.overdue(loop.time()):
            self._protocols[connection].refuse(reason)
        # an empty server sets no timer; the next connection starts it again
        self._looking = len(self.table) > 0
        if self._looking:
            loop.call_later(_LOOK_S, self._look, loop)

    def _shed_soon(self, connection: ClientConnection, loop: asyncio.AbstractEventLoop) -> None:
        if not self._shedding and self.table.is_crowded(connection):
            self._shedding = True
            loop.call_later(SHED_S, self._shed)

    def _shed(self) -> None:
        self._shedding = False
        for connection in self.table.excess():
            self._protocols[connection].refuse("crowded")
