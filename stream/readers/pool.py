"""The worker's side of reading: bodies go to reader processes, and come back as facts or as the reason why not.

A reader that ends or hangs is replaced, and the bodies that it had are read again one by one. A body with which two
readers ended is refused as `ended_the_worker`. Must never let a body decide over more than itself.
"""

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from ...model.facts import Parsed, Reject, RejectKind
from .answers import Answer
from .budget import budget
from .wire import LENGTH, Body, Refusal, Spilled, SpilledFacts, UntrustedAnswerError, pack, unpack
from .zygote import Zygote

READERS = 2  # a body that takes its whole budget holds up one of them
TRIES = 2
RECYCLE = 20_000  # bodies after which a reader makes room for a fresh one
ENDED = Reject(where="body", why="a process ended while it worked on this", kind=RejectKind.ENDED_THE_WORKER)
HUNG = Reject(where="body", why="reading it did not come to an end in time", kind=RejectKind.TOO_SLOW)


class ReaderGoneError(RuntimeError):
    """A reader ended, hung or answered nonsense; `reject` is what that means for a body that was alone with it."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.why)
        self.reject = reject


class Reader(Protocol):
    """Reads bodies. Never raises for what is in one."""

    async def read(self, bodies: Sequence[Body]) -> list[Answer]:
        """Return what each body holds, in the order of the bodies."""

    async def read_large(self, body: Body) -> Answer:
        """Return what one large body holds; its facts are read from a file as they are walked through."""


@dataclass(slots=True, kw_only=True)
class _Process:
    """One reader process at the other end of a socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    bodies: int = 0

    async def ask(self, bodies: Sequence[Body], wall_s: float) -> Any:  # noqa: ANN401 - as `unpack`
        """Send a batch and return the answer; raises `ReaderGoneError`, after which the process is of no use."""
        self.bodies += len(bodies)
        try:
            async with asyncio.timeout(wall_s):
                self.writer.write(pack(list(bodies)))
                await self.writer.drain()
                return await _frame(self.reader)
        except TimeoutError:
            raise ReaderGoneError(HUNG) from None
        except (EOFError, OSError, UntrustedAnswerError):
            raise ReaderGoneError(ENDED) from None

    def end(self) -> None:
        """End the process, whatever it does."""
        self.writer.close()
        with suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)


@dataclass(slots=True, kw_only=True)
class Pool:
    """`Reader` by processes that a zygote forks."""

    zygote: Zygote
    _idle: asyncio.LifoQueue[_Process | None] = field(default_factory=asyncio.LifoQueue)

    def __post_init__(self) -> None:
        for _ in range(READERS):
            self._idle.put_nowait(None)  # forked when it is needed first

    async def read(self, bodies: Sequence[Body]) -> list[Answer]:
        """Return what each body holds. A batch whose reader ends is read again body by body."""
        if not bodies:
            return []
        try:
            return await self._batch(bodies)
        except ReaderGoneError:
            return [await self._alone(body, TRIES) for body in bodies]

    async def read_large(self, body: Body) -> Answer:
        """Return what one large body holds, read by a process of its own."""
        for tries in range(1, TRIES + 1):
            try:
                return await self._large(body)
            except ReaderGoneError as error:
                if tries == TRIES:
                    return Refusal(reject=error.reject)
        raise AssertionError("a body is tried once at least")

    def close(self) -> None:
        """End the readers that are idle; those at work end with the zygote."""
        while not self._idle.empty():
            process = self._idle.get_nowait()
            if process is not None:
                process.end()

    async def _alone(self, body: Body, tries: int) -> Answer:
        try:
            return (await self._batch([body]))[0]
        except ReaderGoneError as error:
            if tries == 1:
                return Refusal(reject=error.reject)
            return await self._alone(body, tries - 1)

    async def _batch(self, bodies: Sequence[Body]) -> list[Answer]:
        wall_s = sum(budget(len(body.content)).wall_s for body in bodies)
        process = await self._idle.get()
        back: _Process | None = None
        try:
            process = process or await _open(self.zygote.reader())
            answers: list[Answer] = await process.ask(bodies, wall_s)
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
        return Parsed(
            account=answer.account,
            facts=SpilledFacts(own, answer.offsets),
            rejects=answer.rejects,
            complete=answer.complete,
        )

    async def _ask_large(self, body: Body, content: IO[bytes], facts: IO[bytes]) -> Spilled | Refusal:
        process = await _open(self.zygote.large_reader(content.fileno(), facts.fileno()))
        try:
            named = Body(connector=body.connector, content_type=body.content_type, content=b"")
            answer: Spilled | Refusal = await process.ask([named], budget(len(body.content)).wall_s)
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


async def _open(connection: socket.socket) -> _Process:
    connection.setblocking(False)  # noqa: FBT003 - the only way to say it
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    return _Process(reader=reader, writer=writer, number=await _frame(reader))


async def _frame(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - as `unpack`
    head = await reader.readexactly(LENGTH.size)
    return unpack(await reader.readexactly(LENGTH.unpack(head)[0]))
