"""A transport that an answer cannot close while its request is still on its way. Pure pass-through.

A socket that is closed before all has arrived sends a reset, and the client loses the answer.
"""

import asyncio
from collections.abc import Callable


class LingeringTransport:
    """Writes to the transport of a connection, and leaves it to `close` when it ends.

    It has what uvicorn's cycle of a request and its answer uses of a transport.
    """

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        """Write to `transport`; `close` ends the connection at once or later."""
        self._transport = transport
        self.close = close

    def write(self, data: bytes) -> None:
        """Write bytes of an answer."""
        self._transport.write(data)

    def is_closing(self) -> bool:
        """Return whether the connection has ended or is about to."""
        return self._transport.is_closing()
