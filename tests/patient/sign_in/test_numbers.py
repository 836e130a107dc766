"""Whom the identity provider's personal number admits, and what everybody else is answered."""

import httpx2
import pytest

from tests.clinic.sign_in.provider import Provider
from tests.patient.sign_in.conftest import OpenPatient
from tests.patient.sign_in.patients import People, invented_number, patient_callback, refused_page
from tests.rows import lines_by_patient


@pytest.mark.promise(19)
def test_a_patient_signs_in_by_their_number_and_sees_the_page_asked_for(
    door: httpx2.Client, people: People, patient: str
) -> None:
    start = door.get("/data")
    assert start.status_code == 401
    button = start.text.partition('main-button" href="')[2].partition('"')[0]
    assert button == "/sign-in?page=/data%3Flang%3Den"
    done = door.get(patient_callback(door, "/data?lang=sv"))
    assert (done.status_code, done.headers["location"]) == (303, "/data?lang=sv")
    assert door.get("/data?lang=sv").status_code == 200
    entries = people.rows(lines_by_patient("action"), patient)
    assert entries == [("access.signin",), ("data.read",)]


@pytest.mark.parametrize("day_more", [0, 60])
def test_a_coordination_number_admits_its_patient_as_well(
    door: httpx2.Client, people: People, provider: Provider, day_more: int
) -> None:
    pseudonym, number = people.patient(day_more=day_more)
    provider.person = {"sub": "u-1", "personal_number": f"{number[:8]}-{number[8:]}"}
    assert door.get(patient_callback(door)).headers["location"] == "/"
    assert door.get("/").status_code == 200
    assert len(people.rows(lines_by_patient("action"), pseudonym)) == 2


@pytest.mark.parametrize(
    ("claim", "why", "texts"),
    [
        ("19800101-T123", "an interim number", ("gave an interim number", "gav ett reservnummer")),
        (
            "131052-308T",
            "no Swedish personal number",
            ("is no Swedish personal number", "inte är ett svenskt personnummer"),
        ),
        ("191212121213", "a number that cannot be", ("cannot be right", "inte kan stämma")),
        (None, "no number, or several", ("did not say who you are", "inte om vem du är")),
        (["191212121212", "197010632391"], "no number, or several", ("did not say", "inte om vem")),
        (
            invented_number(),
            "the number is of no patient here",
            ("No patient here has your personal number", "Ingen patient här har ditt personnummer"),
        ),
        (
            invented_number(day_more=60),
            "the coordination number is of no patient here",
            (
                "No patient here has your coordination number",
                "Ingen patient här har ditt samordningsnummer",
            ),
        ),
    ],
    ids=["interim", "foreign", "wrong", "absent", "two", "unknown", "coordination"],
)
def test_who_cannot_be_let_in_gets_a_gentle_answer(  # noqa: PLR0913, PLR0917 - what is shown
    door: httpx2.Client,
    people: People,
    provider: Provider,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    claim: object,
    why: str,
    texts: tuple[str, str],
) -> None:
    provider.person = {"sub": "u-1", "name": "Nisse Ny", "personal_number": claim}
    for language, words in zip(("en", "sv"), texts, strict=True):
        page = refused_page(door, door.get(patient_callback(door, f"/?lang={language}")))
        assert page.status_code == 403
        assert words in page.text
        assert f'href="/sign-in?page=/%3Flang%3D{language}"' in page.text
        assert people.last_entry() == ("nobody", "access.refused", why)
    printed = caplog.text + "".join(capfd.readouterr())
    numbers = claim if isinstance(claim, list) else [claim or "Nisse"]
    stored = people.rows("select audit::text from audit order by id desc limit 4")
    for number in [*numbers, "Nisse"]:
        assert str(number) not in printed + str(stored) + page.text


def test_the_claim_may_have_another_name_or_a_path(
    opened: OpenPatient, people: People, provider: Provider
) -> None:
    _, number = people.patient()
    for name, person in (
        ("urn:oid:1.2.752.29.4.13", {"urn:oid:1.2.752.29.4.13": number}),
        ("user.pnr", {"user": {"pnr": number}}),
    ):
        provider.person = {"sub": "u-1", **person}
        with opened(KADENS_PATIENT_OIDC_NUMBER_CLAIM=name) as door:
            door.get(patient_callback(door))
            assert door.get("/").status_code == 200


@pytest.mark.parametrize(("level", "admitted"), [("loa3", True), ("loa2", False), (None, False)])
@pytest.mark.usefixtures("patient")
def test_a_weak_sign_in_admits_nobody(
    opened: OpenPatient, provider: Provider, level: str | None, *, admitted: bool
) -> None:
    provider.person["acr"] = level
    with opened(KADENS_PATIENT_OIDC_ACR="loa4,loa3") as door:
        answer = door.get(patient_callback(door))
        assert (answer.headers["location"] == "/") == admitted
        assert door.get("/").status_code == (200 if admitted else 401)


def test_a_rotated_key_still_knows_the_number_and_is_needed_no_more(
    opened: OpenPatient, people: People, patient: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    both = tmp_path_factory.mktemp("rotated") / "patient.toml"
    rows = "".join(
        f'[[keys]]\nkind = "identity"\nid = "{id_}"\nstate = "{state}"\nkey = "{byte * 32}"\n'
        for id_, state, byte in (("1", "accepted", "07"), ("2", "active", "08"))
    )
    top = (
        f'wrapping_key = "{"00" * 32}"\nsession_key = "{"01" * 32}"\n'
        'patient_oidc_client_secret = "s3cret:&+%"\n'
    )
    both.write_text(top + rows, encoding="utf-8")
    with opened(KADENS_SECRETS_FILE=str(both)) as door:
        for _ in range(2):
            assert door.get(patient_callback(door)).headers["location"] == "/"
    renewed = people.rows(
        "select key_id from identity.number_digest n join patient p on p.id = n.patient "
        "where pseudonym = %s",
        patient,
    )
    assert renewed == [("2",)]


def test_a_door_without_a_provider_has_no_sign_in(opened: OpenPatient) -> None:
    with opened(KADENS_PATIENT_OIDC_ISSUER="") as door:
        assert "e-identification" not in door.get("/").text
        for path in ("/sign-in", "/sign-in/callback", "/sign-in/refused/nothing"):
            assert door.get(path).status_code == 404


def test_an_account_that_is_closed_lets_nobody_in(
    door: httpx2.Client, people: People, patient: str
) -> None:
    people.change(
        "insert into account_life (patient, closed_at) select id, now() from patient "
        "where pseudonym = %s",
        patient,
    )
    page = refused_page(door, door.get(patient_callback(door)))
    assert (page.status_code, "Your account is closed" in page.text) == (403, True)
    assert people.last_entry() == ("nobody", "access.refused", "the account is closed")
