"""Readers that crash, hang, loop or fill the memory.

Only the payload that caused it is lost; the others are read.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.facts import Reject, RejectKind, SampleBlock
from model.received import Context, Fetch, Notice, NoticeKind
from simulate.fit_writer import Recording, write_activity
from stream.readers import answers
from stream.readers import pool as pools
from stream.readers.answers import ReaderAnswer
from stream.readers.budget import ReadBudget, budget
from stream.readers.inline import InlineReader
from stream.readers.pool import ReaderPool, open_reader_pool
from stream.readers.wire import (
    BodyToRead,
    Holdings,
    Refusal,
    UntrustedAnswerError,
    pack_frame,
    unpack_frame,
)
from stream.readers.zygote import Zygote, open_zygote
from tests.planted_readers import planted

_START_MS = 1_764_000_000_000
Use = Callable[[ReaderPool], Coroutine[Any, Any, list[ReaderAnswer]]]


def _walk(seconds: int = 600) -> bytes:
    t = _START_MS + np.arange(seconds, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(seconds, 110.0)}
    return write_activity(
        Recording(start_ms=_START_MS, end_ms=_START_MS + seconds * 1000, t=t, columns=columns)
    )


_WALK = _walk()


def file(content: bytes) -> BodyToRead:
    return BodyToRead(format="sniff", context=Context(connector="files"), content=content)


def _unhurried(size: int) -> ReadBudget:
    return replace(budget(size), idle_s=600)


@pytest.fixture
def zygote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zygote]:
    """Fork readers with bugs in them.

    The pool waits for them without hurry, so that on a busy machine each limit of a reader itself
    is met before the wall clock's. One test below is about the wall clock.
    """
    monkeypatch.setattr(answers, "read_body", planted)
    monkeypatch.setattr(pools, "budget", _unhurried)
    with open_zygote() as forked:
        yield forked


def _use(zygote: Zygote, work: Use) -> list[ReaderAnswer]:
    async def run() -> list[ReaderAnswer]:
        async with open_reader_pool(zygote) as pool:
            return await work(pool)

    return asyncio.run(run())


def _kinds(answers: Sequence[ReaderAnswer]) -> list[RejectKind | None]:
    return [answer.reject.kind if isinstance(answer, Refusal) else None for answer in answers]


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (b"<raise>", RejectKind.READER_FAULT),
        (b"<loop>", RejectKind.TOO_SLOW),
        (b"<swallow>", RejectKind.ENDED_THE_WORKER),
        (b"<hoard>", RejectKind.TOO_LARGE),
        (b"<exit>", RejectKind.ENDED_THE_WORKER),
    ],
)
def test_a_bug_costs_the_body_that_meets_it(zygote: Zygote, mark: bytes, kind: RejectKind) -> None:
    bodies = [file(_WALK), file(mark), file(_WALK)]
    assert _kinds(_use(zygote, lambda pool: pool.read(bodies))) == [None, kind, None]


def test_a_reader_that_waits_for_ever_is_ended(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "budget", lambda _size: ReadBudget(cpu_s=1, memory=0, idle_s=0.5))
    assert _kinds(_use(zygote, lambda pool: pool.read([file(b"<hang>")]))) == [RejectKind.TOO_SLOW]
    monkeypatch.setattr(pools, "budget", _unhurried)
    assert _kinds(_use(zygote, lambda pool: pool.read([file(_WALK)]))) == [None]


def test_a_reader_that_works_is_not_idle(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import of 2 GiB on a busy machine lost two pieces to the wall clock."""
    own = replace(budget(0), idle_s=0.25)
    monkeypatch.setattr(pools, "budget", lambda _size: own)
    for read in (lambda pool: pool.read([file(b"<loop>")]), _large_loop):
        (answer,) = _use(zygote, read)
        assert isinstance(answer, Refusal)
        # ended by its limit of CPU time, which is longer than it may be idle
        assert answer.reject.kind is RejectKind.TOO_SLOW
        assert answer.reject != pools.HUNG


async def _large_loop(pool: ReaderPool) -> list[ReaderAnswer]:
    return [await pool.read_large(file(b"<loop>"))]


def test_a_fault_is_described_without_values(zygote: Zygote) -> None:
    (answer,) = _use(zygote, lambda pool: pool.read([file(b"<raise>")]))
    assert isinstance(answer, Refusal)
    assert answer.fault.startswith("ZeroDivisionError at planted_readers.py:")
    assert "nobody may log" not in repr(answer)


@pytest.mark.parametrize("mark", [b"<exit>", b"<hoard>", b"<raise>"])
def test_a_bug_costs_the_large_body_that_meets_it(zygote: Zygote, mark: bytes) -> None:
    async def both(pool: ReaderPool) -> list[ReaderAnswer]:
        return [await pool.read_large(file(mark)), await pool.read_large(file(_WALK))]

    refused, read = _use(zygote, both)
    assert isinstance(refused, Refusal)
    assert isinstance(read, Holdings)


def test_a_large_body_is_read_as_a_small_one_is(zygote: Zygote) -> None:
    async def both(pool: ReaderPool) -> list[ReaderAnswer]:
        return [
            await pool.read_large(file(_WALK)),
            *await pool.read([file(_WALK)]),
            await InlineReader().read_large(file(_WALK)),
        ]

    reported = list(map(facts_of, _use(zygote, both)))
    assert len(reported) == 3
    assert reported[0] == reported[1] == reported[2] != []


def facts_of(answer: ReaderAnswer) -> list[str]:
    """Return the facts of every part, as text that can be compared."""
    assert isinstance(answer, Holdings)
    facts: list[str] = []
    for part in answer.parts:
        facts += list(map(repr, part.facts))
    return facts


def test_many_at_once_are_read_by_few_readers(zygote: Zygote) -> None:
    async def many(pool: ReaderPool) -> list[ReaderAnswer]:
        lists = await asyncio.gather(
            *(pool.read([file(_WALK), file(b"no file")]) for _ in range(10))
        )
        return list(chain.from_iterable(lists))

    assert _kinds(_use(zygote, many)) == [None, RejectKind.UNKNOWN] * 10


def test_readers_end_with_the_zygote_though_their_sockets_are_open() -> None:
    async def scene() -> None:
        with open_zygote() as forked:
            pool = ReaderPool(zygote=forked)
            await asyncio.gather(
                *(pool.read([file(_WALK)] * 20) for _ in range(pools.READER_COUNT))
            )
            processes = [pool._idle.get_nowait() for _ in range(pools.READER_COUNT)]
            numbers = [process.number for process in processes if process is not None]
            assert list(map(runs, numbers)) == [True] * pools.READER_COUNT
        deadline = time.monotonic() + 10
        while any(map(runs, numbers)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        for process in processes:
            assert process is not None
            process.end()

    asyncio.run(scene())


def runs(number: int) -> bool:
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and " Z " not in stat.read_text(encoding="ascii")


def test_an_answer_of_another_type_is_not_opened() -> None:
    with pytest.raises(UntrustedAnswerError, match="a reader named posix"):
        unpack_frame(pack_frame(Trap())[8:])


def test_what_is_no_pickle_is_no_answer() -> None:
    with pytest.raises(UntrustedAnswerError):
        unpack_frame(b"no pickle")


class Trap:
    """What a reader under a foreign rule might send."""

    def __reduce__(self) -> tuple[Any, ...]:
        import os  # noqa: PLC0415 - so that it is named by its own module

        return os.getcwd, ()


def test_every_answer_can_be_opened() -> None:
    read = answers.answer(file(_WALK))
    assert isinstance(read, Holdings)
    fetch = Fetch(account="a", resource="r", key="k", path="/p", query=(("q", "v"),))
    noticed = Notice(account="a", kind=NoticeKind.REVOKED, scopes=("s",))
    full = replace(read, fetches=(fetch,), notices=(noticed,))
    (again,) = unpack_frame(pack_frame([full])[8:])
    assert repr(again) == repr(full)
    assert any(isinstance(fact, SampleBlock) for fact in again.parts[0].facts)
    refusal = Refusal(reject=Reject(where="body", why="w"))
    assert unpack_frame(pack_frame([refusal])[8:]) == [refusal]


def test_budgets_grow_with_the_body() -> None:
    assert (budget(0).cpu_s, budget(20 << 20).cpu_s) == (0.5, 5.5)
    assert (budget(0).idle_s, budget(20 << 20).idle_s) == (2.0, 12.0)
    assert (budget(0).memory, budget(4 << 20).memory) == (256 << 20, 416 << 20)
    assert budget(1 << 30).memory == 1 << 30
