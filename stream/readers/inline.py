"""Reads bodies in this process, without a budget.

This `Reader` is for tests, and for a replay, whose bodies were read before.
"""

import asyncio
from collections.abc import Sequence

from model.envelope import INLINE
from stream.readers.answers import ReaderAnswer, answer
from stream.readers.wire import BodyToRead


class InlineReader:
    """Reads bodies in this process; a large body in a thread, so that the loop goes on."""

    async def read(self, bodies: Sequence[BodyToRead]) -> list[ReaderAnswer]:
        """Return what each body holds."""
        answers: list[ReaderAnswer] = []
        for body in bodies:
            read = await self.read_large(body)
            answers.append(read)
        return answers

    async def read_large(self, body: BodyToRead) -> ReaderAnswer:
        """Return what one body holds."""
        return (
            answer(body) if len(body.content) <= INLINE else await asyncio.to_thread(answer, body)
        )
