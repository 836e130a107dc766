"""The pages of a patient who is signed in: what they say, and that each shows its owner only."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import httpx2
import pytest

from model.calendar import local_date
from model.intensity import HeartProfile
from model.prescription import Intensity, Prescription
from patient.routes import ROUTES
from patient.today import prescribed_now
from patient.words import full_date
from storage.people import care_team
from storage.people.profiles import put_profile
from storage.pg.pool import Connection
from storage.prescribing.versions import put_prescription
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in
from tests.rows import lines_by_patient

OWN_PAGES = [
    path
    for path, _endpoint, method in ROUTES
    if method == "GET" and path in {"/", "/report", "/sources", "/data", "/looked", "/rights"}
]
_LOOKED = ("data.read", "data.read", "letter.show", "list.read")
_REFUSED = ("data.refused", "data.refused")


def text_of(answer: httpx2.Response) -> str:
    """Return what the middle of a page says."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    bare = re.sub(r"<[^>]+>", " ", main.partition(">")[2])
    return re.sub(r"\s+", " ", unescape(bare)).strip()


def prescribe(world: LinkWorld, patient: str) -> None:
    """Prescribe three sessions a week."""
    row = Prescription(
        id=f"x-{patient}",
        version=1,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
        sessions_per_week=3,
        minutes_per_session=30,
        most_minutes_per_session=45,
        intensity=Intensity(method="rpe_cr10", low=3, high=5),
    )

    async def work(conn: Connection) -> None:
        await put_prescription(conn, patient, row, 0)

    world.run(work)


def test_today_says_what_is_prescribed(links: LinkWorld) -> None:
    patient = links.patient()
    prescribe(links, patient)
    with signed_in(links, patient) as client:
        english, swedish = text_of(client.get("/")), text_of(client.get("/?lang=sv"))
    assert english == (
        "Today This week Sessions 0 of 3 Minutes 0 of 90 Report how it went "
        "What is prescribed Exercise 3 times a week, 30 to 45 minutes each time. "
        "Exercise so that it feels like 3 to 5 on the scale from 0 (nothing at all) to 10 "
        "(extremely hard). "
        "Pain up to 5 of 10 is all right. The prescription holds "
        "until 31 December 2026."
    )
    assert swedish == (
        "I dag Den här veckan Träningspass 0 av 3 Minuter 0 av 90 Rapportera hur det gick "
        "Ditt recept Träna 3 gånger i "
        "veckan, 30 till 45 minuter varje gång. Träna så att det känns som 3 till 5 på skalan "
        "från 0 (ingenting alls) till 10 (extremt ansträngande). Smärta upp till 5 av 10 går "
        "bra. Receptet gäller till och med 31 december 2026."
    )


_BY_RESERVE = Intensity(method="hrr", low=0.4, high=0.595)
_PROFILE = HeartProfile(valid_from=date(2026, 1, 1), birth_year=1966, hr_rest=60, hr_max=165)
_PRESCRIBED = Prescription(
    id="x",
    version=1,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    sessions_per_week=3,
    minutes_per_session=30,
    intensity=_BY_RESERVE,
)


@pytest.mark.parametrize(
    ("intensity", "profile", "low", "high"),
    [
        # 60 + 0.4 * 105 and 60 + 0.595 * 105 = 122.475
        (_BY_RESERVE, _PROFILE, "102", "122"),
        (Intensity(method="hrmax", low=0.5, high=0.7), _PROFILE, "83", "116"),
        (Intensity(method="bpm", low=110, high=130), None, "110", "130"),
        (Intensity(method="rpe_6_20", low=12, high=14), None, "12", "14"),
        (Intensity(method="cadence", low=100, high=129.5), None, "100", "129.5"),
        # without a figure that holds for the patient there is none to show
        (_BY_RESERVE, None, "", ""),
        (_BY_RESERVE, replace(_PROFILE, rate_limited=True), "", ""),
    ],
)
def test_how_hard_is_in_what_a_watch_shows_or_a_person_feels(
    intensity: Intensity, profile: HeartProfile | None, low: str, high: str
) -> None:
    row = replace(_PRESCRIBED, intensity=intensity)
    now = prescribed_now(row, profile, date(2026, 11, 20))
    assert (now.low, now.high, bool(now.effort)) == (low, high, bool(low))


def test_today_says_the_pulse_that_is_prescribed(links: LinkWorld) -> None:
    patient = links.patient()

    async def work(conn: Connection) -> None:
        await put_prescription(conn, patient, _PRESCRIBED, 0)
        await put_profile(conn, patient, _PROFILE, 0)

    links.run(work)
    with signed_in(links, patient) as client:
        english, swedish = text_of(client.get("/")), text_of(client.get("/?lang=sv"))
    assert "Exercise so that your pulse is 102 to 122 beats a minute." in english
    assert "Träna så att pulsen är 102 till 122 slag per minut." in swedish


def test_a_patient_without_anything_is_told_so(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        assert text_of(client.get("/")) == (
            "Today This week Sessions 0 Minutes 0 Report how it went What is prescribed "
            "Nothing is prescribed at the moment."
        )
        assert text_of(client.get("/data")).endswith(
            "Sessions No session has come in yet. Your answers You have not answered anything yet."
        )
        assert text_of(client.get("/looked?lang=sv")).endswith("Ingen har tittat.")


def test_a_patient_sees_nothing_of_another(links: LinkWorld) -> None:
    other = links.patient()
    prescribe(links, other)
    with signed_in(links, links.patient()) as client:
        for path in OWN_PAGES:
            page = client.get(f"{path}?patient={other}")
            assert page.status_code == 200
            assert other not in page.text
        assert "Nothing is prescribed" in client.get(f"/?patient={other}").text


def test_who_looked_is_a_line_for_each_person_and_day(links: LinkWorld) -> None:
    patient = links.patient()

    async def work(conn: Connection) -> None:
        who = care_team.Clinician(subject="c-9", name="Nora Lind", email="", unit="unit")
        await care_team.add_clinician(conn, who)
        for what in (*_LOOKED, "alert.note", *_REFUSED):
            await conn.execute(
                "insert into audit (at, actor, role, care_unit, action, patient, object, detail) "
                "select to_timestamp(%s / 1000.0), 'c-9', 'clinician', p.care_unit, %s, p.id, '', "
                "'{}' from patient p where p.pseudonym = %s",
                [links.now_ms, what, patient],
            )

    links.run(work)
    with signed_in(links, patient) as client:
        text = text_of(client.get("/looked"))
    day = local_date(links.now_ms, "Europe/Stockholm")
    assert text.endswith(
        f"{full_date('en', day)} : Nora Lind, unit Opened: 3. Seen on a list: 1. Changed: 1. "
        "Tried, and was refused: 2."
    )


def test_whoever_runs_the_system_is_no_account_of_a_computer(links: LinkWorld) -> None:
    patient = links.patient()

    async def work(conn: Connection) -> None:
        await conn.execute(
            "insert into audit (at, actor, role, care_unit, action, patient, object, detail) "
            "select to_timestamp(%s / 1000.0), 'os:root', 'operator', null, 'consent.give', p.id, "
            "'', '{}' from patient p where p.pseudonym = %s",
            [links.now_ms, patient],
        )

    links.run(work)
    with signed_in(links, patient) as client:
        text = text_of(client.get("/looked?lang=sv"))
    assert text.endswith(": En tekniker hos tj\u00e4nsten \u00c4ndrat: 1.")


@pytest.mark.parametrize("path", OWN_PAGES)
@pytest.mark.parametrize("who", ["nobody", "ended"])
def test_a_page_is_for_who_is_signed_in(links: LinkWorld, path: str, who: str) -> None:
    cookies: dict[str, str] = {}
    if who == "ended":
        with signed_in(links, links.patient()) as client:
            cookies = dict(client.cookies)
            token = client.get("/").text.partition('name="token" value="')[2].partition('"')[0]
            client.post("/leave", data={"token": token})
    assert httpx2.get(links.url + path, cookies=cookies).status_code == 401


@pytest.mark.parametrize("path", OWN_PAGES)
def test_each_page_leaves_its_line_in_the_audit_log(links: LinkWorld, path: str) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        client.get(path)
    query = lines_by_patient("object", "and action = 'data.read'")
    assert links.column(query, patient) == [path]
