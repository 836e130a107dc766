"""A patient connects an account, or does not: nothing is ever half done, and nobody else can."""

from dataclasses import replace
from urllib.parse import urlencode, urljoin

import httpx2
import pytest

from ingest.vendors.polar import POLAR
from model.calendar import DAY_MS, HOUR_MS
from patient.linking.steps import TEXT_VERSION
from simulate.vendors.platform.exchanges import Fault
from storage.people.accounts import unlink
from storage.pg.pool import Connection
from tests.patient.link_world import LinkWorld, Surfer, parameters
from web.languages import LANGUAGE_COOKIE

_NOTHING = [0, 0, 0, 0]
_SCOPES = POLAR.api.auth.scopes if POLAR.api is not None and POLAR.api.auth is not None else ()


def test_a_link_connects_an_account_with_consent_and_backfill(links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    page = Surfer().connect(links.invite(patient), user)
    assert (page.status_code, "Polar is connected" in page.text) == (200, True)
    assert links.column(
        "select a.account from account a join patient p on p.id = a.patient where pseudonym = %s",
        patient,
    ) == [user]
    assert links.column(
        "select text_version from consent c join patient p on p.id = c.patient "
        "where pseudonym = %s and vendor = 'polar'",
        patient,
    ) == [TEXT_VERSION]
    kept = links.column(
        "select t.content from consent c join patient p on p.id = c.patient "
        "join consent_text t on t.name = c.text_name and t.version = c.text_version "
        "where p.pseudonym = %s and t.name = 'link.polar.' || t.language",
        patient,
    )
    # word for word what the page says, with the name of the source
    assert [text.splitlines()[0] for text in kept] == ["Connect Polar with your clinic"]
    assert "Steps, distance and minutes of activity.\n" in kept[0]
    assert "<" not in kept[0]
    # four weeks without a prescription, in steps of ten days at fixed days, the newest first
    keys = links.column(
        "select key::bigint from vendor_fetch f join patient p on p.id = f.patient "
        "where pseudonym = %s order by not_before",
        patient,
    )
    today_ms = links.now_ms // DAY_MS * DAY_MS
    newest_ms = links.now_ms // (10 * DAY_MS) * (10 * DAY_MS)
    steps = [newest_ms, newest_ms - 10 * DAY_MS, newest_ms - 20 * DAY_MS, today_ms - 28 * DAY_MS]
    assert keys == [step for step in steps if step >= today_ms - 28 * DAY_MS]
    registered = [(sent.method, sent.path, sent.body) for sent in links.vendor.requests]
    assert registered == [("POST", "/v3/users", f'{{"member-id":"{user}"}}'.encode())]
    assert links.column(
        "select action from audit a join patient p on p.id = a.patient "
        "where pseudonym = %s and role = 'patient' order by a.id",
        patient,
    ) == ["consent.agree", "consent.give", "account.connect"]


def test_the_vendor_is_asked_for_reading_scopes_with_a_challenge(links: LinkWorld) -> None:
    onward = Surfer().onward(links.invite(links.patient()))
    wanted = parameters(onward)
    assert onward.startswith(f"{links.address}/oauth/authorize?")
    assert (wanted["code_challenge_method"], len(wanted["code_challenge"])) == ("S256", 43)
    assert wanted["response_type"] == "code"
    assert wanted["scope"].split() == list(_SCOPES)
    assert wanted["redirect_uri"] == f"{links.url}/callback/polar"
    assert len(wanted["state"]) == 32


def test_no_secret_of_the_way_is_stored(links: LinkWorld) -> None:
    link = links.invite(links.patient())
    surfer = Surfer()
    state = parameters(surfer.onward(link))["state"]
    cookie = surfer.cookie
    rows = " ".join(links.column("select i::text from vendor_invitation i"))
    for secret in (link.rpartition("/")[2], state, cookie):
        assert secret not in rows


@pytest.mark.parametrize("decision", ["decline", ""])
def test_who_declines_connects_nothing_and_may_think_again(links: LinkWorld, decision: str) -> None:
    patient = links.patient()
    link = links.invite(patient)
    answer = httpx2.post(link, data={"answer": decision})
    assert "Nothing was connected" in answer.text
    assert links.traces(patient) == _NOTHING
    assert Surfer().connect(link, links.account()).status_code == 200


def test_who_denies_at_the_vendor_connects_nothing_and_may_think_again(links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    link, surfer = links.invite(patient), Surfer()
    page = surfer.get(surfer.decide(surfer.onward(link), "deny", user))
    assert "You did not allow it at Polar" in page.text
    assert (links.traces(patient), links.vendor.exchanges) == (_NOTHING, [])
    assert "Polar is connected" in surfer.connect(link, user).text


def test_a_link_works_once(links: LinkWorld) -> None:
    link = links.invite(links.patient())
    assert "Polar is connected" in Surfer().connect(link, links.account()).text
    for answer in (httpx2.get(link), Surfer().agree(link)):
        assert "This link was used" in answer.text
        assert "refresh" not in answer.headers


def test_a_link_ends_after_thirty_days(links: LinkWorld) -> None:
    patient = links.patient()
    link = links.invite(patient)
    links.now_ms += 30 * DAY_MS - 1
    assert httpx2.get(link).status_code == 200
    links.now_ms += 1
    for answer in (httpx2.get(link), Surfer().agree(link)):
        assert (answer.status_code, "does not hold any more" in answer.text) == (410, True)
    assert links.traces(patient) == _NOTHING


def test_a_newer_link_ends_the_one_before(links: LinkWorld) -> None:
    patient = links.patient()
    first, second = links.invite(patient), links.invite(patient)
    assert httpx2.get(first).status_code == 410
    assert httpx2.get(second).status_code == 200


@pytest.mark.parametrize("link", ["", "unknown", "x" * 5_000, "%00", "..%2f..%2f"])
def test_what_is_no_link_gets_a_plain_page(links: LinkWorld, link: str) -> None:
    answer = httpx2.get(f"{links.url}/connect/{link}")
    assert (answer.status_code, "There is no such link" in answer.text) == (404, True)


def test_another_browser_cannot_finish_what_one_began(links: LinkWorld) -> None:
    """Whoever is sent another's way back must not get that account (RFC 6749, section 10.12)."""
    patient, user = links.patient(), links.account()
    link, attacker, victim = links.invite(patient), Surfer(), Surfer()
    back = attacker.decide(attacker.onward(link), "allow", user)
    for surfer in (victim, Surfer("guess"), Surfer(attacker.cookie[:-1])):
        page = surfer.get(back)
        assert (page.status_code, "not the browser" in page.text) == (403, True)
    assert (links.traces(patient), links.vendor.exchanges) == (_NOTHING, [])
    # the victim's visit has taken nothing from who began
    assert "Polar is connected" in attacker.get(back).text


def test_a_cookie_that_was_planted_is_replaced_when_a_way_begins(links: LinkWorld) -> None:
    """Fixation: a cookie that another knows must not become the one that binds."""
    surfer = Surfer("known-to-another")
    surfer.onward(links.invite(links.patient()))
    assert surfer.cookie != "known-to-another"
    assert len(surfer.cookie) == 32


@pytest.mark.parametrize(
    "changes", [{"state": "guess"}, {"state": ""}, {"state": "x" * 5_000}, {"state": "\x00"}]
)
def test_a_state_of_nobody_connects_nothing(links: LinkWorld, changes: dict[str, str]) -> None:
    patient = links.patient()
    surfer, link = Surfer(), links.invite(patient)
    back = surfer.decide(surfer.onward(link), "allow", links.account())
    values = parameters(back) | changes
    page = surfer.get(f"{links.url}/callback/polar?{urlencode(values)}")
    assert page.status_code == 400
    assert (links.traces(patient), links.vendor.exchanges) == (_NOTHING, [])


def test_the_state_of_one_way_does_not_finish_another(links: LinkWorld) -> None:
    """A browser with two links under way: the cookie is that of the second."""
    first, second = links.patient(), links.patient()
    surfer, user = Surfer(), links.account()
    back = surfer.decide(surfer.onward(links.invite(first)), "allow", user)
    surfer.onward(links.invite(second))
    assert surfer.get(back).status_code == 403
    assert (links.traces(first), links.traces(second)) == (_NOTHING, _NOTHING)


def test_a_way_back_works_once(links: LinkWorld) -> None:
    patient, surfer = links.patient(), Surfer()
    back = surfer.decide(surfer.onward(links.invite(patient)), "allow", links.account())
    cookie = surfer.cookie
    assert "Polar is connected" in surfer.get(back).text
    replayed = Surfer(cookie).get(back)
    assert replayed.status_code == 400
    assert (len(links.vendor.exchanges), links.vendor.replayed) == (1, 0)


def test_the_page_at_the_end_is_read_again_and_in_another_language(links: LinkWorld) -> None:
    """A page of the way back that was taken once would be another page when loaded again."""
    patient, surfer = links.patient(), Surfer()
    link = f"{links.invite(patient)}?lang=sv"
    back = surfer.decide(surfer.onward(link), "allow", links.account())
    answer = surfer.ask("GET", back)
    assert answer.status_code == 303
    end = f"{links.url}{answer.headers['location']}"
    english = {"Accept-Language": "en"}
    with httpx2.Client(headers=english) as browser:
        for _ in range(2):
            assert "<h1>Polar är ansluten</h1>" in browser.get(end).text
        assert '<a href="?lang=en" lang="en"' in browser.get(end).text
        assert "<h1>Polar is connected</h1>" in browser.get(urljoin(end, "?lang=en")).text
        # the way back itself, once more: nothing is taken, and the language is still the patient's
        cookies = {LANGUAGE_COOKIE: answer.cookies[LANGUAGE_COOKIE]}
        again = httpx2.get(back, headers=english, cookies=cookies)
    assert (again.status_code, "Inget anslöts" in again.text) == (400, True)
    assert links.traces(patient)[:3] == [1, 1, 1]


@pytest.mark.parametrize("outcome", ["invited", "onward", "unknown", "guess", "%00"])
@pytest.mark.parametrize("connector", ["polar", "guess"])
def test_a_page_at_the_end_that_is_none_is_not_found(
    links: LinkWorld, connector: str, outcome: str
) -> None:
    answer = httpx2.get(f"{links.url}/callback/{connector}/{outcome}")
    assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


@pytest.mark.parametrize("path", ["/nowhere", "//evil.example", "/sources/nothing", "/%00"])
def test_an_address_that_leads_nowhere_is_told_as_a_page(links: LinkWorld, path: str) -> None:
    page = httpx2.get(f"{links.url}{path}", headers={"Accept-Language": "sv"})
    assert (page.status_code, "<title>Sidan finns inte</title>" in page.text) == (404, True)
    assert '<a href="?lang=en" lang="en"' in page.text
    assert "evil.example" not in page.text


def test_a_code_of_another_authorisation_is_not_exchanged(links: LinkWorld) -> None:
    """Code injection: PKCE binds a code to the way that it was given for (RFC 7636)."""
    patient, other = links.patient(), links.patient()
    victim, attacker = Surfer(), Surfer()
    stolen = victim.decide(victim.onward(links.invite(other)), "allow", links.account())
    back = attacker.decide(attacker.onward(links.invite(patient)), "allow", links.account())
    values = parameters(back) | {"code": parameters(stolen)["code"]}
    page = attacker.get(f"{links.url}/callback/polar?{urlencode(values)}")
    assert (page.status_code, links.traces(patient)) == (502, _NOTHING)


def test_the_answer_of_another_vendor_is_not_taken(links: LinkWorld) -> None:
    """Mix-up: each vendor has an address of return of its own."""
    patient, surfer = links.patient(), Surfer()
    back = surfer.decide(surfer.onward(links.invite(patient)), "allow", links.account())
    page = surfer.get(back.replace("/callback/polar", "/callback/garmin"))
    assert (page.status_code, links.traces(patient)) == (400, _NOTHING)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_form_is_refused(links: LinkWorld, headers: dict[str, str]) -> None:
    link = links.invite(links.patient())
    assert Surfer().agree(link, **headers).status_code == 403
    assert httpx2.post(f"{link}/withdraw", headers=headers).status_code == 403
    assert links.column("select agreed_at from vendor_invitation where agreed_at is not null "
                        "and state is not null and expires_at = to_timestamp(%s / 1000.0)",
                        links.now_ms) == []  # fmt: skip


def test_who_stays_away_for_too_long_begins_again(links: LinkWorld) -> None:
    patient, surfer = links.patient(), Surfer()
    back = surfer.decide(surfer.onward(links.invite(patient)), "allow", links.account())
    links.now_ms += HOUR_MS + 1
    assert surfer.get(back).status_code == 400
    assert links.traces(patient) == _NOTHING


@pytest.mark.parametrize("fault", [Fault.OUTAGE, Fault.PAGE, Fault.CLOSED, Fault.REDIRECT])
def test_a_vendor_that_is_away_leaves_nothing_behind(links: LinkWorld, fault: Fault) -> None:
    patient, user = links.patient(), links.account()
    link, surfer = links.invite(patient), Surfer()
    links.vendor.token_faults.append(fault)
    page = surfer.connect(link, user)
    assert (page.status_code, "does not answer as it should" in page.text) == (503, True)
    assert links.traces(patient) == _NOTHING
    assert "Polar is connected" in surfer.connect(link, user).text


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_wrong_client_secret_is_told_to_patient_and_operator(
    links: LinkWorld, caplog: pytest.LogCaptureFixture, language: str
) -> None:
    patient, user = links.patient(), links.account()
    right = links.vendors["polar"]
    assert right.client is not None
    wrong = replace(right.client, client_secret="mistyped")  # noqa: S106 - no secret
    links.vendors["polar"] = replace(right, client=wrong)
    page = Surfer().connect(f"{links.invite(patient)}?lang={language}", user)
    links.vendors["polar"] = right
    words = {
        "en": "does not let your clinic in, and that does not pass by itself",
        "sv": "släpper inte in mottagningen, och det går inte över av sig självt",
    }
    assert (page.status_code, words[language] in page.text) == (503, True)
    assert links.traces(patient) == _NOTHING
    lines = {item.name: item.getMessage() for item in caplog.records}
    assert (
        "a vendor does not take our application: look at its client_id and client_secret "
        f"host={right.client.oauth.host}"
    ) in lines["fetcher.tokens"]
    why = 'connector=polar reason="the application, status 401"'
    assert f"a vendor did not link an account {why}" in lines["patient.linking.steps"]
    assert "mistyped" not in caplog.text
    metrics = httpx2.get(f"{links.url}/metrics").text
    assert 'kadens_patient_links_total{connector="polar",outcome="unset"}' in metrics


def test_a_vendor_that_registers_nobody_leaves_nothing_behind(links: LinkWorld) -> None:
    patient = links.patient()
    links.vendor.faults.append(Fault.OUTAGE)
    page = Surfer().connect(links.invite(patient), links.account())
    assert (page.status_code, links.traces(patient)) == (503, _NOTHING)


def test_an_account_of_another_patient_is_not_taken_away(links: LinkWorld) -> None:
    first, second, user = links.patient(), links.patient(), links.account()
    Surfer().connect(links.invite(first), user)
    page = Surfer().connect(links.invite(second), user)
    assert (page.status_code, "belongs to somebody else" in page.text) == (409, True)
    assert first not in page.text
    assert links.traces(second) == _NOTHING
    assert links.traces(first)[2] == 1
    # the grant of the first must not end with the attempt of the second
    assert (links.vendor.withdrawn, links.vendor.holds(user)) == ([], True)


def test_an_account_that_an_earlier_patient_gave_up_is_linked_with_what_it_left(
    links: LinkWorld,
) -> None:
    first, second, user = links.patient(), links.patient(), links.account()
    link = links.invite(first)
    Surfer().connect(link, user)
    httpx2.post(f"{link}/withdraw")

    async def unlink_first(conn: Connection) -> None:
        assert await unlink(conn, "polar", user, links.now_ms)

    links.run(unlink_first)
    links.now_ms += DAY_MS
    assert "Polar is connected" in Surfer().connect(links.invite(second), user).text
    assert links.traces(second)[:3] == [1, 1, 1]
    # the vendor is not told to withdraw what the second patient gave
    assert links.column("select count(*) from vendor_withdrawal where account = %s", user) == [0]


def test_who_connects_again_has_the_new_tokens_and_one_connection(links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    Surfer().connect(links.invite(patient), user)
    before = links.traces(patient)
    links.now_ms += DAY_MS
    assert "Polar is connected" in Surfer().connect(links.invite(patient), user).text
    assert links.traces(patient)[:3] == before[:3] == [1, 1, 1]


@pytest.mark.promise(7)
def test_a_used_link_withdraws(links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    link = links.invite(patient)
    Surfer().connect(link, user)
    answer = httpx2.post(f"{link}/withdraw")
    assert "You have withdrawn" in answer.text
    assert links.traces(patient)[2] == 0
    assert links.column(
        "select w.account from vendor_withdrawal w join patient p on p.id = w.patient "
        "where pseudonym = %s and state = 'waiting'",
        patient,
    ) == [user]
    assert links.column(
        "select distinct state from vendor_fetch f join patient p on p.id = f.patient "
        "where pseudonym = %s",
        patient,
    ) == ["given_up"]
    assert links.column(
        "select count(*) from consent c join patient p on p.id = c.patient "
        "where pseudonym = %s and withdrawn_at is null",
        patient,
    ) == [0]


def test_an_unused_link_withdraws_nothing(links: LinkWorld) -> None:
    answer = httpx2.post(f"{links.invite(links.patient())}/withdraw")
    assert "Connect Polar with your clinic" in answer.text


def test_the_pages_are_closed_to_scripts_caches_and_frames(links: LinkWorld) -> None:
    answer = Surfer().agree(links.invite(links.patient()))
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
