"""The worker's side of reading: bodies go to reader processes, and facts or reasons come back.

A reader that ends or hangs is replaced, and the bodies that it had are read again. A body with
which two readers ended is refused as `ended_the_worker`. Must never let a body decide over more
than itself.
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
from stream.readers.answers import Answer
from stream.readers.budget import budget
from stream.readers.wire import (
    LENGTH,
    MARK,
    Body,
    Refusal,
    Spilled,
    UntrustedAnswerError,
    pack,
    unpack,
    unspill,
)
from stream.readers.zygote import Zygote

READERS = 2  # a body that takes its whole budget holds up one of them
_TRIES = 2
_BUFFER = 4 * 1024 * 1024  # of an answer that arrives: it is taken in at once
_LOOK_S = 0.25  # how often a reader that has not answered is looked at
RECYCLE = 20_000  # bodies after which a reader makes room for a fresh one
ENDED = Reject(
    where="body", why="a process ended while it worked on this", kind=RejectKind.ENDED_THE_WORKER
)
HUNG = Reject(
    where="body", why="reading it did not come to an end in time", kind=RejectKind.TOO_SLOW
)


class ReaderGoneError(RuntimeError):
    """A reader ended, hung or answered nonsense while it worked on the body at `location` of its batch.

    `reject` is what that means for this body.
    """

    def __init__(self, reject: Reject, location: int) -> None:
        super().__init__(reject.why)
        self.reject, self.location = reject, location


class Reader(Protocol):
    """Reads bodies. Never raises for what is in one."""

    async def read(self, bodies: Sequence[Body]) -> list[Answer]:
        """Return what each body holds, in the order of the bodies."""

    async def read_large(self, body: Body) -> Answer:
        """Return what one large body holds; its facts are read from a file as they are walked through."""


@dataclass(slots=True, kw_only=True)
class _Process:
    """One reader process at the other end of a socket; `mark` is where it says which body it has in work."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    mark: mmap.mmap | None = None
    bodies: int = 0

    async def ask(self, bodies: Sequence[Body]) -> Any:  # noqa: ANN401 - as `unpack`
        """Send a batch and return the answer; raises `ReaderGoneError`, after which the process is of no use."""
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

    async def _wait(self, answer: asyncio.Future[Any], bodies: Sequence[Body]) -> None:
        """Wait for an answer as long as no body is in work for longer than it may be; raises `ReaderGoneError`."""
        position, since_s = 0, time.monotonic()
        while not (await asyncio.wait({answer}, timeout=_LOOK_S))[0]:
            now, now_s = self.location(), time.monotonic()
            if now != position:
                position, since_s = now, now_s
            elif now_s - since_s > budget(len(bodies[position].content)).wall_s:
                raise ReaderGoneError(HUNG, position)

    async def ask_once(self, bodies: Sequence[Body]) -> Any:  # noqa: ANN401 - as `unpack`
        """Send a batch and return the answer however long it takes; raises `ReaderGoneError`."""
        try:
            return await self._answer(bodies)
        except (EOFError, OSError, UntrustedAnswerError):
            raise ReaderGoneError(ENDED, 0) from None

    def location(self) -> int:
        """Return the place in its batch of the body that is in work."""
        return int(MARK.unpack_from(self.mark)[0]) if self.mark is not None else 0

    def end(self) -> None:
        """End the process, whatever it does."""
        self.writer.close()
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)

    def _begin(self) -> None:
        if self.mark is not None:
            MARK.pack_into(self.mark, 0, 0)

    async def _answer(self, bodies: Sequence[Body]) -> Any:  # noqa: ANN401 - as `unpack`
        self.writer.write(pack(list(bodies)))
        await self.writer.drain()
        return await _frame(self.reader)


@dataclass(slots=True, kw_only=True)
class Pool:
    """`Reader` by processes that a zygote forks."""

    zygote: Zygote
    _idle: asyncio.LifoQueue[_Process | None] = field(default_factory=asyncio.LifoQueue)

    def __post_init__(self) -> None:
        for _ in range(READERS):
            self._idle.put_nowait(None)  # forked when it is needed first

    async def read(self, bodies: Sequence[Body]) -> list[Answer]:
        """Return what each body holds. The body with which a reader ends is read again alone, the others together."""
        if not bodies:
            return []
        try:
            return await self._batch(bodies)
        except ReaderGoneError as error:
            position = error.location
        others = await self.read([*bodies[:position], *bodies[position + 1 :]])
        return [*others[:position], await self._again(bodies[position]), *others[position:]]

    async def read_large(self, body: Body) -> Answer:
        """Return what one large body holds, read by a process of its own."""
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

    async def _again(self, body: Body) -> Answer:
        try:
            return (await self._batch([body]))[0]
        except ReaderGoneError as error:
            return Refusal(reject=error.reject)

    async def _batch(self, bodies: Sequence[Body]) -> list[Answer]:
        process = await self._idle.get()
        back: _Process | None = None
        try:
            process = process or await _start(self.zygote)
            answers: list[Answer] = await process.ask(bodies)
            if process.bodies < RECYCLE:
                back = process
            return answers
        finally:
            if process is not None and back is None:
                process.end()
            self._idle.put_nowait(back)

    async def _large(self, body: Body) -> Answer:
        with ExitStack() as files:
            content = files.enter_context(tempfile.TemporaryFile(prefix="kadens-body-"))
            facts = files.enter_context(tempfile.TemporaryFile(prefix="kadens-facts-"))
            await asyncio.to_thread(_fill, content, body.content)
            answer = await self._ask_large(body, content, facts)
            if isinstance(answer, Refusal):
                return answer
            own = os.fdopen(os.dup(facts.fileno()), "rb")  # closed with the facts that lie in it
        return unspill(answer, own)

    async def _ask_large(
        self, body: Body, content: IO[bytes], facts: IO[bytes]
    ) -> Spilled | Refusal:
        process = await _open(self.zygote.large_reader(content.fileno(), facts.fileno()))
        try:
            async with asyncio.timeout(budget(len(body.content)).wall_s):
                named = replace(body, content=b"")  # the content lies in the file
                answer: Spilled | Refusal = await process.ask_once([named])
        except TimeoutError:
            raise ReaderGoneError(HUNG, 0) from None
        finally:
            process.end()
        return answer


@asynccontextmanager
async def open_pool(zygote: Zygote) -> AsyncIterator[Pool]:
    """Give a pool of readers and end them after the block."""
    pool = Pool(zygote=zygote)
    try:
        yield pool
    finally:
        pool.close()


def _fill(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()


async def _start(zygote: Zygote) -> _Process:
    """Return a new reader of batches, with the place where it says what it has in work."""
    with tempfile.TemporaryFile(prefix="kadens-mark-") as file:
        file.truncate(MARK.size)
        process = await _open(zygote.reader(file.fileno()))
        process.mark = mmap.mmap(file.fileno(), MARK.size)
    return process


async def _open(connection: socket.socket) -> _Process:
    connection.setblocking(False)  # noqa: FBT003 - the only way to say it
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_BUFFER)
    return _Process(reader=reader, writer=writer, number=await _frame(reader))


async def _frame(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - as `unpack`
    head = await reader.readexactly(LENGTH.size)
    return unpack(await reader.readexactly(LENGTH.unpack(head)[0]))
