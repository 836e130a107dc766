"""A reader process: takes bodies and answers with what its parsers read, each within a budget.

It has no network, no database and no key. It must never outlive the worker: when its socket closes,
it ends.
"""

import gc
import math
import mmap
import os
import pickle
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedRWPair
from pathlib import Path
from types import FrameType
from typing import IO

from model.facts import Reject, RejectKind
from stream.readers.answers import ReaderAnswer, answer
from stream.readers.budget import HARD_S, ReadBudget, budget
from stream.readers.wire import (
    LENGTH,
    POSITION_MARK,
    BodyToRead,
    Refusal,
    Spilled,
    pack_frame,
    spill,
)

STATM = Path("/proc/self/statm")
# New objects between two collections. A fault with its traceback is a cycle of a few objects, so
# some thousands of faults wait for a collection at most.
_NEW_OBJECTS = 50_000
AGAIN_S = 0.25  # if some code swallowed the alarm, it rings again and ends the process

TOO_SLOW = Reject(
    where="body",
    why="reading it took more time than a body of its size may take",
    kind=RejectKind.TOO_SLOW,
)


class OutOfTime(BaseException):
    """The CPU time of a body is used up.

    It is no `Exception`, so that a parser's `except Exception` does not catch it.
    """


def serve_batches(connection: socket.socket, count: int) -> None:
    """Answer batches of bodies until the other end closes.

    `count` is the descriptor of the file in which it notes the position of the body in work.
    """
    _settle_in()
    mark = mmap.mmap(count, POSITION_MARK.size)
    with connection, connection.makefile("rwb") as stream:
        stream.write(pack_frame(os.getpid()))
        stream.flush()
        while bodies := _receive(stream):
            answers: list[ReaderAnswer] = []
            for number, body in enumerate(bodies):
                # noted before the work, so that the worker knows which body ended this process
                POSITION_MARK.pack_into(mark, 0, number)
                answers.append(answer_within(body))
            stream.write(pack_frame(answers))
            stream.flush()


def serve_large(connection: socket.socket, content: IO[bytes], facts: IO[bytes]) -> None:
    """Read one large body from the file `content`, and write its facts into the file `facts`."""
    _settle_in()
    os.nice(10)  # a large file is rarely urgent, and must not slow down the small bodies
    with connection, connection.makefile("rwb") as stream:
        stream.write(pack_frame(os.getpid()))
        stream.flush()
        if bodies := _receive(stream):
            with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                body = replace(bodies[0], content=mapped[:])
            stream.write(pack_frame(answer_large(body, facts)))
            stream.flush()


def answer_within(body: BodyToRead) -> ReaderAnswer:
    """Return what a parser reads in a body within its budget, or why nothing could be read."""
    try:
        with _within(budget(len(body.content))):
            return answer(body)
    except OutOfTime:
        return Refusal(reject=TOO_SLOW)


def answer_large(body: BodyToRead, facts: IO[bytes]) -> Spilled | Refusal:
    """Return what a parser reads in a large body; its facts go into the file `facts`."""
    result = answer_within(body)
    return result if isinstance(result, Refusal) else spill(result, facts)


def _receive(stream: BufferedRWPair) -> list[BodyToRead]:
    """Return the next batch, or an empty list at the end.

    Batches come from the worker, which is trusted, so they may hold any type.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return []
    bodies: list[BodyToRead] = pickle.loads(  # noqa: S301 - from the worker itself
        stream.read(LENGTH.unpack(head)[0])
    )
    return bodies


def _settle_in() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which ends its readers
    collect_rarely()


def collect_rarely() -> None:
    """Collect cyclic garbage less often, for the rest of this process.

    What a reader makes lives until its answer is written. The collector visits it again and again
    meanwhile: of half a million nested lists that takes longer than reading them.
    """
    gc.set_threshold(_NEW_OBJECTS)


class _Alarm:
    """Raises `OutOfTime` when a body's CPU time is used up.

    If that was swallowed, the second call ends the process.
    """

    def __init__(self) -> None:
        self.rang = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self.rang:
            os._exit(1)
        self.rang = True
        raise OutOfTime


@contextmanager
def _within(limits: ReadBudget) -> Iterator[None]:
    """Bound the CPU time and the memory of the block.

    An alarm rings after its CPU time, and an allocation beyond its memory is refused. Code outside
    of Python does not see the alarm, so the kernel ends a process that goes on for `HARD_S` more.
    """
    # both limits are totals of the process, so what it has used already is added
    used = resource.getrusage(resource.RUSAGE_SELF)
    _soft_limit(
        resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + limits.cpu_s + HARD_S)
    )
    _soft_limit(resource.RLIMIT_AS, _mapped() + limits.memory)
    signal.signal(signal.SIGPROF, _Alarm())
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_s, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _soft_limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _soft_limit(which: int, limit: int) -> None:
    # only the soft limit moves: without privileges a lowered hard limit could not be raised again
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY and (limit == resource.RLIM_INFINITY or limit > hard):
        limit = hard
    resource.setrlimit(which, (limit, hard))


def _mapped() -> int:
    """Return the bytes of memory that this process has mapped."""
    return int(STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
