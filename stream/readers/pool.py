"""The worker's side of reading: sends bodies to reader processes and takes their answers.

A reader that ends or hangs is replaced, and the bodies that it had are read again. A body with
which two readers ended is refused as `ended_the_worker`. A body must never affect the result of
another.
"""

import asyncio
import mmap
import os
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any, Protocol

from model.facts import Reject, RejectKind
from stream.readers.answers import ReaderAnswer
from stream.readers.budget import budget
from stream.readers.busy import busy_s
from stream.readers.wire import (
    LENGTH,
    POSITION_MARK,
    BodyToRead,
    Refusal,
    Spilled,
    UntrustedAnswerError,
    pack_frame,
    unpack_frame,
    unspill,
)
from stream.readers.zygote import Zygote

READER_COUNT = 2  # a slow body delays one of them, and the other goes on
_TRIES = 2
_BUFFER = 4 * 1024 * 1024  # large enough to receive a usual answer in one go
_LOOK_S = 0.25  # seconds between two looks at a reader that has not answered
RECYCLE = 20_000  # bodies after which a reader is replaced by a fresh one
ENDED = Reject(
    where="body", why="a process ended while it worked on this", kind=RejectKind.ENDED_THE_WORKER
)
HUNG = Reject(
    where="body", why="reading it did not come to an end in time", kind=RejectKind.TOO_SLOW
)


class ReaderGoneError(RuntimeError):
    """A reader ended, hung or sent an invalid answer.

    `location` is the position in its batch of the body that it worked on. `reject` is the reason to
    refuse this body with.
    """

    def __init__(self, reject: Reject, location: int) -> None:
        super().__init__(reject.why)
        self.reject, self.location = reject, location


class Reader(Protocol):
    """Reads bodies, and never raises because of their content."""

    async def read(self, bodies: Sequence[BodyToRead]) -> list[ReaderAnswer]:
        """Return what each body holds, in the order of the bodies."""

    async def read_large(self, body: BodyToRead) -> ReaderAnswer:
        """Return what one large body holds; its facts are read from a file during iteration."""


@dataclass(slots=True, kw_only=True)
class _Process:
    """One reader process at the other end of a socket.

    `number` is its process id. `mark` is shared memory in which it notes the position of the body
    in work, and `bodies` counts those sent to it. `size` is that of a body which it has in a file.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    mark: mmap.mmap | None = None
    bodies: int = 0
    size: int | None = None

    async def ask(self, bodies: Sequence[BodyToRead]) -> Any:  # noqa: ANN401 - as unpack_frame
        """Send a batch and return the answer.

        Raises `ReaderGoneError`, after which the process must be replaced.
        """
        self.bodies += len(bodies)
        self._begin()
        answer = asyncio.ensure_future(self._answer(bodies))
        try:
            await self._wait(answer, bodies)
            return answer.result()
        except (EOFError, OSError, UntrustedAnswerError):
            raise ReaderGoneError(ENDED, self.location()) from None
        finally:
            answer.cancel()

    async def _wait(self, answer: asyncio.Future[Any], bodies: Sequence[BodyToRead]) -> None:
        """Wait for an answer; raises `ReaderGoneError` when a body exceeds its budget of idling."""
        position, since_s = 0, self._idle_s()
        while not (await asyncio.wait({answer}, timeout=_LOOK_S))[0]:
            # the clock starts again with each body: a long batch is no sign that a reader hangs
            now, idle_s = self.location(), self._idle_s()
            if now != position:
                position, since_s = now, idle_s
            elif idle_s - since_s > self._most_idle_s(bodies[position]):
                raise ReaderGoneError(HUNG, position)

    def _idle_s(self) -> float:
        """Return a clock that stands still while the process works or waits for a processor."""
        return time.monotonic() - busy_s(self.number)

    def _most_idle_s(self, body: BodyToRead) -> float:
        return budget(self.size if self.size is not None else len(body.content)).idle_s

    def location(self) -> int:
        """Return the position in its batch of the body in work."""
        return int(POSITION_MARK.unpack_from(self.mark)[0]) if self.mark is not None else 0

    def end(self) -> None:
        """End the process at once, whatever it is doing."""
        self.writer.close()
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)

    def _begin(self) -> None:
        # the mark still has the last position of the batch before
        if self.mark is not None:
            POSITION_MARK.pack_into(self.mark, 0, 0)

    async def _answer(self, bodies: Sequence[BodyToRead]) -> Any:  # noqa: ANN401 - as unpack_frame
        self.writer.write(pack_frame(list(bodies)))
        await self.writer.drain()
        return await _frame(self.reader)


@dataclass(slots=True, kw_only=True)
class ReaderPool:
    """A `Reader` whose processes are forked by a zygote."""

    zygote: Zygote
    _idle: asyncio.LifoQueue[_Process | None] = field(default_factory=asyncio.LifoQueue)

    def __post_init__(self) -> None:
        for _ in range(READER_COUNT):
            self._idle.put_nowait(None)  # None is a free slot: its process is forked on first use

    async def read(self, bodies: Sequence[BodyToRead]) -> list[ReaderAnswer]:
        """Return what each body holds.

        If a reader ends, the body that it worked on is read again alone, and the others together.
        """
        if not bodies:
            return []
        try:
            return await self._batch(bodies)
        except ReaderGoneError as error:
            position = error.location
        others = await self.read([*bodies[:position], *bodies[position + 1 :]])
        return [*others[:position], await self._again(bodies[position]), *others[position:]]

    async def read_large(self, body: BodyToRead) -> ReaderAnswer:
        """Return what one large body holds; a process of its own reads it."""
        for tries in range(1, _TRIES + 1):
            try:
                return await self._large(body)
            except ReaderGoneError as error:
                if tries == _TRIES:
                    return Refusal(reject=error.reject)
        raise AssertionError("a body is tried once at least")

    def close(self) -> None:
        """End the readers that are idle; those at work end with the zygote."""
        while not self._idle.empty():
            process = self._idle.get_nowait()
            if process is not None:
                process.end()

    async def _again(self, body: BodyToRead) -> ReaderAnswer:
        try:
            return (await self._batch([body]))[0]
        except ReaderGoneError as error:
            return Refusal(reject=error.reject)

    async def _batch(self, bodies: Sequence[BodyToRead]) -> list[ReaderAnswer]:
        process = await self._idle.get()
        back: _Process | None = None
        try:
            process = process or await _start(self.zygote)
            answers: list[ReaderAnswer] = await process.ask(bodies)
            if process.bodies < RECYCLE:
                back = process
            return answers
        finally:
            # a process that failed or was interrupted might still send the answer of this batch
            if process is not None and back is None:
                process.end()
            self._idle.put_nowait(back)

    async def _large(self, body: BodyToRead) -> ReaderAnswer:
        with ExitStack() as files:
            content = files.enter_context(tempfile.TemporaryFile(prefix="kadens-body-"))
            facts = files.enter_context(tempfile.TemporaryFile(prefix="kadens-facts-"))
            await asyncio.to_thread(_fill, content, body.content)
            answer = await self._ask_large(body, content, facts)
            if isinstance(answer, Refusal):
                return answer
            # outlives the block: it is closed with the facts that are read from it
            own = os.fdopen(os.dup(facts.fileno()), "rb")
        return unspill(answer, own)

    async def _ask_large(
        self, body: BodyToRead, content: IO[bytes], facts: IO[bytes]
    ) -> Spilled | Refusal:
        process = await _open(self.zygote.large_reader(content.fileno(), facts.fileno()))
        process.size = len(body.content)
        try:
            named = replace(body, content=b"")  # the content is in the file
            answer: Spilled | Refusal = await process.ask([named])
        finally:
            process.end()
        return answer


@asynccontextmanager
async def open_reader_pool(zygote: Zygote) -> AsyncIterator[ReaderPool]:
    """Give a pool of readers and end them after the block."""
    pool = ReaderPool(zygote=zygote)
    try:
        yield pool
    finally:
        pool.close()


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


async def _start(zygote: Zygote) -> _Process:
    """Return a new reader of batches, with the memory in which it marks the body in work."""
    with tempfile.TemporaryFile(prefix="kadens-mark-") as file:
        file.truncate(POSITION_MARK.size)
        process = await _open(zygote.reader(file.fileno()))
        process.mark = mmap.mmap(file.fileno(), POSITION_MARK.size)
    return process


async def _open(connection: socket.socket) -> _Process:
    connection.setblocking(False)  # noqa: FBT003 - the only way to say it
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_BUFFER)
    return _Process(reader=reader, writer=writer, number=await _frame(reader))


async def _frame(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - as unpack_frame
    head = await reader.readexactly(LENGTH.size)
    return unpack_frame(await reader.readexactly(LENGTH.unpack(head)[0]))
