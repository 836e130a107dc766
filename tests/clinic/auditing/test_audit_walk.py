"""Each route of the clinician door that touches a patient leaves a row in the audit log.

The routes are those of docs/access.md, which `tests/access` compares with the door's own.
A route that leaves no row must be listed here, with the reason.
"""

import asyncio
import re

import httpx2
import pytest

from tests.clinic.test_matrix import MATRIX, SITE, begin, client, path_of, sent
from tests.clinic_world import NAMES, Served

__all__ = ["client"]

_UNIT = "it is about the care unit and its staff"
_SERVER = "a file, the server's state or the description of the API"
_SELF = "it is about whoever is signed in"
# Routes that leave no row about a patient, each with its reason.
SILENT: dict[tuple[str, str], str] = {
    ("POST", "/filters"): _SELF,
    ("POST", "/language"): _SELF,
    ("GET", "/rules"): "counts; a patient with a threshold of their own is tested below",
    ("GET", "/api/v1/rules"): "as the page of rules",
    ("POST", "/rules/settings"): _UNIT,
    ("POST", "/api/v1/rules/settings"): _UNIT,
    ("GET", "/duty"): _UNIT,
    ("POST", "/duty"): _UNIT,
    ("POST", "/duty/absences"): _UNIT,
    ("POST", "/duty/returns"): _UNIT,
    ("GET", "/api/v1/duty"): _UNIT,
    ("PUT", "/api/v1/duty"): _UNIT,
    ("POST", "/api/v1/absences"): _UNIT,
    ("DELETE", "/api/v1/absences/{subject}"): _UNIT,
    ("GET", "/shared"): "nobody is shared in this world; tests/access/test_guests.py has who is",
    ("POST", "/shared/openings"): "as the page",
    ("GET", "/requests"): "nobody asks for anything here; tests/clinic/rights has who does",
    ("POST", "/requests/{number}/{step}"): "as the page",
    ("POST", "/requests/{number}/file"): "as the page",
    ("GET", "/checks"): "numbers of samples; tests/clinic/rights/test_checks.py draws them",
    ("POST", "/checks"): "as the page",
    ("GET", "/checks/{number}"): "as the page",
    ("POST", "/checks/{number}/verdict"): "as the page",
    ("GET", "/support"): "there is no case here; tests/clinic/rights/test_support.py opens some",
    ("POST", "/support/{number}/access"): "as the page",
    ("POST", "/support/{number}/close"): "as the page",
    ("POST", "/support/{number}/end"): "as the page",
    ("GET", "/events"): "says that something changed, and not for whom",
    ("GET", "/static/{name}"): _SERVER,
    ("GET", "/healthz"): _SERVER,
    ("GET", "/readyz"): _SERVER,
    ("GET", "/metrics"): _SERVER,
    ("GET", "/openapi.json"): _SERVER,
    ("GET", "/docs"): _SERVER,
    ("GET", "/docs/style.css"): _SERVER,
    ("GET", "/docs/schemas/{name}"): _SERVER,
    ("GET", "/sign-in"): _SELF,
    ("GET", "/sign-in/callback"): _SELF,
    ("POST", "/sign-out"): _SELF,
}


def _rows(door: Served) -> int:
    return int(door.rows("select count(*) from audit where patient is not null")[0][0])


@pytest.mark.promise(19)
@pytest.mark.parametrize(
    ("method", "route"), list(MATRIX), ids=[f"{method} {route}" for method, route in MATRIX]
)
def test_a_route_that_touches_a_patient_leaves_a_row(
    client: httpx2.Client,
    door: Served,
    method: str,
    route: str,
) -> None:
    asyncio.run(begin(door.dsn))
    door.change("delete from pinned_note")
    door.change("delete from review")
    headers = {"x-who": "own", "accept": "application/json", "origin": SITE}
    body = sent(route, "own") if method in {"POST", "PUT"} else {}
    before = _rows(door)
    path = path_of(route, door, method)
    with client.stream(method, path, headers=headers, **body) as result:  # type: ignore[arg-type]
        status = result.status_code
        if route != "/events":
            result.read()
    assert (_rows(door) > before) is ((method, route) not in SILENT), status


def test_no_route_with_a_patient_in_its_path_may_be_silent() -> None:
    named = re.compile(r"\{(pseudonym|alert|session|prescription)\}")
    assert [route for _, route in SILENT if named.search(route)] == []
    assert set(SILENT) <= set(MATRIX)


@pytest.mark.parametrize(
    ("path", "shown"), [("/rules", NAMES["p-low"]), ("/api/v1/rules", "p-low")]
)
def test_a_patient_whose_threshold_was_changed_is_listed_with_a_row(
    acting: Served, path: str, shown: str
) -> None:
    acting.change(
        "insert into rule_setting (care_unit, patient, rule, name, value, set_at, set_by, why) "
        "select care_unit, id, 'A2', 'missed', 4, now(), 'c-lind', 'agreed' from patient "
        "where pseudonym = 'p-low'"
    )
    before = _rows(acting)
    try:
        assert shown in acting.get(path).text
        assert _rows(acting) == before + 1
    finally:
        acting.change("delete from rule_setting")


@pytest.mark.promise(19)
def test_no_read_answers_while_the_log_takes_no_row(client: httpx2.Client, door: Served) -> None:
    """Pages, API, FHIR, text and PDF alike."""
    asyncio.run(begin(door.dsn))
    columns = "at, actor, role, care_unit, action, patient, object, detail"
    reads = [route for method, route in MATRIX if method == "GET" and ("GET", route) not in SILENT]
    answers = {}
    door.change(f"revoke insert ({columns}) on audit from kadens_clinic")
    try:
        for route in reads:
            path = path_of(route, door)
            answers[route] = client.get(path, headers={"x-who": "own", "accept": "text/html"})
    finally:
        door.change(f"grant insert ({columns}) on audit to kadens_clinic")
    assert {route: got.status_code for route, got in answers.items()} == dict.fromkeys(reads, 503)
    shown = " ".join(got.text for got in answers.values())
    # the address that was asked for is in the form that changes the language
    others = set(NAMES) - {"p-snooze"}
    assert [name for name in (*others, *NAMES.values()) if name in shown] == []
