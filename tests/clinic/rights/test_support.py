"""The page of support cases: open, let somebody look, what was looked at, end, close."""

from collections.abc import Iterator

import httpx2
import pytest

from model.calendar import HOUR_MS
from tests.clinic_world import CLINIC_KEY, CLINICIAN, COLLEAGUE, Served
from web import csrf

_ROWS = """
select p.pseudonym, c.about, c.opened_by, c.closed_at is not null, c.answer from support_case c
join patient p on p.id = c.patient order by c.id"""
_ACCESSES = """
select staff, reason, given_by, extract(epoch from until_at - from_at)::int from support_access
order by id"""
_LOGGED = """
select a.action, p.pseudonym, coalesce(a.detail->>'reason', '') from audit a
join patient p on p.id = a.patient where a.action like 'support.%%' order by a.id"""
_LOOKED = """
insert into audit (at, actor, role, care_unit, action, patient, object)
select to_timestamp(%s / 1000.0), %s, 'support', care_unit, 'data.read', id, %s from patient
where pseudonym = %s"""


@pytest.fixture(name="support_door")
def _support_door(door: Served) -> Iterator[Served]:
    begun = door.clock[0]
    yield door
    door.clock[0] = begun
    for table in ("support_access", "support_case"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


def send_support(door: Served, path: str, **form: str) -> httpx2.Response:
    """Send a form of the page as the clinician of this door."""
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    return door.post(path, data={"token": token, **form}, headers={"origin": door.url})


def open_case(door: Served, patient: str = "p-good", **form: str) -> int:
    """Open a case about a patient by the page, and return its number."""
    answer = send_support(door, f"/patients/{patient}/support", about="a watch is silent", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/support?done=opened")
    ((number,),) = door.rows("select max(id) from support_case")
    return int(number)


@pytest.mark.promise(22)
def test_a_case_lets_somebody_look_until_it_is_ended(support_door: Served) -> None:
    door, now_ms = support_door, support_door.clock[0]
    number = open_case(door, staff=COLLEAGUE.subject, reason="to see its last data", hours="4")
    assert door.rows(_ROWS) == [("p-good", "a watch is silent", CLINICIAN.subject, False, "")]
    given = (COLLEAGUE.subject, "to see its last data", CLINICIAN.subject)
    assert door.rows(_ACCESSES) == [(*given, 4 * 3600)]
    assert "Bo Berg may look until Mon 23 Nov 2026, 17:40" in door.get("/support").text
    door.change(_LOOKED, now_ms + 60_000, COLLEAGUE.subject, "patient", "p-good")
    door.change(_LOOKED, now_ms + 120_000, COLLEAGUE.subject, "patient", "p-good")
    # not because of this case: another person, and another patient
    door.change(_LOOKED, now_ms + 60_000, "c-other", "summary", "p-good")
    door.change(_LOOKED, now_ms + 60_000, COLLEAGUE.subject, "summary", "p-fine")
    door.clock[0] += HOUR_MS
    page = door.get("/support").text
    assert "the patient&#39;s page: 2 times, Mon 23 Nov 2026, 13:41\u201313:42" in page
    assert "the follow-up summary" not in page
    ended = send_support(door, f"/support/{number}/end")
    assert (ended.status_code, ended.headers["location"]) == (303, "/support?done=ended")
    assert door.rows(_ACCESSES) == [(*given, 3600)]
    assert "Bo Berg could look from Mon 23 Nov 2026, 13:40 to" in door.get("/support").text
    assert send_support(door, f"/support/{number}/end").status_code == 409
    logged = [("support.open", ""), ("support.access", "to see its last data"), ("support.end", "")]
    assert door.rows(_LOGGED)[-3:] == [(action, "p-good", why) for action, why in logged]


@pytest.mark.promise(22)
def test_closing_ends_the_access_and_a_closed_case_opens_nothing(support_door: Served) -> None:
    door = support_door
    number = open_case(door)
    assert "Nothing was looked at" not in door.get("/support").text
    wish = {"staff": COLLEAGUE.subject, "reason": "to see", "hours": "1"}
    assert send_support(door, f"/support/{number}/access", **wish).status_code == 303
    again = send_support(door, f"/support/{number}/access", **wish)
    assert again.status_code == 422
    assert "This person has access because of this case already." in again.text
    refused = send_support(door, f"/support/{number}/close", answer=" ")
    assert refused.status_code == 422
    assert f'aria-describedby="wrong-answer-{number}"' in refused.text
    done = send_support(door, f"/support/{number}/close", answer="a new strap")
    assert (done.status_code, done.headers["location"]) == (303, "/support?done=closed")
    assert door.rows("select until_at > from_at from support_access") == [(False,)]
    assert door.rows(_ROWS)[0][3:] == (True, "a new strap")
    for step in ("access", "end", "close"):
        assert send_support(door, f"/support/{number}/{step}", **wish).status_code == 409, step


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("about", {"about": " "}),
        ("about", {"about": "x" * 501}),
        ("staff", {"staff": "c-nobody", "reason": "x", "hours": "1"}),
        # whoever opens the case sees the patient already
        ("staff", {"staff": CLINICIAN.subject, "reason": "x", "hours": "1"}),
        ("staff", {"staff": "", "reason": "x"}),
        ("reason", {"staff": COLLEAGUE.subject, "hours": "1"}),
        ("hours", {"staff": COLLEAGUE.subject, "reason": "x", "hours": "9"}),
        ("hours", {"staff": COLLEAGUE.subject, "reason": "x", "hours": "٤"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    support_door: Served, field: str, form: dict[str, str]
) -> None:
    sent = {"about": "a watch", **form}
    refused = send_support(support_door, "/patients/p-good/support", **sent)
    assert refused.status_code == 422
    assert f'aria-describedby="wrong-{field}-0"' in refused.text
    assert support_door.rows(_ROWS) == []


@pytest.mark.promise(18)
def test_cases_of_another_unit_are_not_there(support_door: Served) -> None:
    door = support_door
    assert door.get("/patients/p-south/support").status_code == 404
    assert send_support(door, "/patients/p-south/support", about="x").status_code == 404
    door.change(
        "insert into support_case (patient, about, arrived_at, opened_by) "
        "select id, 'of the other unit', now(), 'c-south' from patient where pseudonym = 'p-south'"
    )
    ((number,),) = door.rows("select max(id) from support_case")
    assert "of the other unit" not in door.get("/support").text
    for step in ("access", "end", "close"):
        assert send_support(door, f"/support/{number}/{step}", answer="x").status_code == 404, step
    stale = {"token": "", "about": "x"}
    assert send_support(door, "/patients/p-good/support", **stale).status_code == 403


def test_who_is_on_the_list_is_noted(support_door: Served) -> None:
    open_case(support_door)
    support_door.get("/support")
    seen = support_door.rows(
        "select p.pseudonym from audit a join patient p on p.id = a.patient "
        "where a.action = 'list.read' and a.object = 'support' order by a.id desc limit 1"
    )
    assert seen == [("p-good",)]
