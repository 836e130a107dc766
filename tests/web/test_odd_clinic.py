"""The clinician door under odd requests: each route answers, with no fault of ours."""

from collections import defaultdict
from json import loads
from urllib.parse import urlsplit

import pytest

from tests.access.table import access_table
from tests.clinic.test_matrix import path_of
from tests.clinic_fixtures import door, world
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from tests.web.odd_requests import OddDoor, form_of
from web import csrf

__all__ = ("door", "world")
_ENDLESS = frozenset({"/events"})  # an answer without an end has its own tests
_METHODS: dict[str, set[str]] = defaultdict(set)
for _method, _route in access_table("Clinician door"):
    if _route not in _ENDLESS:
        _METHODS[_route].add(_method)
_JSON, _FORM = b"Content-Type: application/json", b"Content-Type: application/x-www-form-urlencoded"
_DRAFT = (
    b'{"valid_from":"2027-02-01","valid_to":"2027-03-01","sessions_per_week":3,'
    b'"minutes_per_session":30,"intensity":{"method":"hrr","low":0.4,"high":0.6},"%s":%s}'
)
_BUNDLE = b'{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":%s,"resource":%s}]}'
_P = "/api/v1/patients/p-good"


def odd_clinic(door: Served) -> OddDoor:
    """Return the door with the clinician of the tests, whose browser calls from its own page."""
    port = urlsplit(door.url).port
    assert port is not None
    return OddDoor(port=port, headers=[f"Origin: {door.url}".encode()])


@pytest.mark.parametrize("route", list(_METHODS))
def test_an_odd_request_is_answered(door: Served, route: str) -> None:
    odd, allowed = odd_clinic(door), frozenset(_METHODS[route])
    for method in sorted(allowed):
        assert list(odd.faults(method, path_of(route, door).partition("?")[0], allowed)) == []
        assert list(odd.path_faults(method, route, {"pseudonym": "p-good"})) == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/shared/openings", {"patient": "\x00", "ground": "consent", "reason": "x"}),
        ("/shared/openings", {"patient": "p-south", "ground": "consent", "reason": "a\x00"}),
        ("/shared/openings", {"patient": "p-south", "ground": "consent", "reason": "a\u202eb"}),
        ("/patients/p-good/corrections/write", {"record": "\x00", "source": "reports"}),
        ("/patients/p-good/corrections/write", {"record": "x", "source": "\x00"}),
    ],
)
def test_a_form_with_what_cannot_be_kept_is_refused(
    door: Served, path: str, fields: dict[str, str]
) -> None:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)
    body = form_of({**fields, "token": token})
    assert odd_clinic(door).ask("POST", path, [_FORM], body).status == 422


@pytest.mark.parametrize("query", ["record=%00", "record=x&source=%00"])
def test_a_query_with_what_cannot_be_kept_is_refused_and_logged(door: Served, query: str) -> None:
    logged = "select count(*) from audit where action = 'data.refused'"
    before = door.rows(logged)[0][0]
    answer = odd_clinic(door).ask("GET", f"/patients/p-good/corrections/write?{query}")
    assert answer.status == 422
    assert door.rows(logged)[0][0] == before + 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{_P}/prescription-drafts", _DRAFT % (b"reason", b'"a\\ud800"')),
        (f"{_P}/prescription-drafts", _DRAFT % (b"function", b'"\\udfff"')),
        (f"{_P}/prescription-drafts", _DRAFT % (b"balance", b'"\\u202e"')),
        (f"{_P}/prescription-drafts", _DRAFT % (b"activity", b'"\\u0000"')),
        (f"{_P}/prescription-drafts", _DRAFT % (b"hr_ceiling", b"1e999")),
        # of two figures nobody knows which was meant
        (f"{_P}/prescription-drafts", _DRAFT % (b"sessions_per_week", b"5")),
        (f"{_P}/annotations", b'{"kind":"illness","first":"2026-11-20","first":"2026-11-21"}'),
        ("/api/v1/rules/settings", b'{"rule":"A2","name":"missed","value":4,"value":5,"why":"x"}'),
        (
            f"{_P}/prescription-bundle",
            _BUNDLE % (b"[]", b'{"resourceType":"ServiceRequest","status":"active"}'),
        ),
        (
            f"{_P}/prescription-bundle",
            _BUNDLE % (b'"x"', b'{"resourceType":"ServiceRequest","status":["active"]}'),
        ),
        (
            f"{_P}/prescription-bundle",
            _BUNDLE % (b'"x"', b'{"resourceType":"ServiceRequest","status":{"a":NaN}}'),
        ),
    ],
)
def test_json_with_what_cannot_be_kept_is_refused(door: Served, path: str, body: bytes) -> None:
    answer = odd_clinic(door).ask("POST", path, [_JSON], body)
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_json_with_a_member_twice_is_refused_with_its_path(door: Served) -> None:
    body = _DRAFT % (b"rules", b'{"P1": {"high": 5, "high": 6}}')
    answer = odd_clinic(door).ask("POST", f"{_P}/prescription-drafts", [_JSON], body)
    assert (answer.status, b"rules.P1.high stands twice." in answer.body) == (422, True)


_API = [route for route in access_table("Clinician door") if route[1].startswith("/api/")]


@pytest.mark.parametrize(("method", "route"), _API, ids=map("-".join, _API))
def test_the_api_refuses_a_parameter_that_it_does_not_know(
    door: Served, method: str, route: str
) -> None:
    path, _, query = path_of(route, door, method).partition("?")
    answer = odd_clinic(door).ask(method, f"{path}?{query}&pateint=x&pateint=y")
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    errors = [(row["where"], row["name"], row["detail"]) for row in loads(answer.body)["errors"]]
    assert errors.count(("query", "pateint", "is not known")) == 1


def test_a_page_takes_what_others_add_to_its_address(door: Served) -> None:
    assert door.get("/?utm_source=mail").status_code == 200
