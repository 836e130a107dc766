"""Each route of the patient door that touches a patient leaves a row in the audit log.

The routes are those of the door's own table. A route that leaves no row must be listed here, with
the reason. A form that the door refuses wrote nothing, and needs no row.
"""

import re
from http import HTTPStatus

import httpx2
import psycopg
import pytest

from patient.routes import ROUTES
from tests.access.patient_callers import OWN_CALLER, PatientCallers
from tests.access.table import AccessRoute
from tests.patient.link_world import LinkWorld, Surfer
from tests.patient.test_entry import signed_in
from tests.rows import lines_by_patient

_SERVER = "a file, or the server's state"
_LINK = "says which vendor a link is for, or that it holds, to whoever has it; nothing of a patient"
_SILENT: dict[AccessRoute, str] = {
    ("GET", "/enter/{link}"): _LINK,
    ("GET", "/connect/{link}"): _LINK,
    ("GET", "/callback/{connector}/{outcome}"): "the same words for everybody; knows no patient",
    ("GET", "/static/{name}"): _SERVER,
    ("GET", "/healthz"): _SERVER,
    ("GET", "/readyz"): _SERVER,
    ("GET", "/metrics"): _SERVER,
}
# Where a request of its own does nothing: what comes before it in a browser is done first.
_LINKING = {("POST", "/connect/{link}/withdraw"), ("GET", "/callback/{connector}")}
# The way in through an identity provider has no patient yet; its own tests look for its row.
_WAY_IN = "/sign-in"
WALKED: list[AccessRoute] = [
    (method, path) for path, _endpoint, method in ROUTES if not path.startswith(_WAY_IN)
]
READS = [route for route in WALKED if route[0] == "GET" and route not in _SILENT]
_GRANTED = "at, actor, role, care_unit, action, patient, object, detail"


def _rows(world: LinkWorld) -> int:
    return int(world.column("select count(*) from audit where patient is not null")[0])


def _linked(world: LinkWorld, route: AccessRoute) -> tuple[int, int]:
    """Go the way of a link to a route, and return the status and how many rows it left."""
    surfer, link = Surfer(), world.invite(world.patient())
    back = surfer.decide(surfer.onward(link), "allow", world.account())
    before = _rows(world)
    answer = surfer.get(back)
    if route[0] == "POST":
        before = _rows(world)
        answer = surfer.ask("POST", f"{link}/withdraw")
    return answer.status_code, _rows(world) - before


def _requested(world: LinkWorld, route: AccessRoute) -> tuple[int, int]:
    if route in _LINKING:
        return _linked(world, route)
    callers = PatientCallers(world=world, patient=world.patient())
    callers.sign_in(OWN_CALLER)
    before = _rows(world)
    return callers.status(route, OWN_CALLER), _rows(world) - before


@pytest.mark.promise(19)
@pytest.mark.parametrize("route", WALKED, ids=" ".join)
def test_each_route_that_touches_a_patient_leaves_a_row(
    links: LinkWorld, route: AccessRoute
) -> None:
    status, left = _requested(links, route)
    if route in _SILENT:
        assert left == 0
        return
    is_refused = route[0] != "GET" and status >= HTTPStatus.BAD_REQUEST
    assert left > 0 or is_refused, (route, status)


def test_no_page_of_a_patient_who_is_signed_in_may_be_silent() -> None:
    assert set(_SILENT) <= set(WALKED)
    of_nobody = r"/callback/\{connector\}/\{outcome\}$"
    allowed = re.compile(rf"/(enter|connect|static|healthz|readyz|metrics)\b|{of_nobody}")
    assert [path for _method, path in _SILENT if not allowed.match(path)] == []


def test_agreeing_is_in_the_log_before_the_vendor_is_reached(links: LinkWorld) -> None:
    patient = links.patient()
    Surfer().onward(links.invite(patient))
    query = lines_by_patient("action || ' ' || object || ' ' || (detail ->> 'language')")
    assert links.column(query, patient) == ["consent.agree polar en"]


@pytest.mark.promise(19)
def test_no_page_shows_anything_while_the_log_takes_no_row(links: LinkWorld) -> None:
    patient = links.patient()
    pages = [path for _method, path in READS if "{" not in path]
    answers: dict[str, httpx2.Response] = {}
    with signed_in(links, patient) as client:
        _admin(links, f"revoke insert ({_GRANTED}) on audit from kadens_patient")
        try:
            for path in pages:
                answers[path] = client.get(path, headers={"accept-language": "sv"})
        finally:
            _admin(links, f"grant insert ({_GRANTED}) on audit to kadens_patient")
    assert {path: got.status_code for path, got in answers.items()} == dict.fromkeys(pages, 503)
    assert all("<h1>Tjänsten svarar inte just nu</h1>" in got.text for got in answers.values())
    assert all(got.headers["retry-after"] == "5" for got in answers.values())


@pytest.mark.parametrize("step", ["enter", "agree"])
def test_no_link_is_used_while_the_log_takes_no_row(links: LinkWorld, step: str) -> None:
    patient = links.patient()
    callers = PatientCallers(world=links, patient=patient)
    path = "/enter/{link}" if step == "enter" else "/connect/{link}"
    address = callers.address(path)
    _admin(links, f"revoke insert ({_GRANTED}) on audit from kadens_patient")
    try:
        answer = httpx2.post(address, data={"answer": "agree"})
    finally:
        _admin(links, f"grant insert ({_GRANTED}) on audit to kadens_patient")
    assert answer.status_code == 503
    # nothing is half done: the same link works afterwards
    assert httpx2.post(address, data={"answer": "agree"}).status_code in {200, 303}


def _admin(world: LinkWorld, statement: str) -> None:
    with psycopg.connect(world.dsn) as conn:
        conn.execute(statement.encode())


@pytest.mark.parametrize("route", [row for row in WALKED if row[0] == "GET"], ids=" ".join)
def test_a_head_is_judged_and_noted_as_a_get(links: LinkWorld, route: AccessRoute) -> None:
    if route in _LINKING:
        return  # a way back from a vendor holds once, whatever asks for it
    statuses: dict[str, dict[str, tuple[int, int]]] = {"GET": {}, "HEAD": {}}
    for method, answers in statuses.items():
        for caller in (OWN_CALLER, "nobody", "ended", "expired"):
            callers = PatientCallers(world=links, patient=links.patient())
            callers.sign_in(caller)
            before = _rows(links)
            status = callers.status((method, route[1]), caller)
            answers[caller] = status, _rows(links) - before
    assert statuses["HEAD"] == statuses["GET"]
