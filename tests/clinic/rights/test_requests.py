"""The page of patients' requests: its list, the overdue alarm, and each step with its audit row."""

from collections.abc import Iterator

import httpx2
import pytest

from model.calendar import DAY_MS
from tests.clinic_world import CLINIC_KEY, CLINICIAN, OTHER_UNIT, Served
from web import csrf

_REQUESTED = """
insert into rights_request (patient, kind, received_at, identified, due, wish)
select id, %s, now(), %s, %s::date, 'the pain was 2' from patient where pseudonym = %s
returning id"""
_ROW = "select state, identified, handled_by, answer, closed_at is not null from rights_request"
_DUE = "2026-12-23"


@pytest.fixture(name="request_door")
def _request_door(door: Served) -> Iterator[Served]:
    """Serve the door to a test in which patients ask, and take out again what they asked."""
    yield door
    door.change("delete from rights_request")


def ask(door: Served, kind: str, due: str = _DUE, identified: str = "", who: str = "p-pain") -> int:
    """Write down what a patient asks for, and return its number."""
    door.change(_REQUESTED.replace("returning id", ""), kind, identified, due, who)
    ((number,),) = door.rows("select max(id) from rights_request")
    return int(number)


def _step(door: Served, number: int, step: str, **form: str) -> httpx2.Response:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    data = {"token": token, **form}
    return door.post(f"/requests/{number}/{step}", data=data, headers={"origin": door.url})


@pytest.mark.promise(15)
def test_requests_are_listed_by_their_due_date_and_the_late_ones_alarm(
    request_door: Served,
) -> None:
    door = request_door
    ask(door, "erasure")
    late = ask(door, "rectification", "2026-11-22")
    page = door.get("/requests").text
    assert page.index(f'id="request-{late}"') < page.index("Erasure")
    assert "1 request is overdue: the law gives 30 days." in page
    assert page.count(">Overdue<") == 1
    assert "the pain was 2" in page
    assert "1 begäran är försenad" in door.get("/requests", headers={"accept-language": "sv"}).text
    ((object_, patient),) = door.rows(
        "select a.object, p.pseudonym from audit a join patient p on p.id = a.patient "
        "where a.action = 'list.read' order by a.id desc limit 1"
    )
    assert (object_, patient) == ("requests", "p-pain")


@pytest.mark.promise(15)
def test_a_request_is_taken_and_answered(request_door: Served) -> None:
    door = request_door
    number = ask(door, "access")
    assert _step(door, number, "take").headers["location"] == "/requests?done=take"
    assert door.rows(_ROW) == [("taken", "", CLINICIAN.subject, "", False)]
    refused = _step(door, number, "answer", text="sent")
    assert (refused.status_code, door.rows(_ROW)[0][0]) == (422, "taken")
    # the mistake is said beside its field, and what was written stays in the form
    assert f'aria-describedby="wrong-identified-{number}"' in refused.text
    assert "Note how the requester was identified before you answer." in refused.text
    assert ">sent</textarea>" in refused.text
    done = _step(door, number, "answer", text="sent\r\nby letter", identified="BankID")
    assert done.status_code == 303
    assert door.rows(_ROW) == [("answered", "BankID", CLINICIAN.subject, "sent\nby letter", True)]
    # what is closed stays closed, and is on the list only when it is asked for
    assert _step(door, number, "refuse", text="no").status_code == 409
    assert f'id="request-{number}"' not in door.get("/requests").text
    assert "by letter" in door.get("/requests?closed=yes").text
    actions = door.rows(
        "select action from audit where object = %s order by id", f"rights_request:{number}"
    )
    assert actions == [("rights.take",), ("rights.answer",)]


def test_a_refusal_needs_its_ground(request_door: Served) -> None:
    door = request_door
    number = ask(door, "objection", identified="BankID")
    assert _step(door, number, "refuse", text=" \r\n ").status_code == 422
    assert _step(door, number, "refuse", text="x" * 2001).status_code == 422
    assert _step(door, number, "refuse", text="care goes before").status_code == 303
    assert door.rows(_ROW)[0][0] == "refused"


@pytest.mark.promise(15)
def test_a_request_takes_longer_once_and_in_time(request_door: Served) -> None:
    door = request_door
    number, late = ask(door, "access"), ask(door, "erasure", "2026-11-22")
    assert ">2 months more<" in door.get("/requests").text
    refused = _step(door, number, "extend")
    assert "Write why it takes longer: the patient reads it." in refused.text
    assert _step(door, number, "extend", text="many years of files").status_code == 303
    due = "select due::text, extended_why, state from rights_request where id = %s"
    assert door.rows(due, number) == [("2027-02-23", "many years of files", "received")]
    again = _step(door, number, "extend", text="again")
    assert (again.status_code, "which is possible once" in again.text) == (422, True)
    assert "The time is over" in _step(door, late, "extend", text="no time").text
    assert door.rows(due, late) == [("2026-11-22", "", "received")]
    actions = door.rows("select action from audit where object = %s", f"rights_request:{number}")
    assert actions == [("rights.extend",)]


def test_the_worklist_says_that_requests_are_late(request_door: Served) -> None:
    door = request_door
    assert "Patients&#39; requests:" not in door.get("/").text
    ask(door, "access", "2026-11-22")
    ask(door, "erasure", "2026-11-23")
    ask(door, "objection", "2026-11-30")
    ask(door, "closing", "2026-12-01")
    ask(door, "access", "2026-11-01", who="p-south")
    page = door.get("/").text
    assert "1 is overdue" in page
    assert "2 are due within 7 days" in page


def test_a_request_of_another_unit_is_not_there(request_door: Served) -> None:
    door = request_door
    ((other,),) = door.rows(
        "select p.pseudonym from patient p join care_unit u on u.id = p.care_unit "
        "where u.name = %s limit 1",
        OTHER_UNIT,
    )
    number = ask(door, "erasure", "2026-11-01", who=other)
    page = door.get("/requests").text
    assert other not in page
    assert "overdue" not in page
    assert _step(door, number, "take").status_code == 404
    assert _step(door, 10**30, "take").status_code == 404
    assert door.rows(_ROW)[0][0] == "received"


def test_a_form_without_its_token_changes_nothing(request_door: Served) -> None:
    door = request_door
    number = ask(door, "access")
    assert _step(door, number, "take", token="").status_code == 403
    stale = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0] - 2 * DAY_MS)
    assert _step(door, number, "take", token=stale).status_code == 403
    assert door.rows(_ROW)[0][0] == "received"
