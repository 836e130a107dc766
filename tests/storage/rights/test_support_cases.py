"""Support sees whom an open case is about and nobody else, in every table; old cases go."""

from datetime import date

import pytest
from psycopg.sql import SQL, Identifier

from model.calendar import DAY_MS, HOUR_MS, midnight
from storage.people.patients import patient_id
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import CLINIC, WORKER
from storage.pg.row_security import set_granted, set_unit
from storage.rights import support_cases
from stream.rights.closing import remove_old_support
from tests.rows import cells_of

pytestmark = pytest.mark.anyio
_ARRIVED = midnight(date(2026, 8, 31), "Europe/Stockholm")
_REMOVED = midnight(date(2027, 3, 1), "Europe/Stockholm")
_SEEN = "select pseudonym from patient order by 1"


async def _case(conn: Connection, patient: str = "p1", arrived_ms: int = _ARRIVED) -> int:
    return await support_cases.open_support_case(
        conn, patient, about="a watch", by="os:tester", arrived_ms=arrived_ms
    )


async def _allow(conn: Connection, number: int, staff: str, hours: int = 1) -> None:
    case = await support_cases.support_case(conn, number)
    span = (_ARRIVED, _ARRIVED + hours * HOUR_MS)
    await support_cases.give_support_access(
        conn, case, staff=staff, reason="to see", by="os:tester", span=span
    )


async def _seen(conn: Connection, staff: str, now_ms: int) -> list[str]:
    """Return whom a person of the support staff sees, as the clinician door asks."""
    await conn.commit()
    await conn.execute(SQL("set role {}").format(Identifier(CLINIC)))
    await set_unit(conn, "unit")
    accesses = await support_cases.support_accesses(conn, staff, now_ms)
    await set_granted(conn, [access.patient for access in accesses])
    seen: list[str] = cells_of(await (await conn.execute(_SEEN)).fetchall(), 0)
    await conn.rollback()
    await conn.execute("reset role")
    return seen


@pytest.mark.promise(22)
async def test_support_sees_the_patient_of_the_case_for_its_hours(conn: Connection) -> None:
    number = await _case(conn)
    assert await _seen(conn, "s-1", _ARRIVED) == []
    await _allow(conn, number, "s-1")
    assert await _seen(conn, "s-1", _ARRIVED) == ["p1"]
    assert await _seen(conn, "s-1", _ARRIVED + HOUR_MS - 1) == ["p1"]
    assert await _seen(conn, "s-1", _ARRIVED + HOUR_MS) == []
    assert await _seen(conn, "s-1", _ARRIVED - 1) == []
    assert await _seen(conn, "s-2", _ARRIVED) == []


@pytest.mark.promise(22)
async def test_closing_a_case_ends_what_it_opened(conn: Connection) -> None:
    first, second = await _case(conn), await _case(conn, "p2")
    for number in (first, second):
        await _allow(conn, number, "s-1", hours=8)
    assert await _seen(conn, "s-1", _ARRIVED + 1) == ["p1", "p2"]
    await support_cases.close_support_case(conn, first, "done", _ARRIVED + 1)
    assert await _seen(conn, "s-1", _ARRIVED + 1) == ["p2"]


async def test_whoever_is_no_support_sees_the_unit_as_before(conn: Connection) -> None:
    await conn.commit()
    await conn.execute(SQL("set role {}").format(Identifier(CLINIC)))
    await set_unit(conn, "unit")
    assert cells_of(await (await conn.execute(_SEEN)).fetchall(), 0) == ["p1", "p2", "p3"]
    await set_granted(conn, [])
    assert await (await conn.execute(_SEEN)).fetchall() == []
    # the limit ends with the transaction, as the unit does
    await conn.rollback()
    await set_unit(conn, "unit")
    assert len(await (await conn.execute(_SEEN)).fetchall()) == 3


@pytest.mark.promise(22)
async def test_old_cases_go_open_or_not_with_their_accesses(conn: Connection, dsn: str) -> None:
    number = await _case(conn)
    await _allow(conn, number, "s-1")
    closed = await _case(conn, "p2")
    await support_cases.close_support_case(conn, closed, "done", _ARRIVED)
    young = await _case(conn, "p3", _ARRIVED + DAY_MS)
    await conn.commit()
    async with await open_pool(dsn, max_size=1, role=WORKER) as pool:
        assert await remove_old_support(pool, lambda: _REMOVED - 1) == 0
        assert await remove_old_support(pool, lambda: _REMOVED) == 2
        assert await remove_old_support(pool, lambda: _REMOVED) == 0
    left = await support_cases.support_cases(conn, closed=True)
    assert [case.number for case in left] == [young]
    assert await (await conn.execute("select from support_access")).fetchall() == []
    assert await patient_id(conn, "p1")
