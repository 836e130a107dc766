"""The same door with a real Keycloak 26: its pages, its tokens, its refusals."""

import html
import re
from collections.abc import Iterator

import httpx2
import psycopg
import pytest

from kadens.wiring.clinic import clinic_door
from tests.clinic.sign_in import keycloak
from tests.clinic.sign_in.conftest import SIGN_IN_UNIT, Kept, browser, settings_of
from tests.clinic.sign_in.keycloak_fixture import SharedKeycloak
from tests.clinic.sign_in.provider import served_provider

_MISSING = keycloak.missing()
pytestmark = [pytest.mark.keycloak, pytest.mark.skipif(_MISSING is not None, reason=str(_MISSING))]


ASSIGNMENT_UNIT = "SE2321000016-2002"
_INERA = {
    "KADENS_OIDC_CLIENT_ID": "kadens inera",
    "KADENS_OIDC_SUBJECT_CLAIM": "employeeHsaId",
    "KADENS_OIDC_UNIT_CLAIM": "commissionHsaId",
    "KADENS_OIDC_ROLE_CLAIM": "healthcareProfessionalLicense",
    "KADENS_OIDC_ROLES": "SG,LK",
    "KADENS_OIDC_PURPOSE": "VårdOchBehandling",
    "KADENS_OIDC_ACR": "http://id.sambi.se/loa/loa3,http://id.sambi.se/loa/loa4",
}


@pytest.fixture(scope="module")
def doors(
    dsn: str, hospital: SharedKeycloak, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Serve two doors whose clinicians Keycloak knows: with our names of claims, and Inera's."""
    own, assigned = tmp_path_factory.mktemp("keycloak"), tmp_path_factory.mktemp("inera")
    roles = {"KADENS_OIDC_ROLE_CLAIM": "roles", "KADENS_OIDC_ROLES": "nurse,physiotherapist"}
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("insert into care_unit (name) values (%s)", [ASSIGNMENT_UNIT])
    (socket, url), (second, other) = hospital.doors["HERE"], hospital.doors["ASSIGNED"]
    known = {"KADENS_OIDC_ISSUER": hospital.issuer}
    ours = settings_of(dsn, own, KADENS_CLINIC_URL=url, **known, **roles)
    theirs = settings_of(dsn, assigned, KADENS_CLINIC_URL=other, **known, **_INERA)
    with (
        served_provider(clinic_door(ours), socket),
        served_provider(clinic_door(theirs), second),
    ):
        yield url, other


@pytest.fixture
def here(doors: tuple[str, str]) -> str:
    """Give the address of the door with our names of claims."""
    return doors[0]


@pytest.fixture
def assigned_door(doors: tuple[str, str]) -> Iterator[httpx2.Client]:
    """Give a browser at the door whose claims have Inera's names."""
    with browser(doors[1]) as client:
        yield client


@pytest.fixture
def door(here: str) -> Iterator[httpx2.Client]:
    """Give a browser at the door."""
    with browser(here) as client:
        yield client


@pytest.fixture
def there() -> Iterator[httpx2.Client]:
    """Give the client that visits Keycloak in the same browser.

    Like a browser it sends secure cookies to loopback without TLS as well.
    """

    def trusting(_: httpx2.Response) -> None:
        for cookie in client.cookies.jar:
            cookie.secure = False

    with httpx2.Client(event_hooks={"response": [trusting]}) as client:
        yield client


def form(page: httpx2.Response) -> str:
    """Give where a page of Keycloak sends its form."""
    assert page.status_code == 200, page.text
    match = re.search(r'<form[^>]*\baction="([^"]+)"', page.text)
    assert match, page.text
    return str(page.url.join(html.unescape(match[1])))


def keycloak_page(door: httpx2.Client, there: httpx2.Client) -> httpx2.Response:
    """Open the worklist signed out, and give what Keycloak answers to where that leads."""
    start = door.get("/")
    assert start.headers["location"] == "/sign-in?page=%2F"
    return there.get(door.get(start.headers["location"]).headers["location"])


def let_in(door: httpx2.Client, there: httpx2.Client, name: str, password: str) -> httpx2.Response:
    """Sign in at Keycloak and return its last answer.

    On success the answer redirects to the clinician door.
    """
    return there.post(
        form(keycloak_page(door, there)),
        data={"username": name, "password": password, "credentialId": ""},
    )


def test_a_clinician_signs_in(door: httpx2.Client, there: httpx2.Client, clinicians: Kept) -> None:
    answer = let_in(door, there, "karin", "invented-1")
    assert answer.status_code == 302
    done = door.get(answer.headers["location"])
    assert (done.status_code, done.headers["location"]) == (303, "/")
    page = door.get("/")
    assert page.status_code == 200
    assert "Karin Lind" in page.text
    assert SIGN_IN_UNIT in page.text
    ((subject, *reported),) = clinicians()
    assert re.fullmatch(r"[0-9a-f-]{36}", subject)
    assert reported == ["Karin Lind", "karin@example.org"]
    assert door.get("/api/v1/worklist").json() == []


def test_a_wrong_password_leads_nowhere(door: httpx2.Client, there: httpx2.Client) -> None:
    answer = let_in(door, there, "karin", "wrong")
    assert answer.status_code == 200
    assert "Invalid username or password" in answer.text
    assert door.get("/").status_code == 303


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("johan", "invented-2", "Your care unit is not set up here."),
        ("pelle", "invented-3", "The identity provider gives you no role that is let in here."),
    ],
)
def test_who_has_no_unit_or_role_here_stays_outside(
    door: httpx2.Client, there: httpx2.Client, clinicians: Kept, name: str, password: str, why: str
) -> None:
    result = door.get(let_in(door, there, name, password).headers["location"])
    assert result.status_code == 403
    assert why in result.text
    assert (door.get("/").status_code, clinicians()) == (303, [])


def test_a_code_is_worth_something_once(door: httpx2.Client, there: httpx2.Client) -> None:
    callback = let_in(door, there, "karin", "invented-1").headers["location"]
    before = httpx2.Cookies(door.cookies)
    assert door.get(callback).status_code == 303
    door.cookies = before
    again = door.get(callback)
    assert again.status_code == 403
    assert "answer was not accepted" in again.text


def test_signing_out_ends_the_session_at_keycloak_as_well(
    door: httpx2.Client, there: httpx2.Client, here: str
) -> None:
    door.get(let_in(door, there, "karin", "invented-1").headers["location"])
    token = re.search(r'name="token" value="([^"]+)"', door.get("/").text)
    assert token
    left = door.post("/sign-out", data={"token": token[1]})
    elsewhere = re.search(r'<a href="([^"]+)">sign out there', left.text)
    assert elsewhere
    assert door.get("/").status_code == 303
    assert keycloak_page(door, there).status_code == 302  # Keycloak still knows the browser
    sure = there.get(html.unescape(elsewhere[1]))
    code = re.search(r'name="session_code" value="([^"]+)"', sure.text)
    assert code
    gone = there.post(form(sure), data={"session_code": code[1], "confirmLogout": "Logout"})
    assert (gone.status_code, gone.headers["location"]) == (302, f"{here}/")
    assert 'name="password"' in keycloak_page(door, there).text


def test_access_follows_an_assignment_with_ineras_names_of_claims(
    assigned_door: httpx2.Client, there: httpx2.Client, dsn: str
) -> None:
    answer = let_in(assigned_door, there, "sara", "invented-4")
    assert assigned_door.get(answer.headers["location"]).headers["location"] == "/"
    page = assigned_door.get("/")
    assert page.status_code == 200
    assert ASSIGNMENT_UNIT in page.text
    with psycopg.connect(dsn) as conn:
        # of two licences the first that the settings name is the role
        rows = conn.execute(
            "select role, u.name, actor from audit join care_unit u on u.id = care_unit "
            "where action = 'access.signin' order by audit.id desc limit 1"
        ).fetchall()
    # the person is the one of every assignment, and no id of the provider's own
    assert rows == [("SG", ASSIGNMENT_UNIT, "SE2321000016-1001")]


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("frida", "invented-5", "Your assignment is not for care and treatment."),
        ("svante", "invented-6", "Your sign-in is not strong enough for this service."),
        ("tova", "invented-7", "Your care unit is not set up here."),
        ("karin", "invented-1", "The identity provider sent no usable subject."),
    ],
)
def test_another_assignment_admits_nobody(
    assigned_door: httpx2.Client, there: httpx2.Client, name: str, password: str, why: str
) -> None:
    result = assigned_door.get(let_in(assigned_door, there, name, password).headers["location"])
    assert (result.status_code, why in result.text) == (403, True)
    assert assigned_door.get("/").status_code == 303
