"""The page of a patient's rights: what is asked for, how far it has come, and the file at last."""

from dataclasses import replace

import httpx2
import pytest

from model.calendar import DAY_MS
from model.privacy.requests import RightKind, RightsState
from patient.rights import RIGHT_WORDS, SIGNED_IN
from storage.pg.pool import Connection
from storage.rights.rights_files import put_rights_file
from storage.rights.rights_requests import list_requests, open_request, put_rights_move
from tests.patient.link_world import LINK_KEY, LinkWorld
from tests.patient.test_entry import signed_in
from tests.patient.test_own_pages import text_of
from tests.rows import lines_by_patient

_ZIP = b"PK-as-if"


def _token(client: httpx2.Client) -> str:
    return client.get("/rights").text.partition('name="token" value="')[2].partition('"')[0]


def _ask(client: httpx2.Client, kind: str, wish: str = "", **more: str) -> httpx2.Response:
    form = {"token": _token(client), "kind": kind, "wish": wish, **more}
    return client.post("/rights", data=form)


def answered_request(world: LinkWorld, patient: str, kind: RightKind, content: bytes = b"") -> int:
    """Answer a patient's open request as a person of the clinic does, and return its number."""
    numbers: list[int] = []

    async def work(conn: Connection) -> None:
        made = await open_request(conn, patient, kind, world.now_ms)
        moved = replace(
            made, state=RightsState.ANSWERED, identified="BankID", handled_by="c-1",
            answer="Here it is.", closed_ms=world.now_ms,
        )  # fmt: skip
        await put_rights_move(conn, moved)
        if content:
            await put_rights_file(conn, LINK_KEY, moved, content, world.now_ms)
        numbers.append(made.number)

    world.run(work)
    return numbers[0]


def test_a_path_with_a_slash_behind_it_leads_nowhere(links: LinkWorld) -> None:
    headers = {"host": "evil.example"}
    answer = httpx2.get(f"{links.url}/rights/", headers=headers, follow_redirects=False)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


@pytest.mark.promise(15)
@pytest.mark.parametrize("kind", [kind.value for kind in RIGHT_WORDS])
def test_each_right_can_be_asked_for(links: LinkWorld, kind: str) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        answer = _ask(client, kind, "the week of 3 May\r\nis not mine")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/rights?sent={kind}")
        page = text_of(client.get(f"/rights?sent={kind}"))
    assert f"Sent: {RIGHT_WORDS[RightKind(kind)].name}. You get an answer within 30 days." in page
    assert (
        "Received. Asked on 18 November 2026. Answered by 18 December 2026 at the latest." in page
    )
    assert "the week of 3 May is not mine" in page
    query = (
        "select {} from rights_request r join patient p on p.id = r.patient where pseudonym = %s"
    )
    assert links.column(query.format("identified"), patient) == [SIGNED_IN]
    assert links.column(query.format("wish"), patient) == ["the week of 3 May\nis not mine"]
    logged = lines_by_patient("action", "and action like 'rights%%'")
    assert links.column(logged, patient) == ["rights.open"]


def test_the_same_right_again_is_the_same_request(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        _ask(client, "rectification", "the pain of Monday was 2")
        links.now_ms += 2 * DAY_MS // 200
        _ask(client, "rectification", "and that of Tuesday 3")
        _ask(client, "rectification", "and that of Tuesday 3")
        page = text_of(client.get("/rights"))
    assert page.count("Received.") == 1
    assert page.count("the pain of Monday was 2 and that of Tuesday 3") == 1


@pytest.mark.parametrize(
    ("kind", "wish"),
    [("more", ""), ("all", ""), ("erasure", "x" * 2001), ("erasure", "a\x07b")],
)
def test_what_is_no_right_is_refused_and_leaves_nothing(
    links: LinkWorld, kind: str, wish: str
) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        assert _ask(client, kind, wish).status_code == 422
        assert client.post("/rights", data={"kind": "access", "wish": ""}).status_code == 403
    query = "select 1 from rights_request r join patient p on p.id = r.patient where pseudonym = %s"
    assert links.column(query, patient) == []


@pytest.mark.promise(12)
def test_the_file_is_fetched_by_its_patient_only(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    number = answered_request(links, patient, RightKind.ACCESS, _ZIP)
    address = f"/rights/files/{number}"
    with signed_in(links, patient) as client:
        page = client.get("/rights")
        assert address in page.text
        assert "Here it is." in text_of(page)
        answer = client.get(address)
        assert (answer.content, answer.headers["content-type"]) == (_ZIP, "application/zip")
        assert answer.headers["cache-control"] == "no-store"
    with signed_in(links, other) as client:
        for no_file in (address, "/rights/files/0", f"/rights/files/{'9' * 30}", "/rights/files/x"):
            assert client.get(no_file).status_code == 404
        assert address not in client.get("/rights").text
    assert httpx2.get(links.url + address).status_code == 401
    # what lies in the database is sealed
    query = "select sealed from rights_file where request = %s"
    assert _ZIP not in links.column(query, number)[0]


def test_a_file_is_there_for_thirty_days(links: LinkWorld) -> None:
    patient = links.patient()
    number = answered_request(links, patient, RightKind.PORTABILITY, _ZIP)
    links.now_ms += 30 * DAY_MS
    with signed_in(links, patient) as client:
        assert client.get(f"/rights/files/{number}").status_code == 404
        assert "Fetch the file" not in client.get("/rights").text


@pytest.mark.promise(15)
def test_a_late_answer_is_called_late_in_both_languages(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        _ask(client, "access")
    links.now_ms += 31 * DAY_MS
    with signed_in(links, patient) as client:
        assert "This is late." in text_of(client.get("/rights"))
        swedish = text_of(client.get("/rights?lang=sv"))
    assert "Det här är sent." in swedish
    assert "Integritetsskyddsmyndigheten" in swedish


def test_nothing_of_another_is_listed(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    with signed_in(links, other) as client:
        _ask(client, "objection", "a secret of theirs")
    with signed_in(links, patient) as client:
        assert "a secret of theirs" not in client.get(f"/rights?patient={other}").text

    async def work(conn: Connection) -> None:
        assert [row.patient for row in await list_requests(conn, patient=other)] == [other]

    links.run(work)
