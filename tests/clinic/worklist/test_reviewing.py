"""The mark "reviewed", labels, kept filters and the drawer, over the served door."""

from collections.abc import Iterator

import httpx2
import pytest

from model.calendar import DAY_MS
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from web import csrf

_TOKEN = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)
_REVIEW = "/api/v1/patients/p-good/review"


@pytest.fixture
def clean(door: Served) -> Iterator[Served]:
    """Serve the door, and forget marks, labels and filters after the test."""
    yield door
    door.clock[0] = CLINIC_NOW
    for table in ("review", "patient_label", "saved_filter"):
        door.change(f"delete from {table}")  # noqa: S608 - a constant


def _line(door: Served, pseudonym: str) -> dict[str, object]:
    lines = door.get("/api/v1/worklist").json()
    return next(dict(line) for line in lines if line["pseudonym"] == pseudonym)


def _actions(door: Served) -> list[str]:
    sql = (
        "select action from audit a join patient p on p.id = a.patient "
        "where p.pseudonym = 'p-good' and starts_with(action, 'patient.') order by a.id"
    )
    return [row[0] for row in door.rows(sql)]


def test_a_mark_names_who_and_when_and_is_set_once_a_day(clean: Served) -> None:
    before = len(_actions(clean))
    first = clean.post(_REVIEW).json()
    assert (first["reviewer"], first["reviewed_ms"]) == (CLINICIAN.subject, CLINIC_NOW)
    assert clean.post(_REVIEW).json() == first
    line = _line(clean, "p-good")
    assert line["reviewed_ms"] == CLINIC_NOW
    assert _actions(clean)[before:] == ["patient.review"]


def test_a_mark_is_taken_back_on_the_same_day_only(clean: Served) -> None:
    before = len(_actions(clean))
    delete = clean.url + _REVIEW
    assert httpx2.delete(delete).status_code == 409
    clean.post(_REVIEW)
    assert httpx2.delete(delete).status_code == 200
    assert _line(clean, "p-good")["reviewed_ms"] is None
    clean.post(_REVIEW)
    clean.clock[0] = CLINIC_NOW + DAY_MS
    assert httpx2.delete(delete).status_code == 409
    assert _line(clean, "p-good")["reviewed_ms"] == CLINIC_NOW
    assert _actions(clean)[before:] == ["patient.review", "patient.unreview", "patient.review"]


def test_nobody_marks_a_patient_of_another_unit(clean: Served) -> None:
    assert clean.post("/api/v1/patients/p-south/review").status_code == 404
    assert clean.rows("select count(*) from review") == [(0,)]


def test_the_form_leads_back_to_the_row(clean: Served) -> None:
    data = {"token": _TOKEN, "back": "/?q=dag&patient=p-good", "what": "review"}
    answer = clean.post("/patients/p-good/review", data=data)
    assert answer.status_code == 303
    where = "/?q=dag&patient=p-good&done=review#row-p-good"
    assert answer.headers["location"] == where
    page = clean.get(where)
    assert "Marked as reviewed." in page.text
    assert "Take the mark back" in page.text
    assert clean.post("/patients/p-good/review", data={"back": "/"}).status_code == 403


def test_labels_are_written_and_filter(clean: Served) -> None:
    data = {"token": _TOKEN, "tags": "knee, <b>hip</b>", "sites": "North", "back": "/"}
    assert clean.post("/patients/p-good/labels", data=data).status_code == 303
    line = _line(clean, "p-good")
    assert (line["tags"], line["sites"]) == (["<b>hip</b>", "knee"], ["North"])
    page = clean.get("/?tag=knee&site=North&site=South").text
    assert "Dag Uppdiktad" in page
    assert "Astrid Exempel" not in page
    assert "<b>hip" not in page
    long = {**data, "tags": "x" * 41}
    assert clean.post("/patients/p-good/labels", data=long).status_code == 422
    assert _line(clean, "p-good")["tags"] == ["<b>hip</b>", "knee"]


def test_a_filter_is_kept_under_a_name(clean: Served) -> None:
    data = {"token": _TOKEN, "name": "Knees", "query": "tag=knee&patient=p-good&evil=1"}
    assert clean.post("/filters", data=data).headers["location"] == "/?tag=knee&done=filter"
    assert '<a href="/?tag=knee">Knees</a>' in clean.get("/").text
    assert clean.post("/filters", data={**data, "name": " "}).status_code == 422
    clean.post("/filters", data={**data, "query": ""})
    assert "Knees" not in clean.get("/").text


def test_the_drawer_previews_a_patient_and_is_audited(clean: Served) -> None:
    sql = "select count(*) from audit where object = 'preview'"
    (before,) = clean.rows(sql)[0]
    page = clean.get("/?patient=p-pain").text
    assert 'id="drawer"' in page
    assert "Next patient" in page
    assert clean.rows(sql) == [(before + 1,)]
    assert clean.get("/?patient=p-south").status_code == 404
    assert 'id="drawer"' not in clean.get("/").text


def test_the_weeks_of_a_patient_are_the_same_in_the_list_the_drawer_and_the_api(
    clean: Served,
) -> None:
    weeks = _line(clean, "p-good")["weeks"]
    assert isinstance(weeks, list)
    labels = [week["label"] if week else "not known" for week in weeks]
    assert any(week and week["sessions"] for week in weeks)
    drawn = f"four weeks, oldest first: {', '.join(labels)}"
    assert clean.get("/?q=p-good").text.count(drawn) == 1
    # the drawer may hold a patient whom the choice leaves out of the list
    assert clean.get("/?q=p-pain&patient=p-good").text.count(drawn) == 1


@pytest.mark.parametrize("query", ["sort=loudness", "most=0", "unreviewed=-1", f"q={'x' * 101}"])
def test_a_choice_that_is_none_is_refused(clean: Served, query: str) -> None:
    assert clean.get(f"/?{query}").status_code == 422


def test_the_page_weighs_little(clean: Served) -> None:
    page = clean.get("/").content
    own = sum(len(clean.get(f"/static/{name}").content) for name in _OWN)
    assert len(page) + own < 300_000


_OWN = ("clinic.css", "live.js", "worklist.js", "mark.svg")


def test_a_kept_filter_is_removed_where_it_is_in_use(clean: Served) -> None:
    kept = {"token": _TOKEN, "name": "Knees & <hips>", "query": "tag=knee"}
    answer = clean.post("/filters", data=kept)
    assert answer.headers["location"] == "/?tag=knee&done=filter"
    assert "The filter is kept." in clean.get(answer.headers["location"]).text
    button = 'name="name" value="Knees &amp; &lt;hips&gt;">Remove the filter'
    assert button not in clean.get("/").text
    assert button in clean.get("/?tag=knee").text
    gone = clean.post("/filters", data={**kept, "query": ""})
    assert gone.headers["location"] == "/?done=unfilter"
    assert "The filter was removed." in clean.get(gone.headers["location"]).text
    assert clean.rows("select count(*) from saved_filter") == [(0,)]


def test_a_kept_filter_is_replaced_only_when_that_is_confirmed(clean: Served) -> None:
    kept = {"token": _TOKEN, "name": "My & yours", "query": "q=Fors"}
    clean.post("/filters", data=kept)
    other = {**kept, "query": "q=Ek&sort=name"}
    asks = clean.post("/filters", data=other).headers["location"]
    assert asks == "/?q=Ek&sort=name&taken=My+%26+yours"
    assert clean.rows("select query from saved_filter") == [("q=Fors",)]
    page = clean.get(asks).text
    assert "You keep another filter under the name My &amp; yours." in page
    assert '<input type="hidden" name="replace" value="yes">' in page
    assert "The filter is kept." not in page
    done = clean.post("/filters", data={**other, "replace": "yes"}).headers["location"]
    assert done == "/?q=Ek&sort=name&done=filter"
    assert clean.rows("select query from saved_filter") == [("q=Ek&sort=name",)]
    # the same once more is no other filter, and an address that is kept asks nothing any more
    again = clean.post("/filters", data=other).headers["location"]
    assert again == "/?q=Ek&sort=name&done=filter"
    assert "You keep another filter" not in clean.get(asks).text
