"""Where a body lies on its way in, and that all bodies together take bounded memory and disk."""

import asyncio
import hashlib
from collections.abc import Awaitable
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.problems import Refused
from ingest.spool import FREE, SPOOL, Budget, Spool, Spools
from tests.rows import cells_of

_T = TypeVar("_T")


def _run(work: Awaitable[_T]) -> _T:
    async def bounded() -> _T:
        return await asyncio.wait_for(work, 30)

    return asyncio.run(bounded())


async def filled(spool: Spool, size: int) -> bytes | BinaryIO:
    for start in range(0, size, 100_000):
        await spool.add(b"x" * min(100_000, size - start))
    return await spool.content(FREE)


def test_a_short_body_counts_nowhere() -> None:
    spools = Spools(memory=0, disk=0)
    assert _run(filled(Spool(spools), FREE)) == b"x" * FREE


def test_a_body_of_some_length_is_in_memory_and_a_long_one_on_disk(tmp_path: Path) -> None:
    spools = Spools(folder=tmp_path)
    short, long = Spool(spools), Spool(spools)
    assert _run(filled(short, SPOOL)) == b"x" * SPOOL
    assert (spools.unproved.memory.used, spools.unproved.disk.used) == (SPOOL - FREE, 0)
    file = _run(filled(long, SPOOL + 1))
    assert not isinstance(file, bytes)
    file.seek(0)
    assert file.read() == b"x" * (SPOOL + 1)
    assert long.sha256 == hashlib.sha256(b"x" * (SPOOL + 1)).hexdigest()
    assert list(tmp_path.iterdir()) == []
    assert (spools.unproved.memory.used, spools.unproved.disk.used) == (SPOOL - FREE, SPOOL + 1)
    for spool in (short, long):
        spool.close()
        spool.close()
    assert (spools.unproved.memory.used, spools.unproved.disk.used) == (0, 0)
    assert file.closed


def test_without_memory_a_body_goes_to_disk_and_comes_back_where_it_is_short(
    tmp_path: Path,
) -> None:
    spools = Spools(folder=tmp_path, memory=10)

    async def both() -> list[bytes | BinaryIO]:
        spool = Spool(spools)
        await spool.add(b"x" * (FREE + 20))
        contents = [await spool.content(FREE + 20), await spool.content(FREE + 19)]
        spool.close()
        return contents

    short, file = _run(both())
    assert short == b"x" * (FREE + 20)
    assert not isinstance(file, bytes)


def test_without_disk_it_is_refused_for_now(tmp_path: Path) -> None:
    spools = Spools(folder=tmp_path, memory=0, disk=FREE)
    spool = Spool(spools)
    with pytest.raises(Refused) as caught:
        _run(filled(spool, FREE + 1))
    assert (caught.value.problem.status, caught.value.problem.reason) == (503, "busy")
    assert dict(caught.value.problem.headers) == {"Retry-After": "5"}
    spool.close()
    assert spools.unproved.disk.used == 0


def test_a_disk_that_fails_is_told_apart(tmp_path: Path) -> None:
    spool = Spool(Spools(folder=tmp_path / "gone", memory=0))
    with pytest.raises(FileNotFoundError):
        _run(filled(spool, FREE + 1))
    spool.close()


def test_proved_bodies_have_their_own_room_and_nobody_all_of_it(tmp_path: Path) -> None:
    spools = Spools(folder=tmp_path, memory=0, disk=4 * (FREE + 1))
    first, second, other = Spool(spools, "p1"), Spool(spools, "p1"), Spool(spools, "p2")
    _run(filled(first, FREE + 1))
    with pytest.raises(Refused):
        _run(filled(second, FREE + 1))  # a fourth of the room is taken
    _run(filled(other, FREE + 1))
    assert (spools.unproved.disk.used, spools.proved.disk.used) == (0, 2 * (FREE + 1))
    first.close()
    again = Spool(spools, "p1")
    _run(filled(again, FREE + 1))
    for spool in (second, other, again):
        spool.close()


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.integers(0, 60)), max_size=50))
def test_a_budget_adds_up(steps: list[tuple[str, int]]) -> None:
    budget, held = Budget(100), [step for step in [("", 0)] if step[1]]
    for holder, count in steps:
        if budget.take(count, holder):
            held.append((holder, count))
        elif held:
            back, given_count = held.pop()
            budget.give(given_count, back)
        assert budget.used == sum(cells_of(held, 1)) <= 100
        for name in ("a", "b"):
            assert sum(count for holder, count in held if holder == name) <= 25
