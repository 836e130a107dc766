"""The page of sources: what it says of each, connecting one, and withdrawing for good."""

from dataclasses import replace

import httpx2
import pytest

from model.calendar import DAY_MS, local_date
from patient.sources import SourceState, last_data_ms, source_state
from patient.words import full_date
from storage.fetching.withdrawals import end_revoked
from storage.people.consents import give_consent
from storage.pg.pool import Connection
from storage.reads.own_sources import OwnSourceRow
from tests.patient.link_world import LinkWorld, Surfer
from tests.patient.test_entry import signed_in, token_of_form
from tests.rows import lines_by_patient

_NOW_MS = 1_000 * DAY_MS
_ROW = OwnSourceRow(
    connector="polar",
    zone="Europe/Stockholm",
    consented_ms=_NOW_MS - 30 * DAY_MS,
    withdrawn_ms=None,
    cut_off_ms=None,
    connection="connected",
    connected_ms=_NOW_MS - 30 * DAY_MS,
    received_ms=_NOW_MS - DAY_MS,
    device="",
    link_expires_ms=None,
    link_used_ms=None,
)
_NO_CONSENT = replace(_ROW, consented_ms=None, connection="", connected_ms=None)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (_ROW, SourceState.CONNECTED),
        (replace(_ROW, received_ms=_NOW_MS - 7 * DAY_MS), SourceState.CONNECTED),
        (replace(_ROW, received_ms=_NOW_MS - 7 * DAY_MS - 1), SourceState.SILENT),
        (replace(_ROW, received_ms=None, consented_ms=_NOW_MS - DAY_MS), SourceState.CONNECTED),
        (replace(_ROW, received_ms=None), SourceState.SILENT),
        (replace(_ROW, connector="reports", received_ms=None), SourceState.CONNECTED),
        (replace(_ROW, connection="needs_reconnecting"), SourceState.RECONNECT),
        # the patient ended it at the vendor: the consent here holds, and nothing is read
        (replace(_ROW, connection="", cut_off_ms=_NOW_MS - 1), SourceState.CUT_OFF),
        (replace(_ROW, connection="", cut_off_ms=_ROW.consented_ms), SourceState.CUT_OFF),
        # agreed to anew since, or another account of the same vendor
        (replace(_ROW, connection="", cut_off_ms=_NOW_MS - 31 * DAY_MS), SourceState.CONNECTED),
        (replace(_ROW, cut_off_ms=_NOW_MS - 1), SourceState.CONNECTED),
        (_NO_CONSENT, SourceState.ENDED),
        (replace(_NO_CONSENT, withdrawn_ms=_NOW_MS - 1), SourceState.WITHDRAWN),
        (replace(_NO_CONSENT, link_expires_ms=_NOW_MS + 1), SourceState.INVITED),
        (replace(_NO_CONSENT, link_expires_ms=_NOW_MS), SourceState.ENDED),
        (
            replace(_NO_CONSENT, link_expires_ms=_NOW_MS + 1, link_used_ms=_NOW_MS - 9),
            SourceState.ENDED,
        ),
    ],
)
def test_the_state_of_a_source(row: OwnSourceRow, state: SourceState) -> None:
    assert source_state(row, _NOW_MS) is state


def test_a_source_was_heard_when_its_latest_data_came() -> None:
    assert last_data_ms(_ROW) == _NOW_MS - DAY_MS
    assert last_data_ms(replace(_ROW, received_ms=None)) == _NOW_MS - 30 * DAY_MS


def _agreed(links: LinkWorld, patient: str, connector: str) -> None:
    async def work(conn: Connection) -> None:
        now_ms = links.now_ms
        await give_consent(conn, patient, connector, from_ms=now_ms, now_ms=now_ms)

    links.run(work)


def _send(client: httpx2.Client, step: str, source: str) -> httpx2.Response:
    form = {"token": token_of_form(client), "source": source}
    return client.post(f"/sources/{step}", data=form)


def test_a_patient_connects_a_watch_and_withdraws(links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    with signed_in(links, patient) as client:
        assert "Nothing is connected." in client.get("/sources").text
        onward = _send(client, "connect", "polar")
        assert onward.status_code == 303
        link = links.url + onward.headers["location"].partition("?")[0]
        assert "Not connected yet. A link waits" in client.get("/sources").text
        assert "<h1>Polar is connected</h1>" in Surfer().connect(link, user).text
        assert "You have agreed, and it is read." in client.get("/sources").text
        assert links.traces(patient)[:3] == [1, 1, 1]
        gone = _send(client, "withdraw", "polar")
        assert (gone.status_code, gone.headers["location"]) == (303, "/sources")
        page = client.get("/sources").text
        assert "You withdrew on" in page
        assert "Withdraw my consent" not in page
        # a second time changes nothing, and says nothing else
        assert _send(client, "withdraw", "polar").status_code == 303
    assert links.traces(patient)[2] == 0
    query = lines_by_patient("action || ' ' || object")
    steps = [row for row in links.column(query, patient) if "polar" in row]
    assert steps[0] == "account.invite polar"
    assert steps[-1] == "consent.withdraw polar"
    assert steps.count("consent.withdraw polar") == 1


def test_where_nothing_can_be_connected_the_page_says_what_to_do(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        assert "Connect a watch or an app" in client.get("/sources").text
        assert "ask your clinic for a link" not in client.get("/sources").text
        surfer, link = Surfer(), links.invite(patient)
        connected = surfer.connect(link, links.account())
        assert '<a href="/sources">' in connected.text
        # the single vendor of this door is connected now
        page = client.get("/sources?lang=sv").text
    assert "Be mottagningen om en länk" in page
    assert "Anslut en klocka" not in page


def test_silence_is_the_sources_and_never_the_patients(links: LinkWorld) -> None:
    patient = links.patient()
    _agreed(links, patient, "polar")
    links.now_ms += 8 * DAY_MS
    with signed_in(links, patient) as client:
        english, swedish = client.get("/sources").text, client.get("/sources?lang=sv").text
    assert "That says something about the source, and nothing about you." in english
    assert "Det säger något om källan och inget om dig." in swedish


def test_a_connection_that_the_vendor_ended_is_ended_here_and_offered_again(
    links: LinkWorld,
) -> None:
    patient, user = links.patient(), links.account()
    Surfer().connect(links.invite(patient), user)
    links.now_ms += DAY_MS

    async def deregistered(conn: Connection) -> None:
        await conn.execute(
            "insert into vendor_notice (connector, account, patient, kind, received_at, scopes) "
            "select connector, account, patient, 'revoked', to_timestamp(%s / 1000.0), '[]' "
            "from vendor_connection where account = %s",
            [links.now_ms, user],
        )
        assert await end_revoked(conn, links.now_ms) == 1

    links.run(deregistered)
    with signed_in(links, patient) as client:
        page, swedish = client.get("/sources").text, client.get("/sources?lang=sv").text
        day = full_date("en", local_date(links.now_ms, "Europe/Stockholm"))
        assert f"The connection was ended at the source on {day}." in page
        assert "You have agreed, and it is read." not in page
        assert '<button class="button" name="source" value="polar">' in page
        assert "Withdraw my consent" in page
        assert "Anslutningen avslutades hos källan den" in swedish
        onward = _send(client, "connect", "polar")
        link = links.url + onward.headers["location"].partition("?")[0]
        assert "<h1>Polar is connected</h1>" in Surfer().connect(link, user).text
        assert "You have agreed, and it is read." in client.get("/sources?lang=en").text


def test_each_patient_withdraws_their_own_alone(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    for who in (patient, other):
        _agreed(links, who, "polar")
    with signed_in(links, patient) as client:
        form = {"token": token_of_form(client), "source": "polar", "patient": other}
        client.post(f"/sources/withdraw?patient={other}", data=form)
    query = (
        "select p.pseudonym from consent c join patient p on p.id = c.patient "
        "where c.vendor = 'polar' and c.withdrawn_at is null and p.pseudonym = any(%s)"
    )
    assert links.column(query, [patient, other]) == [other]


@pytest.mark.parametrize("step", ["connect", "withdraw"])
@pytest.mark.parametrize("source", ["", "unknown", "clinic", "reports", "p" * 5_000])
def test_a_source_that_is_not_there_changes_nothing(
    links: LinkWorld, step: str, source: str
) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        assert _send(client, step, source).status_code == 404
    query = "select count(*) from vendor_invitation i join patient p on p.id = i.patient"
    assert links.column(query + " where p.pseudonym = %s", patient) == [0]


@pytest.mark.parametrize("step", ["connect", "withdraw"])
def test_a_form_of_another_page_changes_nothing(links: LinkWorld, step: str) -> None:
    patient = links.patient()
    _agreed(links, patient, "polar")
    with signed_in(links, patient) as client:
        path = f"/sources/{step}"
        assert client.post(path, data={"source": "polar"}).status_code == 403
        form = {"token": token_of_form(client), "source": "polar"}
        foreign = client.post(path, data=form, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert "You have agreed" in client.get("/sources").text


def test_the_other_answers_are_withdrawn_too(links: LinkWorld) -> None:
    """Answers at the door are a source like any other, and may be withdrawn the same way."""
    patient = links.patient()
    _agreed(links, patient, "reports")
    with signed_in(links, patient) as client:
        page = client.get("/sources").text
        assert "<h2>Your own answers</h2>" in page
        assert _send(client, "withdraw", "reports").status_code == 303
        assert "I agree, send" in client.get("/report").text


def test_what_came_last_is_the_patients_own(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    for days, who in ((3, patient), (1, other)):
        _agreed(links, who, "polar")
        links.change(
            "insert into body (patient, sha256, connector, content_type, size, address, "
            "received_at, stated_ms, passed_headers, passed_query, format) "
            "select id, '\\x00', 'polar', '', 1, 'a', to_timestamp(%s / 1000.0), 0, '[]', '[]', "
            "'' from patient where pseudonym = %s",
            links.now_ms - days * DAY_MS,
            who,
        )
    day = full_date("en", local_date(links.now_ms - 3 * DAY_MS, "Europe/Stockholm"))
    with signed_in(links, patient) as client:
        assert f"Something came last on {day}." in client.get("/sources").text


def test_a_source_is_called_by_what_the_patient_wears(links: LinkWorld) -> None:
    patient = links.patient()
    _agreed(links, patient, "open_wearables")
    with signed_in(links, patient) as client:
        assert "<h2>Watch data by Open Wearables</h2>" in client.get("/sources").text
        assert "Recorded by" not in client.get("/sources").text
        for app, device in (("garmin", ""), ("garmin", "Invented Watch 3")):
            links.change(
                "with made as (insert into source (vendor, app, device, device_type, method) "
                "values ('open_wearables', %s, %s, 'watch', 'workout') returning id) "
                "insert into record (patient, source, record, revision, stated_ms, body) "
                "select p.id, made.id, %s, 0, 0, '' from made, patient p where p.pseudonym = %s",
                app,
                device,
                f"r-{device}",
                patient,
            )
            # the watch where it is known, else the service of its maker
            assert f"Recorded by {device or app.capitalize()}." in client.get("/sources").text
        swedish = client.get("/sources?lang=sv").text
    assert "<h2>Data från klocka genom Open Wearables</h2>" in swedish
    assert "Registrerat av Invented Watch 3." in swedish
