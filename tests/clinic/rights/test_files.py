"""The file that answers a request leaves by the clinic's hands once, checked and noted."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from model.calendar import DAY_MS
from model.keyring import KeyRing
from storage.pg.pool import open_pool
from storage.rights.rights_files import put_rights_file
from storage.rights.rights_requests import rights_request
from tests.clinic.rights.test_requests import ask
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from web import csrf

_ANSWERED = """
update rights_request set state = 'answered', identified = 'BankID', closed_at = now()
where id = %s"""
FILE_CONTENT = b"PK invented"


@pytest.fixture(name="file_door")
def _file_door(door: Served) -> Iterator[Served]:
    yield door
    door.clock[0] = CLINIC_NOW
    door.change("delete from rights_file")
    door.change("delete from rights_request")


def put_file(door: Served, who: str = "p-pain") -> int:
    """Answer a request for access with a file, and return its number."""
    number = ask(door, "access", who=who)

    async def put() -> None:
        async with await open_pool(door.dsn) as pool, pool.connection() as conn:
            kept = await rights_request(conn, number)
            keys = KeyRing.single(CLINIC_KEY)
            await put_rights_file(conn, keys, kept, FILE_CONTENT, CLINIC_NOW)

    # a thread of its own: the tests of the browser have a loop already
    with ThreadPoolExecutor(1) as beside:
        beside.submit(lambda: asyncio.run(put())).result()
    door.change(_ANSWERED, number)
    return number


def ask_for_file(door: Served, number: int, **form: str) -> httpx2.Response:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    data = {"token": token, "checked": "yes", **form}
    return door.post(f"/requests/{number}/file", data=data, headers={"origin": door.url})


@pytest.mark.promise(15)
def test_a_file_is_handed_over_once(file_door: Served) -> None:
    door = file_door
    number = put_file(door)
    sealed = bytes(door.rows("select sealed from rights_file")[0][0])
    assert FILE_CONTENT not in sealed
    assert "Fetch the file, once" in door.get("/requests").text
    unchecked = ask_for_file(door, number, checked="")
    assert unchecked.status_code == 422
    assert f'id="wrong-checked-{number}"' in unchecked.text
    given = ask_for_file(door, number)
    assert (given.status_code, given.content) == (200, FILE_CONTENT)
    assert given.headers["cache-control"] == "no-store"
    assert given.headers["content-disposition"].endswith(f'"kadens-{number}.zip"')
    assert ask_for_file(door, number).status_code == 409
    assert "Fetched Mon 23 Nov 2026, 13:40 by c-lind." in door.get("/requests").text
    wanted = "select action from audit where object = %s order by id"
    assert door.rows(wanted, f"rights_request:{number}") == [("rights.hand",)]


def test_a_file_is_gone_after_its_time_and_for_others(file_door: Served) -> None:
    door = file_door
    south = put_file(door, "p-south")
    assert f"file-{south}" not in door.get("/requests").text
    assert ask_for_file(door, south).status_code == 404
    number = put_file(door)
    door.clock[0] = CLINIC_NOW + 30 * DAY_MS
    assert ask_for_file(door, number).status_code == 404
    assert f"file-{number}" not in door.get("/requests").text
    assert door.rows("select count(*) from rights_file where handed_at is not null") == [(0,)]


def test_another_site_fetches_nothing(file_door: Served) -> None:
    number = put_file(file_door)
    assert ask_for_file(file_door, number, token="").status_code == 403
    assert file_door.rows("select handed_at from rights_file") == [(None,)]
