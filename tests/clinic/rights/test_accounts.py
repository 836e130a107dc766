"""The page of accounts: who is open until when, closing as the patient wants, and opening again."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.clinic.rights.test_requests import ask
from tests.clinic_world import CLINIC_KEY, CLINICIAN, Served
from web import csrf

_MOVES = """
select p.pseudonym, m.kind, m.by, m.why from account_move m join patient p on p.id = m.patient
order by m.id"""


@pytest.fixture(name="account_door")
def _account_door(door: Served) -> Iterator[Served]:
    yield door
    for table in ("account_move", "account_life", "rights_request"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


def _send(door: Served, patient: str, step: str, **form: str) -> httpx2.Response:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    data = {"token": token, **form}
    return door.post(f"/accounts/{patient}/{step}", data=data, headers={"origin": door.url})


@pytest.mark.promise(16)
def test_an_account_is_closed_as_its_patient_asked_and_opened_again(account_door: Served) -> None:
    door = account_door
    ask(door, "closing", "2026-12-01", "signed in at the patient door", "p-good")
    page = door.get("/accounts").text
    # whoever waits for a person comes first
    assert page.index("account-p-good") < page.index("account-p-fine")
    assert "The patient asks for closing, by Tue 1 Dec 2026" in page
    assert "p-south" not in page
    refused = _send(door, "p-good", "close", why=" ", identified="")
    assert refused.status_code == 422
    for field in ("why", "identified"):
        assert f'aria-describedby="wrong-{field}-p-good"' in refused.text
    assert door.rows(_MOVES) == []
    done = _send(door, "p-good", "close", why="asked on the phone", identified="BankID")
    assert (done.status_code, done.headers["location"]) == (303, "/accounts?done=closed")
    assert door.rows(_MOVES) == [("p-good", "close", CLINICIAN.subject, "asked on the phone")]
    answered = door.rows("select state, identified, answer, handled_by from rights_request")
    how = "signed in at the patient door"
    assert answered == [("answered", how, "asked on the phone", CLINICIAN.subject)]
    assert "Erased from Thu 24 Dec 2026 on." in door.get("/accounts").text
    assert _send(door, "p-good", "close", why="x", identified="x").status_code == 409
    assert _send(door, "p-good", "reopen", why="changed their mind").status_code == 303
    assert _send(door, "p-good", "reopen", why="again").status_code == 409
    assert door.rows(_MOVES)[-1] == ("p-good", "reopen", CLINICIAN.subject, "changed their mind")
    wanted = "select action from audit where action like 'account.%%' and object = 'account'"
    assert door.rows(wanted) == [("account.close",), ("account.reopen",)]


def test_who_is_on_the_list_is_noted(account_door: Served) -> None:
    account_door.get("/accounts")
    wanted = "select distinct object from audit where action = 'list.read' and object = 'accounts'"
    assert account_door.rows(wanted) == [("accounts",)]


def test_the_account_of_another_unit_is_not_there(account_door: Served) -> None:
    door = account_door
    assert _send(door, "p-south", "close", why="x", identified="x").status_code == 404
    assert _send(door, "p-south", "close", why="").status_code == 404
    assert _send(door, "p-good", "close", why="x", identified="x", token="").status_code == 403
    assert door.rows(_MOVES) == []


def test_of_many_accounts_those_that_are_searched_for_are_shown(account_door: Served) -> None:
    page = account_door.get("/accounts?q=uppdiktad").text
    assert "account-p-good" in page
    assert "account-p-fine" not in page
    first = account_door.get("/accounts?most=1").text
    assert first.count('id="account-') == 1
    assert "1 of 9 shown." in first
    assert "No account fits." in account_door.get("/accounts?q=nobody-of-that-name").text
