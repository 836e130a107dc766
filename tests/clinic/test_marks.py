"""A clinician marks a session by the form, the API and the command; each mark is audited."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any, get_args

import psycopg
import pytest
from typer.testing import CliRunner, Result

from clinic import marking
from kadens.cli import app
from kadens.settings import operator
from model.codec import decode_attributed, dumps
from model.facts import AttributedFact, Instrument, Report
from model.marks import CLINIC_VENDOR, REASONS
from tests.clinic_world import CLINIC_NOW, CLINICIAN, Served

_PATIENT = "p-pain"
_MARKS = (
    "select a.actor, a.object, a.detail - 'origin' - 'categories' as detail "
    "from audit a join patient p on p.id = a.patient "
    "where a.action = 'session.mark' and p.pseudonym = %s order by a.id"
)


@pytest.fixture(name="marking_door")
def _marking_door(door: Served) -> Iterator[Served]:
    """Serve the door to a test that marks, and take out again what it left in the outbox."""
    (last,) = door.rows("select coalesce(max(id), 0) from outbox")[0]
    yield door
    door.change("delete from outbox where channel = 'facts' and id > %s", last)


def _session(door: Served, patient: str = _PATIENT) -> dict[str, Any]:
    listed: dict[str, Any] = door.get(f"/api/v1/patients/{patient}/sessions?limit=1").json()
    session: dict[str, Any] = listed["sessions"][0]
    return session


def _stated(door: Served) -> list[AttributedFact]:
    """Return the facts that wait for the worker, in the order in which they were stated."""
    rows = door.rows("select recipient, body from outbox where channel = 'facts' order by id")
    facts = [decode_attributed(dumps(body)) for _, body in rows]
    assert [recipient for recipient, _ in rows] == [item.patient for item in facts]
    return facts


def _marks(door: Served) -> list[tuple[Any, ...]]:
    return door.rows(_MARKS, _PATIENT)


def _token(page: str) -> str:
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    return token[1]


def test_the_lists_of_reasons_are_those_that_are_stored() -> None:
    assert get_args(marking.WhyNot) == tuple(REASONS[Instrument.NOT_EXERCISE])
    assert get_args(marking.WhyAfterAll) == tuple(REASONS[Instrument.EXERCISE])


def test_the_form_marks_with_a_reason_and_an_audit_row(marking_door: Served) -> None:
    door, session = marking_door, _session(marking_door)
    path = f"/patients/{_PATIENT}/sessions/{session['id']}"
    page = door.get(path).text
    assert "Mark as not exercise" in page
    for key, label in REASONS[Instrument.NOT_EXERCISE].items():
        assert f'<option value="{key}">{label}</option>' in page
    before = len(_marks(door))
    form = {"token": _token(page), "statement": "not_exercise", "reason": "illness"}
    done = door.post(f"{path}/marks", data=form)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}?done=not_exercise")
    shown = unescape(door.get(done.headers["location"]).text)
    assert "Marked as not exercise. The figures follow in a moment." in shown
    ((actor, what, detail),) = _marks(door)[before:]
    assert (actor, what) == (CLINICIAN.subject, f"session:{session['id']}")
    assert detail == {"statement": "not_exercise", "reason": "illness"}
    (stated,) = _stated(door)
    assert isinstance(stated.fact, Report)
    assert (stated.patient, stated.connector) == (_PATIENT, CLINIC_VENDOR)
    assert (stated.received_ms, stated.fact.reason) == (CLINIC_NOW, "illness")
    assert stated.fact.instrument is Instrument.NOT_EXERCISE
    assert stated.fact.session == f"fit:{_PATIENT}:{session['local_date']}"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "because"}, 422),
        ({"reason": "marked by mistake"}, 422),  # a reason of the other statement
        ({"statement": "maybe"}, 422),
        ({"token": "forged"}, 403),
        ({"token": ""}, 403),
    ],
    ids=str,
)
def test_a_form_that_is_not_right_marks_nothing(
    marking_door: Served, change: dict[str, str], status: int
) -> None:
    door, session = marking_door, _session(marking_door)
    path = f"/patients/{_PATIENT}/sessions/{session['id']}"
    before = _marks(door)
    right = {"token": _token(door.get(path).text), "statement": "not_exercise", "reason": "other"}
    assert door.post(f"{path}/marks", data={**right, **change}).status_code == status
    assert (_marks(door), _stated(door)) == (before, [])


def test_the_api_marks_and_takes_back(marking_door: Served) -> None:
    door, session = marking_door, _session(marking_door)
    path = f"/api/v1/patients/{_PATIENT}/sessions/{session['id']}/marks"
    marked = door.post(path, json={"statement": "not_exercise", "reason": "device error"})
    assert marked.json() == {
        "session": session["id"],
        "statement": "not_exercise",
        "reason": "device error",
        "at_ms": CLINIC_NOW,
    }
    door.clock[0] = CLINIC_NOW + 1_000
    back = {"statement": "exercise", "reason": "confirmed by the patient"}
    assert door.post(path, json=back).status_code == 200
    door.clock[0] = CLINIC_NOW
    first, second = _stated(door)
    assert first.fact.head.record == second.fact.head.record  # versions: the last stated stands
    assert first.order < second.order
    assert first.body != second.body
    for wrong in (
        {"statement": "exercise", "reason": "illness"},
        {"statement": "not_exercise"},
        {"statement": "not_exercise", "reason": "illness", "why": "x"},
        {},
    ):
        assert door.post(path, json=wrong).status_code in {400, 422}
    assert len(_stated(door)) == 2


def test_a_session_of_another_patient_or_unit_cannot_be_marked(marking_door: Served) -> None:
    door, session = marking_door, _session(marking_door)
    text = {"statement": "not_exercise", "reason": "other"}
    for patient in ("p-good", "p-south", "nobody"):
        path = f"/api/v1/patients/{patient}/sessions/{session['id']}/marks"
        assert door.post(path, json=text).status_code == 404
    assert _stated(door) == []


def _command(door: Served, *words: str) -> Result:
    named = {"DATABASE": door.dsn, "CLOCK": f"fixed:{CLINIC_NOW}", "KAFKA": "", "BODIES": ""}
    environment = {f"KADENS_{name}": value for name, value in named.items()} | {"COLUMNS": "200"}
    return CliRunner().invoke(app, ["mark", *words], env=environment)


def test_the_command_marks_as_the_operator(marking_door: Served) -> None:
    door, session = marking_door, _session(marking_door)
    before = len(_marks(door))
    done = _command(door, session["id"], "--patient", _PATIENT, "--reason", "illness")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert "marked as not exercise" in done.stderr
    ((actor, what, detail),) = _marks(door)[before:]
    assert (actor, what) == (operator(), f"session:{session['id']}")
    assert detail == {"statement": "not_exercise", "reason": "illness", "command": "mark"}
    assert len(_stated(door)) == 1


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--reason", "because"], 2, "must be one of: everyday activity"),
        (["--reason", "illness", "--as", "exercise"], 2, "must be one of: marked by mistake"),
        (["--reason", "illness", "--as", "sport"], 2, "sport"),
        ([], 2, "--reason"),
    ],
)
def test_a_mistake_of_the_command_marks_nothing(
    marking_door: Served, words: list[str], code: int, text: str
) -> None:
    session = _session(marking_door)
    done = _command(marking_door, session["id"], "--patient", _PATIENT, *words)
    assert done.exit_code == code
    assert text in done.output
    assert _stated(marking_door) == []


def test_the_command_names_a_session_that_is_not_there(marking_door: Served) -> None:
    for words in (["none", "--patient", _PATIENT], ["none", "--patient", "nobody"]):
        done = _command(marking_door, *words, "--reason", "other")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "there is no such session" in done.stderr


def test_the_door_may_add_to_the_outbox_and_read_no_message(marking_door: Served) -> None:
    with psycopg.connect(marking_door.dsn) as conn:
        conn.execute("set role kadens_clinic")
        conn.execute("select key from outbox")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("select body from outbox")


def test_what_is_stated_is_a_fact_of_the_published_shape(marking_door: Served) -> None:
    session = _session(marking_door)
    path = f"/api/v1/patients/{_PATIENT}/sessions/{session['id']}/marks"
    marking_door.post(path, json={"statement": "not_exercise", "reason": "other"})
    ((body,),) = marking_door.rows("select body from outbox where channel = 'facts'")
    assert json.loads(json.dumps(body))["fact"]["kind"] == "report"
