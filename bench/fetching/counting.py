"""A log for benches: it takes as long as it is set to, counts, and keeps nothing."""

import asyncio
from collections.abc import Sequence


class CountingLog:
    """A log that counts messages and keeps none, so that its memory says nothing.

    Each message takes `wait_s` seconds, as an acknowledgement of a broker does.
    """

    def __init__(self, wait_s: float = 0.0) -> None:
        """Begin at nothing."""
        self.count, self._wait_s = 0, wait_s

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def ready(self) -> bool:
        """Return True."""
        return True

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Count a message after the wait."""
        del topic, key, value, headers
        if self._wait_s:
            await asyncio.sleep(self._wait_s)
        self.count += 1
