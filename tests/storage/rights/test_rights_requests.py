"""Requests are stored with their due date; the same right opened for twice is a single request."""

from dataclasses import replace
from datetime import date

import pytest
from psycopg import errors

from model.privacy.requests import RightKind, RightsState
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection
from storage.rights.rights_requests import (
    list_requests,
    open_request,
    put_rights_move,
    rights_request,
)
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_DAY = 86_400_000


@pytest.mark.promise(15)
async def test_a_request_is_listed_until_it_is_closed(conn: Connection) -> None:
    late = await open_request(conn, "p2", RightKind.ERASURE, T0 + _DAY)
    opened = await open_request(conn, "p1", RightKind.ACCESS, T0, "BankID")
    assert late.due.toordinal() - opened.due.toordinal() == 1
    assert await list_requests(conn) == (opened, late)
    assert await list_requests(conn, unit="elsewhere") == ()
    assert await list_requests(conn, patient="p2") == (late,)
    closed = replace(
        opened, state=RightsState.ANSWERED, handled_by="os:a", answer="sent", closed_ms=T0 + 1
    )
    await put_rights_move(conn, closed)
    assert await rights_request(conn, opened.number) == closed
    assert await list_requests(conn) == (late,)
    assert await list_requests(conn, closed=True) == (late, closed)


async def test_asking_again_keeps_the_due_date(conn: Connection) -> None:
    opened = await open_request(conn, "p1", RightKind.ACCESS, T0)
    again = await open_request(conn, "p1", RightKind.ACCESS, T0 + 9 * _DAY, "BankID")
    assert again == replace(opened, identified="BankID")
    assert await open_request(conn, "p1", RightKind.ACCESS, T0 + 9 * _DAY, "voice") == again
    assert isinstance(opened.due, date)
    with pytest.raises(UnknownNameError):
        await open_request(conn, "nobody", RightKind.ACCESS, T0)
    with pytest.raises(UnknownNameError):
        await rights_request(conn, 999)


async def test_the_database_refuses_an_answer_to_somebody_unknown(conn: Connection) -> None:
    opened = await open_request(conn, "p1", RightKind.ACCESS, T0)
    with pytest.raises(errors.CheckViolation):
        await put_rights_move(conn, replace(opened, state=RightsState.ANSWERED, closed_ms=T0))
