"""Spot checks at the clinic: drawing, judging, one's own accesses, and other units' samples."""

from collections.abc import Iterator
from itertools import count

import httpx2
import pytest

from model.audit_log.sampling import may_judge
from model.calendar import DAY_MS
from tests.clinic_world import CLINIC_KEY, CLINICIAN, COLLEAGUE, Served
from web import csrf

_ACCESS = """
insert into audit (at, actor, role, care_unit, action, patient, object, detail)
select to_timestamp(%s / 1000.0), %s, 'clinician', care_unit, 'data.read', id, 'patient', %s
from patient where pseudonym = %s returning id"""
_JUDGED = "select audit, verdict, reason, reviewer from audit_sampled where verdict is not null"
# No row of the log goes away, so each test has days of its own, after those of all other tests.
_YEARS_ON = count(366, 3)


@pytest.fixture(name="check_door")
def _check_door(door: Served) -> Iterator[Served]:
    """Serve a door whose clock is so far on that only the accesses of a test are recent."""
    begun = door.clock[0]
    door.clock[0] = begun + next(_YEARS_ON) * DAY_MS
    yield door
    door.clock[0] = begun
    for table in ("audit_sampled", "audit_sample"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


def looked(door: Served, who: str = COLLEAGUE.subject, patient: str = "p-good") -> int:
    """Write that somebody looked at a patient a moment ago, and return the row's number."""
    added = _ACCESS.replace(" returning id", "")
    door.change(added, door.clock[0] - 1000, who, '{"why": "on the rota"}', patient)
    ((number,),) = door.rows("select max(id) from audit")
    return int(number)


def send_check(door: Served, path: str, **form: str) -> httpx2.Response:
    """Send a form of the pages as the clinician of this door."""
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    return door.post(path, data={"token": token, **form}, headers={"origin": door.url})


def draw(door: Served, size: str = "100") -> str:
    """Draw of the last day, and return the path of the sample."""
    answer = send_check(door, "/checks", size=size, days="1")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


@pytest.mark.promise(19)
def test_an_access_is_drawn_and_judged_once(check_door: Served) -> None:
    door = check_door
    row, other = looked(door), looked(door, patient="p-fine")
    # of another unit's patient nothing is drawn
    looked(door, patient="p-south")
    path = draw(door)
    page = door.get(path).text
    assert [page.count(f'id="access-{number}"') for number in (row, other)] == [1, 1]
    assert page.count('class="card spaced" id="access-') == 2
    assert "Bo Berg (clinician), Physiotherapy North, read (the patient&#39;s page)" in page
    assert "Why: on the rota" in page
    judge = {"row": str(row), "verdict": "justified", "comment": "on the rota"}
    done = send_check(door, f"{path}/verdict", **judge)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=judged")
    assert send_check(door, f"{path}/verdict", **judge).status_code == 409
    assert door.rows(_JUDGED) == [(row, "justified", "on the rota", CLINICIAN.subject)]
    page = door.get(path).text
    # what is open comes first
    assert page.index(f"access-{other}") < page.index(f"access-{row}")
    assert "1 of 2 judged." in door.get("/checks").text
    reviewed = door.rows(
        "select p.pseudonym, a.object from audit a join patient p on p.id = a.patient "
        "where a.action = 'log.review' order by a.id desc limit 1"
    )
    assert reviewed == [("p-good", f"sample:{path.rpartition('/')[2]}")]


@pytest.mark.promise(19)
def test_nobody_judges_their_own_access(check_door: Served) -> None:
    door = check_door
    row = looked(door, CLINICIAN.subject)
    path = draw(door)
    page = door.get(path).text
    assert "This is your own access: another person judges it." in page
    assert '<form method="post" action="/checks/' not in page
    judge = {"row": str(row), "verdict": "justified", "comment": "I had to"}
    refused = send_check(door, f"{path}/verdict", **judge)
    assert refused.status_code == 409
    assert door.rows(_JUDGED) == []
    assert may_judge("c-1", "c-2")
    assert not may_judge("c-1", "c-1")


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("comment", {"verdict": "justified", "comment": " "}),
        ("comment", {"verdict": "justified", "comment": "x" * 501}),
        # it outlives the patient
        ("comment", {"verdict": "justified", "comment": "asked for by dag Uppdiktad"}),
        ("comment", {"verdict": "justified", "comment": "P-GOOD asked"}),
        ("verdict", {"comment": "x"}),
        ("verdict", {"verdict": "fine", "comment": "x"}),
    ],
)
def test_what_is_wrong_with_a_verdict_is_said(
    check_door: Served, field: str, form: dict[str, str]
) -> None:
    row = looked(check_door)
    path = draw(check_door)
    refused = send_check(check_door, f"{path}/verdict", row=str(row), **form)
    assert refused.status_code == 422
    assert f'aria-describedby="wrong-{field}-{row}"' in refused.text
    assert check_door.rows(_JUDGED) == []


@pytest.mark.parametrize(
    ("size", "days", "field"),
    [
        ("0", "1", "size"), ("101", "1", "size"), ("", "1", "size"), ("-1", "1", "size"),
        ("1", "367", "days"), ("1", "1e2", "days"), ("٣", "1", "size"), ("9" * 5000, "1", "size"),
        # nobody looked
        ("5", "1", "days"),
    ],
)  # fmt: skip
def test_a_draw_that_cannot_be_is_refused(
    check_door: Served, size: str, days: str, field: str
) -> None:
    refused = send_check(check_door, "/checks", size=size, days=days)
    assert refused.status_code == 422
    assert f'aria-describedby="wrong-{field}"' in refused.text
    assert check_door.rows("select from audit_sample") == []


@pytest.mark.promise(18)
def test_a_sample_of_another_unit_or_of_the_server_is_not_there(check_door: Served) -> None:
    door = check_door
    row = looked(door)
    for unit in ("null", "(select id from care_unit where name = 'Physiotherapy South')"):
        door.change("delete from audit_sampled")
        door.change("delete from audit_sample")
        made = (
            "insert into audit_sample (drawn_at, drawn_by, since_at, until_at, seed, due_at, "
            f"care_unit) select now(), 'os:x', now(), now() + interval '1 s', 7, now(), {unit}"
        )
        door.change(made)
        door.change(
            "insert into audit_sampled (sample, audit) select id, %s from audit_sample", row
        )
        ((number,),) = door.rows("select id from audit_sample")
        assert f"/checks/{number}" not in door.get("/checks").text
        assert door.get(f"/checks/{number}").status_code == 404
        judge = {"row": str(row), "verdict": "justified", "comment": "x"}
        assert send_check(door, f"/checks/{number}/verdict", **judge).status_code == 404


def test_an_access_that_the_sample_does_not_have_is_not_there(check_door: Served) -> None:
    looked(check_door)
    path = draw(check_door)
    other = looked(check_door)
    judge = {"row": str(other), "verdict": "justified", "comment": "x"}
    assert send_check(check_door, f"{path}/verdict", **judge).status_code == 404
    assert send_check(check_door, f"{path}/verdict", **judge, token="").status_code == 403
    assert check_door.get("/checks/0").status_code == 404
    assert check_door.get(f"/checks/{2**70}").status_code == 404
