"""The page of reports: what it publishes, when it says thanks, and what it keeps when it cannot."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from ingest.vendors.reports import REPORTS
from model.facts import Report
from model.topics import RAW
from model.words.red_flags import IF_RED_FLAG
from parsers.reports import parse_reports
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import signed_in, token_of_form
from tests.patient.test_own_pages import prescribe


@pytest.fixture(autouse=True)
def _empty_log(links: LinkWorld) -> Iterator[None]:
    links.log.up = True
    links.log.events.clear()
    yield
    links.log.up = True


def _form(client: httpx2.Client, **answers: str) -> dict[str, str]:
    """Return what the page's form sends, with the answers filled in."""
    page = client.get("/report").text
    hidden = re.findall(r'type="hidden" name="(key|asked)" value="([^"]+)"', page)
    return {"token": token_of_form(client), "agree": "yes", **dict(hidden), **answers}


def _consents(links: LinkWorld, patient: str) -> list[str]:
    return links.column(
        "select text_version from consent c join patient p on p.id = c.patient "
        "where p.pseudonym = %s and c.vendor = 'reports'",
        patient,
    )


def test_answers_are_on_the_log_as_the_reports_connectors_own(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        page = client.post("/report", data=_form(client, pain_none="6"))
    assert (page.status_code, "<h1>Thank you</h1>" in page.text) == (200, True)
    (event,) = links.log.events
    assert (event.topic, event.key) == (RAW.name, event.envelope.sha256.encode())
    assert (event.envelope.connector, event.envelope.patient) == (REPORTS.name, patient)
    assert event.envelope.format == "reports"
    assert event.envelope.received_ms == links.now_ms
    assert event.envelope.sealed
    (report,) = parse_reports(links.answers(event)).facts
    assert isinstance(report, Report)
    assert report.value == 6


def test_who_has_not_agreed_is_asked_and_nothing_is_sent_before(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        form = _form(client, pain_none="6")
        refused = client.post("/report", data={**form, "agree": ""})
        assert refused.status_code == 409
        assert 'name="pain_none" value="6" checked' in refused.text
        assert (links.log.events, _consents(links, patient)) == ([], [])
        assert client.post("/report", data=form).status_code == 200
        assert _consents(links, patient) == ["2026-11-29-answers"]
        assert "I agree" not in client.get("/report").text
        assert client.post("/report", data={**form, "agree": ""}).status_code == 200
    assert _consents(links, patient) == ["2026-11-29-answers"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Your answers are kept in your clinic's records, so that it can follow how the "
                "prescribed activity goes. You may withdraw at any time; from then on no more "
                "answers are taken.\nI agree, send"
            ),
        ),
        (
            "sv",
            (
                "Dina svar sparas hos din vårdmottagning, så att den kan följa hur det går med den "
                "aktivitet du fått på recept. Du kan ta tillbaka samtycket när som helst; därefter "
                "tas inga fler svar emot.\nJag samtycker, skicka"
            ),
        ),
    ],
)
@pytest.mark.promise(1)
def test_the_words_that_were_agreed_to_are_kept(
    links: LinkWorld, language: str, words: str
) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        client.post(f"/report?lang={language}", data=_form(client, pain_none="6"))
    query = (
        "select t.content from consent c join patient p on p.id = c.patient join consent_text t "
        "on t.name = c.text_name and t.version = c.text_version where p.pseudonym = %s"
    )
    assert links.column(query, patient) == [words]


def test_a_form_sent_twice_is_the_same_event(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        form = _form(client, pain_none="6")
        client.post("/report", data=form)
        links.now_ms += 60_000
        client.post("/report", data=form)
        other = client.post("/report", data=_form(client, pain_none="6"))
    assert other.status_code == 200
    first, again, new = links.log.events
    assert (links.answers(first), first.key) == (links.answers(again), again.key)
    assert first.envelope.message_id == again.envelope.message_id
    assert new.key != first.key


def test_a_log_that_is_down_is_told_and_nothing_is_lost(links: LinkWorld) -> None:
    links.log.up = False
    with signed_in(links, links.patient()) as client:
        form = _form(client, pain_none="6", exertion="0", minutes="40", sign="fainting")
        form |= {"activity": "walking", "day": "2026-11-17", "start": "08:15"}
        page = client.post("/report", data=form)
        assert page.status_code == 503
        assert "Your answers have not arrived" in page.text
        assert "Thank you" not in page.text
        # who ticked a sign is shown what to do, whatever becomes of the answers
        assert page.text.index(IF_RED_FLAG["en"]) < page.text.index("<h1>")
        for kept in (
            'name="pain_none" value="6" checked',
            'name="exertion" value="0" checked',
            'value="fainting" checked',
            'value="walking" selected',
            'name="minutes" inputmode="numeric" maxlength="4" autocomplete="off" value="40"',
            'type="time" value="08:15"',
            f'name="key" value="{form["key"]}"',
        ):
            assert kept in page.text
        assert links.log.events == []
        links.log.up = True
        assert client.post("/report", data=form).status_code == 200
    assert len(links.log.events) == 1


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_warning_sign_is_answered_at_once(links: LinkWorld, language: str) -> None:
    with signed_in(links, links.patient()) as client:
        form = _form(client, sign="chest_pain")
        shown = client.post(f"/report?lang={language}", data=form).text
        calm = client.post("/report", data=_form(client, no_sign="yes")).text
    main = shown.partition("<main")[2]
    assert main.index(IF_RED_FLAG[language]) < main.index("<h1>")
    assert IF_RED_FLAG["en"] not in calm
    assert IF_RED_FLAG["sv"] not in calm


def test_what_cannot_be_is_said_and_kept(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        page = client.post("/report", data=_form(client, pain_none="6", minutes="40"))
    assert page.status_code == 422
    assert "Fill in activity, day, time and minutes" in page.text
    assert 'name="pain_none" value="6" checked' in page.text
    assert links.log.events == []


def test_the_week_is_asked_with_what_is_prescribed(links: LinkWorld) -> None:
    patient = links.patient()
    prescribe(links, patient)
    with signed_in(links, patient) as client:
        english, swedish = client.get("/report").text, client.get("/report?lang=sv").text
    assert "since Monday?" in english
    assert "Prescribed: 3 times a week." in english
    assert "På receptet: 3 gånger i veckan." in swedish
    assert 'name="week_running" value="3"' in swedish
    assert "Var gör det mest ont?" in swedish
    assert '<option value="left knee">Vänster knä</option>' in swedish


def test_the_patient_of_the_session_is_meant_whatever_a_form_names(links: LinkWorld) -> None:
    patient, other = links.patient(), links.patient()
    with signed_in(links, patient) as client:
        form = _form(client, pain_none="6", patient=other)
        client.post(f"/report?patient={other}", data=form)
    (event,) = links.log.events
    assert event.envelope.patient == patient
    assert other.encode() not in links.answers(event)


@pytest.mark.parametrize("token", ["", "1.x"])
def test_a_form_of_another_page_is_not_taken(links: LinkWorld, token: str) -> None:
    with signed_in(links, links.patient()) as client:
        form = {**_form(client, pain_none="6"), "token": token}
        assert client.post("/report", data=form).status_code == 403
        own = {**form, "token": token_of_form(client)}
        foreign = client.post("/report", data=own, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
    assert links.log.events == []


def test_each_report_is_in_the_audit_log_without_its_answers(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        form = _form(client, pain_none="6")
        client.post("/report", data=form)
    query = (
        "select object || ' ' || (detail - 'origin' - 'categories')::text from audit "
        "where actor = %s and action = %s"
    )
    assert links.column(query, patient, "report.send") == [f"{form['key']} {{}}"]
    assert len(links.column(query, patient, "consent.give")) == 1
