"""The patient door with a real Keycloak 26: who gets in, and what it answers to an attacker.

Keycloak tells no lies, so here the answer on its way is changed, or what it is compared with.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc.jwk import KeySet

from kadens.settings import Settings
from kadens.wiring.patient import patient_door
from kadens.wiring.sign_in import patient_sign_in_of
from model.keyring import KeyRing
from patient.visit import IDLE_MS, LIFE_MS
from tests.clinic.sign_in import keycloak
from tests.clinic.sign_in.keycloak_fixture import SharedKeycloak
from tests.clinic.sign_in.provider import served_provider
from tests.clinic.sign_in.test_keycloak import form
from tests.patient.sign_in.conftest import patient_settings
from tests.patient.sign_in.patients import People, refused_page
from tests.patient.test_entry import token_of_form
from tests.rows import lines_by_patient
from web.sign_in.code_flow import pending_cookie
from web.sign_in.cookies import opened_pending, seal_pending
from web.sign_in.id_tokens import Expected, TokenError, checked_claims

_MISSING = keycloak.missing()
pytestmark = [pytest.mark.keycloak, pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))]
_SESSION_KEYS = KeyRing.single(b"\x01" * 32)  # as in `patient_settings`
_NOT_ACCEPTED = "the provider's answer is not accepted"
_LATE = "the answer belongs to no sign-in of this browser"
_LOA3 = "http://id.sambi.se/loa/loa3"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealDoor:
    """A patient door at `url`, its settings, the file of its clock, and the patient Anna."""

    url: str
    settings: Settings
    clock: Path
    anna: str

    def at(self, ahead_ms: int = 0) -> None:
        """Set the clock so far ahead of Keycloak's, which is the machine's."""
        self.clock.write_text(str(int(time.time() * 1000) + ahead_ms), encoding="ascii")


@pytest.fixture(scope="module")
def served_door(
    people: People, hospital: SharedKeycloak, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealDoor]:
    """Serve a door whose patients Keycloak knows."""
    folder = tmp_path_factory.mktemp("keycloak")
    anna = people.patient_with(hospital.number)
    socket, url = hospital.doors["OWNDOOR"]
    settings = patient_settings(
        people.dsn,
        folder,
        KADENS_PATIENT_URL=url,
        KADENS_PATIENT_OIDC_ISSUER=hospital.issuer,
        KADENS_PATIENT_OIDC_CLIENT_ID="kadens patient",
        KADENS_PATIENT_OIDC_ACR=_LOA3,
        KADENS_CLOCK=f"file:{folder / 'clock'}",
    )
    made = RealDoor(url=url, settings=settings, clock=folder / "clock", anna=anna)
    made.at()
    with served_provider(patient_door(settings), socket):
        yield made


@pytest.fixture
def real(served_door: RealDoor) -> RealDoor:
    """Give the door with a clock that is right."""
    served_door.at()
    return served_door


@pytest.fixture
def door(real: RealDoor) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=real.url, timeout=60) as client:
        yield client


@contextmanager
def visiting() -> Iterator[httpx2.Client]:
    """Give a client that visits Keycloak, and sends secure cookies to loopback as browsers do."""

    def trusting(_: httpx2.Response) -> None:
        for cookie in client.cookies.jar:
            cookie.secure = False

    # the first page of a Keycloak that has just started takes long on a busy machine
    with httpx2.Client(event_hooks={"response": [trusting]}, timeout=60) as client:
        yield client


def callback_of(door: httpx2.Client, name: str = "anna", number: int = 8) -> str:
    """Sign in at Keycloak, and return where it sends the browser back to."""
    with visiting() as there:
        page = there.get(door.get("/sign-in").headers["location"])
        data = {"username": name, "password": f"invented-{number}", "credentialId": ""}
        answer = there.post(form(page), data=data)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


def _with_query(callback: str, **values: str) -> str:
    """Return an answer of Keycloak with other parameters."""
    query = {name: row[0] for name, row in parse_qs(urlsplit(callback).query).items()}
    return f"/sign-in/callback?{urlencode({**query, **values})}"


def _refused(door: httpx2.Client, people: People, callback: str, why: str) -> None:
    assert refused_page(door, door.get(callback)).status_code == 403
    assert people.last_entry() == ("nobody", "access.refused", why)


def test_a_patient_signs_in(door: httpx2.Client, real: RealDoor, people: People) -> None:
    assert door.get(callback_of(door)).headers["location"] == "/"
    assert "<h1>Today</h1>" in door.get("/").text
    assert people.rows(lines_by_patient("action"), real.anna)[-2:] == [
        ("access.signin",),
        ("data.read",),
    ]


@pytest.mark.parametrize(
    ("name", "number", "why"),
    [
        ("bo", 9, "the number is of no patient here"),
        ("ellen", 10, "an interim number"),
        ("gun", 11, "no number, or several"),
        ("hugo", 12, "the sign-in is too weak"),
    ],
)
def test_who_is_no_patient_stays_outside(
    door: httpx2.Client, people: People, name: str, number: int, why: str
) -> None:
    _refused(door, people, callback_of(door, name, number), why)


def test_fixation_a_planted_cookie_is_worth_nothing(door: httpx2.Client, real: RealDoor) -> None:
    planted = {"kadens-patient": "a" * 32}
    callback = callback_of(door)
    door.cookies.update(planted)
    assert "a" * 32 not in door.get(callback).headers["set-cookie"]
    assert httpx2.get(f"{real.url}/", cookies=planted).status_code == 401


def test_replay_a_code_works_once(door: httpx2.Client, people: People) -> None:
    callback = callback_of(door)
    waiting = httpx2.Cookies(door.cookies)
    assert door.get(callback).headers["location"] == "/"
    door.cookies = waiting
    _refused(door, people, callback, _NOT_ACCEPTED)


def test_state_of_another_browser_is_refused(
    door: httpx2.Client, real: RealDoor, people: People
) -> None:
    callback = callback_of(door)
    with httpx2.Client(base_url=real.url) as other:
        _refused(other, people, callback, _LATE)


def test_pkce_a_stolen_code_is_refused(door: httpx2.Client, real: RealDoor, people: People) -> None:
    ours = callback_of(door)
    with httpx2.Client(base_url=real.url) as other:
        stolen = parse_qs(urlsplit(callback_of(other)).query)["code"][0]
    _refused(door, people, _with_query(ours, code=stolen), _NOT_ACCEPTED)


def test_nonce_of_another_sign_in_is_refused(door: httpx2.Client, people: People) -> None:
    callback = callback_of(door)
    state = parse_qs(urlsplit(callback).query)["state"][0]
    name, now_ms = f"kadens-{pending_cookie(state)}", int(time.time() * 1000)
    begun = opened_pending(_SESSION_KEYS, door.cookies[name], state, now_ms)
    assert begun is not None
    other = seal_pending(_SESSION_KEYS, replace(begun, nonce="n" * 43), now_ms + 60_000)
    door.cookies.clear()
    door.cookies.set(name, other)
    _refused(door, people, callback, _NOT_ACCEPTED)


def test_issuer_of_an_answer_must_be_ours(door: httpx2.Client, people: People) -> None:
    assert "iss=" in callback_of(door)
    _refused(
        door, people, _with_query(callback_of(door), iss="https://id.example.org"), _NOT_ACCEPTED
    )


@pytest.mark.parametrize(
    "other",
    [
        lambda ours: replace(ours, client_id="kadens door"),
        lambda ours: replace(ours, issuer=f"{ours.issuer}/"),
    ],
    ids=["audience", "issuer"],
)
def test_a_real_token_of_another_audience_or_issuer_is_refused(
    door: httpx2.Client, real: RealDoor, other: Callable[[Expected], Expected]
) -> None:
    sign_in = patient_sign_in_of(real.settings)
    query = parse_qs(urlsplit(callback_of(door)).query)
    state, code = query["state"][0], query["code"][0]
    cookie = door.cookies[f"kadens-{pending_cookie(state)}"]
    begun = opened_pending(_SESSION_KEYS, cookie, state, sign_in.clock())
    assert begun is not None

    async def redeemed() -> tuple[str, KeySet]:
        token = await sign_in.provider.redeemed(code, begun.verifier)
        return token, await sign_in.provider.keys()

    token, keys = asyncio.run(redeemed())
    ours = Expected(issuer=sign_in.issuer, client_id="kadens patient", nonce=begun.nonce)
    assert checked_claims(token, keys, ours, sign_in.clock())["azp"] == "kadens patient"
    with pytest.raises(TokenError):
        checked_claims(token, keys, other(ours), sign_in.clock())


def test_clock_half_a_minute_of_skew_is_forgiven_and_no_more(
    door: httpx2.Client, real: RealDoor, people: People
) -> None:
    callback = callback_of(door)
    real.at(-35_000)  # the token is of the future
    _refused(door, people, callback, _NOT_ACCEPTED)
    real.at()
    callback = callback_of(door)
    real.at(-20_000)
    assert door.get(callback).headers["location"] == "/"


def test_expiry_idle_and_absolute(door: httpx2.Client, real: RealDoor) -> None:
    door.get(callback_of(door))
    real.at(IDLE_MS - 60_000)
    assert door.get("/").status_code == 200
    real.at(2 * IDLE_MS)
    assert door.get("/").status_code == 401
    real.at()
    door.get(callback_of(door))
    used = []
    for ahead in range(0, LIFE_MS, IDLE_MS - 60_000):
        real.at(ahead)
        used.append(door.get("/").status_code)
    assert set(used) == {200}
    real.at(LIFE_MS + 60_000)
    assert door.get("/").status_code == 401


def test_csrf_another_sites_form_signs_nobody_out(door: httpx2.Client) -> None:
    door.get(callback_of(door))
    data = {"token": token_of_form(door)}
    forged = door.post("/leave", data=data, headers={"origin": "https://evil.example"})
    assert (forged.status_code, door.get("/").status_code) == (403, 200)


def test_sign_out_ends_the_session_and_leads_to_keycloaks_own(door: httpx2.Client) -> None:
    door.get(callback_of(door))
    copy = httpx2.Cookies(door.cookies)
    left = door.post("/leave", data={"token": token_of_form(door)})
    elsewhere = re.search(r'<a href="([^"]+)">Sign out there', left.text)
    assert elsewhere
    assert "/protocol/openid-connect/logout?client_id=kadens+patient" in elsewhere[1]
    door.cookies = copy
    assert door.get("/").status_code == 401


def test_the_next_person_at_the_same_browser_is_asked_who_they_are(door: httpx2.Client) -> None:
    with visiting() as there:
        page = there.get(door.get("/sign-in").headers["location"])
        data = {"username": "anna", "password": "invented-8", "credentialId": ""}
        assert there.post(form(page), data=data).status_code == 302
        # Keycloak knows the browser now, and would answer with a code at once
        assert 'name="password"' in there.get(door.get("/sign-in").headers["location"]).text
