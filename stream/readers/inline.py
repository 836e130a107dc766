"""`Reader` in this process: for a replay, which reads what was read before, and for tests. No process, no budget."""

import asyncio
from collections.abc import Sequence

from model.envelope import INLINE
from stream.readers.answers import Answer, answer
from stream.readers.wire import Body


class InlineReader:
    """Reads bodies here; a large one in a thread, so that nothing waits for it."""

    async def read(self, bodies: Sequence[Body]) -> list[Answer]:
        """Return what each body holds."""
        return [await self.read_large(body) for body in bodies]

    async def read_large(self, body: Body) -> Answer:
        """Return what one body holds."""
        return (
            answer(body) if len(body.content) <= INLINE else await asyncio.to_thread(answer, body)
        )
