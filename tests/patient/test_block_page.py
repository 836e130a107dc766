"""The page on which a patient blocks other units: what it says, and what it leaves in the log."""

import httpx2
import psycopg

from model.calendar import HOUR_MS, utc
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in, token_of_form
from tests.patient.test_own_pages import text_of
from tests.rows import lines_by_patient


def _post(client: httpx2.Client, path: str) -> httpx2.Response:
    return client.post(path, data={"token": token_of_form(client, "/block")})


def _shared_and_opened(world: LinkWorld, patient: str) -> None:
    with psycopg.connect(world.dsn) as conn:
        conn.execute("insert into care_unit (name) values ('Hand Clinic') on conflict do nothing")
        conn.execute(
            "insert into unit_sharing (patient, care_unit, shared_by, shared_at) "
            "select p.id, u.id, 'c-1', to_timestamp(0) from patient p, care_unit u "
            "where p.pseudonym = %s and u.name = 'Hand Clinic'",
            [patient],
        )
        conn.execute(
            "select open_block(%s, 'Hand Clinic', 'c-hand', 'emergency', 'fell at work', %s, %s)",
            [patient, utc(world.now_ms), utc(world.now_ms + HOUR_MS)],
        )


def test_a_patient_blocks_and_lifts(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        assert "Nothing is blocked" in text_of(client.get("/block"))
        for _ in range(2):
            assert _post(client, "/block").headers["location"] == "/block"
        assert "Blocked since 18 November 2026" in text_of(client.get("/block"))
        assert "Spärrat sedan 18 november 2026" in text_of(client.get("/block?lang=sv"))
        client.get("/block?lang=en")
        _post(client, "/block/lift")
        _post(client, "/block/lift")
        assert "Nothing is blocked" in text_of(client.get("/block"))
    query = lines_by_patient("action", "and action ~ '^block'")
    assert links.column(query, patient) == ["block.set", "block.lift"]
    held = (
        "select consent from unit_block b join patient p on p.id = b.patient where pseudonym = %s"
    )
    assert links.column(held, patient) == ["at the patient door"]


def test_a_patient_sees_who_shares_and_who_opened_and_why(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client, signed_in(links, links.patient()) as other:
        _post(client, "/block")
        _shared_and_opened(links, patient)
        text = text_of(client.get("/block"))
        assert "Take part in your care Hand Clinic" in text
        day = "18 November 2026"
        assert f"{day} : c-hand, Hand Clinic, in an emergency Reason: fell at work" in text
        assert "Hand Clinic" not in other.get("/block").text
