"""A clinician makes a link with which a patient comes back to their own pages."""

import hashlib
import re

import httpx2

from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from web import csrf

_PATH = "/patients/{}/door-link"
_SHOWN = re.compile(r'value="https://patients\.example\.org/enter/(\w+)" readonly')


def _made(door: Served, patient: str, language: str = "en") -> httpx2.Response:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)
    headers = {"accept": "text/html", "accept-language": language}
    return door.post(_PATH.format(patient), data={"token": token}, headers=headers)


def test_a_link_is_shown_once_and_stored_by_its_digest(door: Served) -> None:
    links = []
    for _ in range(2):
        answer = _made(door, "p-silent")
        assert answer.status_code == 200
        links += re.findall(
            r'value="https://patients\.example\.org/enter/(\w+)" readonly', answer.text
        )
    rows = door.rows(
        "select l.link, l.created_by, extract(epoch from l.expires_at)::bigint * 1000, l.used_at "
        "from door_link l join patient p on p.id = l.patient where p.pseudonym = 'p-silent'"
    )
    # the earlier one has ended
    digest = hashlib.sha256(links[1].encode()).hexdigest()
    assert rows == [(digest, CLINICIAN.subject, CLINIC_NOW + 86_400_000, None)]
    assert links[0] != links[1]
    deeds = door.rows(
        "select a.actor, a.object from audit a join patient p on p.id = a.patient "
        "where a.action = 'patient.door' and p.pseudonym = 'p-silent'"
    )
    assert deeds == [(CLINICIAN.subject, "patient:p-silent")] * 2
    door.change("delete from door_link")


def test_who_has_a_problem_with_data_has_the_button_where_it_is_seen(door: Served) -> None:
    page = httpx2.get(f"{door.url}/", headers={"accept-language": "sv"}).text
    group = page.partition('id="work-data"')[2].partition("</section>")[0]
    assert group.count("/door-link") == group.count("data-row")
    assert "Ny länk" in group
    assert "/door-link" in door.get("/?patient=p-silent").text
    assert "/door-link" in door.get("/patients/p-good").text
    assert "/door-link" not in page.partition('id="work-track"')[2]
