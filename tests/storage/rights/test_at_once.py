"""Each right of a patient twice at once, and in the middle of an erasure: nothing is half done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from psycopg import AsyncConnection

from model.keyring import KeyRing
from model.privacy.rectification import RightValues
from model.privacy.requests import (
    RightKind,
    RightsMoveError,
    RightsState,
    check_rights_move,
)
from storage.erase import erase
from storage.facts.writer import write_facts
from storage.people import consents
from storage.people.errors import AccountClosedError, UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection, adapt
from storage.rights import account_life, corrections, restrictions
from storage.rights.corrections import CorrectedRecord
from storage.rights.restrictions import RestrictionError
from storage.rights.rights_files import put_rights_file
from storage.rights.rights_requests import open_request, put_rights_move, rights_request
from storage.rights.stopping import stop_source
from tests.storage.derived.traces import rows_with_traces
from tests.storage.tellers import T0, attributed_batch, run

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))
_WAITS = "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
_LATER = T0 + 1
_FILED = RightKind.ERASURE  # a kind that no right below asks for
_FILED_AS = "select id from rights_request where kind = %s"
# What a right says to a patient who is not there any more, and to who did the same just now.
_REFUSED = (UnknownNameError, RestrictionError, AccountClosedError, RightsMoveError)
_Right = Callable[[Connection], Awaitable[object]]


async def _access(conn: Connection) -> None:
    await open_request(conn, "p1", RightKind.ACCESS, _LATER)


async def _portability(conn: Connection) -> None:
    await open_request(conn, "p1", RightKind.PORTABILITY, _LATER)


async def _answer(conn: Connection) -> None:
    """Answer the request of the fixture with a file, as the clinic and the command do."""
    open_ones = await rows.fetch_column(conn, _FILED_AS, [_FILED.value])
    request = await rights_request(conn, open_ones[0] if open_ones else 0)
    check_rights_move(request, RightsState.ANSWERED, identified="BankID", answer="here")
    moved = replace(
        request,
        state=RightsState.ANSWERED,
        identified="BankID",
        answer="here",
        handled_by="c",
        closed_ms=_LATER,
    )
    await put_rights_move(conn, moved)
    await put_rights_file(conn, _KEY, moved, b"a file", _LATER)


async def _rectify(conn: Connection) -> None:
    meant, right = CorrectedRecord(record="r1"), RightValues(type="cycling")
    await corrections.correct_record(
        conn, "p1", meant, right, now_ms=_LATER, by="c", why="asked for"
    )


async def _restrict(conn: Connection) -> None:
    interval = (T0, _LATER)
    await restrictions.add_restriction(
        conn, "p1", interval=interval, now_ms=_LATER, by="c", why="asked for"
    )


async def _object(conn: Connection) -> None:
    await restrictions.record_objection(conn, "p1", now_ms=_LATER, by="c", why="asked for")


async def _withdraw(conn: Connection) -> None:
    await stop_source(conn, "p1", "files", from_ms=_LATER, now_ms=_LATER)


async def _close(conn: Connection) -> None:
    account = await account_life.held_account(conn, "p1")
    await account_life.close_account(conn, account, now_ms=_LATER, by="c", why="asked for")


# Each right with a query for how often it is in force, and what it gives after twice at once.
_RIGHTS: dict[str, tuple[_Right, str]] = {
    "access": (_access, "select count(*) from rights_request where kind = 'access'"),
    "portability": (
        _portability,
        "select count(*) from rights_request where kind = 'portability'",
    ),
    "answer": (_answer, "select count(*) from rights_file"),
    "rectify": (_rectify, "select count(*) from correction where ended_at is null"),
    "restrict": (_restrict, "select count(*) from restriction where kind = 'restriction'"),
    "object": (_object, "select count(*) from restriction where kind = 'objection'"),
    "withdraw": (_withdraw, "select count(*) from consent where withdrawn_at is not null"),
    "close": (_close, "select count(*) from account_move where kind = 'close'"),
}
_EACH = pytest.mark.parametrize("name", _RIGHTS)


@pytest.fixture
async def person(conn: Connection, dsn: str) -> str:
    """Give the DSN of a database in which p1 has a workout and a consent."""
    await write_facts(conn, attributed_batch(run("r1", T0), "p1"))
    await consents.give_consent(conn, "p1", "files", from_ms=1, now_ms=1)
    await open_request(conn, "p1", _FILED, T0)
    await conn.commit()
    return dsn


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[Connection]:
    async with await AsyncConnection.connect(dsn, options="-c timezone=UTC") as conn:
        adapt(conn)
        yield conn


async def _done(conn: Connection, right: _Right) -> str:
    """Use a right in a transaction of its own; return "" or what it was refused with."""
    try:
        async with conn.transaction():
            await right(conn)
    except _REFUSED as error:
        return type(error).__name__
    return ""


async def _until_waiting(
    watching: Connection, waiting: Connection, task: asyncio.Task[str]
) -> None:
    """Return once a connection waits for a lock, or its task is over."""
    async with asyncio.timeout(30):
        while not task.done():
            count = await rows.fetch_column(watching, _WAITS, [waiting.info.backend_pid])
            await watching.rollback()
            if count == [1]:
                return


async def _behind(conn: Connection, dsn: str, first: _Right, second: _Right) -> tuple[str, bool]:
    """Use a right while another is used and not committed: both end, the first one first.

    Return what the second was refused with ("": it was not), and whether it had waited.
    """
    async with _opened(dsn) as holding, _opened(dsn) as waiting:
        await first(holding)
        task = asyncio.create_task(_done(waiting, second))
        await _until_waiting(conn, waiting, task)
        has_waited = not task.done()
        await holding.commit()
        return await task, has_waited


async def _erased(conn: Connection) -> object:
    return await erase(conn, "p1", _LATER)


@_EACH
@pytest.mark.promise(14)
async def test_a_right_in_the_middle_of_an_erasure_leaves_nothing(
    conn: Connection, person: str, name: str
) -> None:
    right, query = _RIGHTS[name]
    assert await _behind(conn, person, _erased, right) == ("UnknownNameError", True)
    assert await rows.fetch_column(conn, query, []) == [0]
    assert await rows_with_traces(person, ["p1"]) == set()


@_EACH
@pytest.mark.promise(14)
async def test_an_erasure_in_the_middle_of_a_right_takes_it_along(
    conn: Connection, person: str, name: str
) -> None:
    right, query = _RIGHTS[name]
    assert await _behind(conn, person, right, _erased) == ("", True)
    assert await rows.fetch_column(conn, query, []) == [0]
    assert await rows_with_traces(person, ["p1"]) == set()


@_EACH
async def test_a_right_twice_at_once_is_used_once(conn: Connection, person: str, name: str) -> None:
    right, query = _RIGHTS[name]
    await _behind(conn, person, right, right)
    assert await rows.fetch_column(conn, query, []) == [1]
