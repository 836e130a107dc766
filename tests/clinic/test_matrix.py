"""Who may reach each route of the clinician door behind a proxy, walked over its route table.

The cells are those of docs/access.md, as for the walk of `tests/access`, which signs everybody in
by a provider. Here the door has another address than the one on which it listens.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from clinic.app import create_app
from clinic.config import ClinicConfig
from clinic.sign_in import sign_in_routes
from model.calendar import DAY_MS
from model.keyring import KeyRing
from storage.people import clinic_sessions
from storage.pg.pool import open_pool
from tests.access.table import access_table, routes_of
from tests.clinic.sign_in.provider import listening, served_provider
from tests.clinic_world import (
    ALERTS,
    CLINIC_KEY,
    CLINIC_NOW,
    CLINICIAN,
    OTHER_UNIT,
    Served,
    made_link,
    names,
)
from web import csrf
from web.sign_in import code_flow
from web.sign_in.id_tokens import ClaimNames
from web.sign_in.identity import Identity
from web.sign_in.provider import Provider, Registration

# The callers of this walk, each with its column of docs/access.md. "foreign" is the unit's own
# clinician, by a request that another site started.
_COLUMNS = {
    "nobody": "nobody",
    "own": "clinician",
    "other": "clinician elsewhere",
    "ended": "ended",
    "foreign": "other site",
}
SITE = "https://care.example.org"
MATRIX = access_table("Clinician door")
# Here the provider is away. In the table it is there.
_OTHERWISE = {("GET", "/sign-in"): 503}
# Hours that cannot be, and people whom no unit has: nothing is changed.
_NOBODY = {"subject": "c-nobody"}
_HOURS = {"zone": "Mars", "weekdays": [1], "opens": "08:00", "closes": "17:00"}
API_WRITTEN: dict[str, dict[str, object]] = {
    "duty": {"hours": _HOURS},
    "absences": {**_NOBODY, "from_ms": CLINIC_NOW, "until_ms": CLINIC_NOW + DAY_MS},
}
WRITTEN: dict[str, dict[str, object]] = {
    "notes": {"text": "called"},
    "duty": dict(_HOURS),
    "returns": dict(_NOBODY),
    "absences": {**_NOBODY, "first": "2026-12-01", "last": "2026-12-02"},
    "annotations": {"kind": "illness", "first": "2026-11-20"},
    "note": {"text": "", "after": 0},
    "settings": {"change": "A2 missed", "value": "4", "why": "agreed"},
    "filters": {"name": "mine", "query": "tag=knee"},
    "file": {"checked": "yes"},
    "reopen": {"why": "came back"},
    "withdraw": {"why": "a slip"},
    "language": {"code": "sv", "page": "/"},
    "openings": {"patient": "p-south", "ground": "emergency", "reason": "fell"},
}
RULE_CHANGE = {"rule": "A2", "name": "missed", "value": 4, "why": "agreed"}
CELLS = [(*route, who) for route, who in product(MATRIX, _COLUMNS)]
_DATES = {"valid_from": "2027-03-01", "valid_to": "2027-02-01"}
_CONTENT = {
    **_DATES,
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}
# What is sent to a route that ends so; the content contradicts itself.
PRESCRIPTION_BODIES: dict[str, dict[str, object]] = {
    "/prescription-drafts": _CONTENT,
    "/prescription-bundle": {"resourceType": "Patient"},
    "{draft}": _CONTENT,
    "/renewals": {"version": 1, **_DATES},
    "/pauses": {"version": 1, "first": "2026-12-01", "last": "2026-12-02", "why": "illness"},
    "/end": {"version": 1, "last": "2026-12-02"},
    "/discard": {"revision": 1},
}
SESSIONS = {who: str(uuid4()) for who in ("own", "other", "ended")}
CLINICIANS = {
    "own": replace(CLINICIAN, session=SESSIONS["own"]),
    "foreign": replace(CLINICIAN, session=SESSIONS["own"]),
    "other": Identity(
        subject="c-south", name="Olle Syd", care_unit=OTHER_UNIT, session=SESSIONS["other"]
    ),
    "ended": replace(CLINICIAN, session=SESSIONS["ended"]),
}


def identify(request: Request) -> Identity | None:
    return CLINICIANS.get(request.headers.get("x-who", ""))


def _app(dsn: str) -> FastAPI:
    made = create_app(
        ClinicConfig(
            database=dsn,
            identify=identify,
            clock=lambda: CLINIC_NOW,
            names=names,
            form_keys=lambda: [CLINIC_KEY],
            origin=SITE,
            new_link=made_link,
        )
    )
    away = Registration(
        issuer="http://127.0.0.1:1",
        client_id="c",
        client_secret="s",  # noqa: S106
        redirect_uri=f"{SITE}/back",
    )
    provider = Provider(away, lambda: CLINIC_NOW)
    reading = ClaimNames(unit_claim="care_unit", role_claim="", roles=())
    sign_in_routes.install_sign_in(
        made,
        code_flow.SignIn(
            provider=provider,
            claim_names=reading,
            keys=lambda: KeyRing.single(CLINIC_KEY),
            life_ms=DAY_MS,
            secure=True,
            clock=lambda: CLINIC_NOW,
        ),
    )
    return made


async def begin(dsn: str) -> None:
    async with await open_pool(dsn) as pool, pool.connection() as conn:
        await conn.execute("delete from clinic_session")
        for who, id_ in SESSIONS.items():
            unit = CLINICIANS[who].care_unit
            begun = clinic_sessions.Begun(
                id=id_, subject=who, care_unit=unit, until_ms=CLINIC_NOW + DAY_MS
            )
            await clinic_sessions.begin_session(conn, begun, CLINIC_NOW)
        assert await clinic_sessions.end_session(conn, SESSIONS["ended"], CLINIC_NOW)


@pytest.fixture(scope="module")
def client(world: str) -> Iterator[httpx2.Client]:
    """Serve a door with sign-in to a clinician of each kind."""
    with (
        listening() as (socket, url),
        served_provider(_app(world), socket),
        httpx2.Client(base_url=url, timeout=30) as made,
    ):
        yield made


def path_of(route: str, door: Served, method: str = "GET") -> str:
    session = door.rows(
        "select session from session s join patient p on p.id = s.patient "
        "where p.pseudonym = 'p-snooze' limit 1"
    )[0][0]
    filled = route.format(
        pseudonym="p-snooze",
        session=session,
        alert=ALERTS["old"],
        action="acknowledge",
        prescription="rx-p-snooze",
        annotation=999_999,
        correction=999_999,
        draft=uuid4(),
        subject="c-nobody",
        number=999_999,
        step="take",
        name="prescription" if "schemas" in route else "clinic.css",
    )
    if route.endswith("/submission") or (route.endswith("{draft}") and method != "GET"):
        return f"{filled}?revision=1"
    if route.endswith("/what-if"):
        return f"{filled}?rule=A2&name=missed&value=4"
    return f"{filled}?metric=heart_rate" if route.endswith("/timeline") else filled


def sent(route: str, who: str) -> dict[str, object]:
    """Return the body of a write: a form with a good token, or JSON."""
    mark = {"statement": "not_exercise", "reason": "illness"}
    # what each of the other writes takes, as JSON and as a form
    name = route.rpartition("/")[2]
    written = {**WRITTEN, **(API_WRITTEN if route.startswith("/api/") else {})}.get(name, {})
    if written and route.startswith("/api/"):
        return {"json": RULE_CHANGE if route.endswith("/settings") else written}
    for end, body in PRESCRIPTION_BODIES.items():
        if route.startswith("/api/") and route.endswith(end):
            return {"json": body}
    if route.startswith("/api/"):
        return {"json": mark if route.endswith("/marks") else {"action": "acknowledge"}}
    subject = CLINICIANS[who].subject if who in CLINICIANS else ""
    token: dict[str, object] = {"token": csrf.form_token(CLINIC_KEY, subject, CLINIC_NOW)}
    if written:
        return {"data": {**token, **written}}
    for end, fields in PRESCRIPTION_BODIES.items():
        token |= fields if route.endswith(end) else {}
    return {"data": {**token, **mark} if route.endswith("/marks") else token}


def test_every_route_is_in_the_table() -> None:
    assert routes_of(_app("")) == set(MATRIX)


@pytest.mark.parametrize(("method", "route", "who"), CELLS, ids=[" ".join(cell) for cell in CELLS])
def test_the_cell(client: httpx2.Client, door: Served, method: str, route: str, who: str) -> None:
    asyncio.run(begin(door.dsn))
    # each cell writes the first version of the note, and finds no mark of a review
    door.change("delete from pinned_note")
    door.change("delete from review")
    headers = {
        "x-who": who,
        "accept": "application/json",
        "origin": "https://evil.example" if who == "foreign" else SITE,
    }
    body = sent(route, who) if method in {"POST", "PUT"} else {}
    with client.stream(
        method,
        path_of(route, door, method),
        headers=headers,
        **body,  # type: ignore[arg-type]
    ) as result:
        written = MATRIX[method, route][_COLUMNS[who]]
        assert result.status_code == _OTHERWISE.get((method, route), written)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": SITE, "sec-fetch-site": "same-origin"}, 409),
        ({}, 409),
        ({"origin": SITE, "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://care.example.org"}, 403),
        ({"origin": "https://care.example.org:8443"}, 403),
        ({"origin": "https://care.example.org.evil.example"}, 403),
        ({"host": "evil.example", "origin": "https://evil.example"}, 403),
    ],
    ids=str,
)
def test_behind_a_proxy_the_doors_own_address_counts(
    client: httpx2.Client, door: Served, headers: dict[str, str], status: int
) -> None:
    asyncio.run(begin(door.dsn))
    path = f"/api/v1/alerts/{ALERTS['old']}/moves"
    result = client.post(path, headers={"x-who": "own", **headers}, json={"action": "acknowledge"})
    assert result.status_code == status


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Care.example.org:443/x", "https://care.example.org"),
        ("http://127.0.0.1:8802", "http://127.0.0.1:8802"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_an_origin_is_said_as_browsers_say_it(address: str, origin: str) -> None:
    assert csrf.origin_of(address) == origin


def test_a_page_hears_nothing_of_another_unit(client: httpx2.Client, door: Served) -> None:
    asyncio.run(begin(door.dsn))
    with (
        client.stream("GET", "/events", headers={"x-who": "own"}) as own,
        client.stream("GET", "/events", headers={"x-who": "other"}) as other,
    ):
        mine, theirs = own.iter_lines(), other.iter_lines()
        assert (next(mine), next(theirs)) == ("retry: 2000", "retry: 2000")
        door.change("select pg_notify('kadens_changed', %s)", CLINICIAN.care_unit)
        assert next(line for line in mine if line.startswith("event")) == "event: changed"
        door.change("update clinic_session set ended_at = now()")
        assert list(filter(None, theirs)) == []
