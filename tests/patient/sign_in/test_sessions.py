"""What an attacker tries with a patient's sign-in and session: each is refused, with its reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from patient.linking.binding import random_text
from patient.visit import IDLE_MS, LIFE_MS
from tests.clinic.sign_in.provider import SIGN_IN_NOW, Provider
from tests.patient.sign_in.conftest import OpenPatient
from tests.patient.sign_in.patients import People, patient_callback, refused_page
from tests.patient.test_entry import token_of_form
from web.sign_in.round_trip import PENDING_MS

pytestmark = pytest.mark.usefixtures("patient")
_COOKIE = "kadens-patient"


def _signed_in(door: httpx2.Client) -> httpx2.Response:
    answer = door.get(patient_callback(door))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return answer


def _changed(callback: str, **values: str) -> str:
    """Return an answer of the provider with other parameters."""
    query = {name: row[0] for name, row in parse_qs(urlsplit(callback).query).items()}
    return f"/sign-in/callback?{urlencode({**query, **values})}"


def _refused(door: httpx2.Client, people: People, callback: str, why: str) -> None:
    answer = door.get(callback)
    assert _COOKIE not in answer.cookies
    assert refused_page(door, answer).status_code == 403
    assert people.last_entry() == ("nobody", "access.refused", why)


_LATE = "the answer belongs to no sign-in of this browser"
_NOT_ACCEPTED = "the provider's answer is not accepted"


def test_the_cookie_is_for_this_door_and_no_script(door: httpx2.Client) -> None:
    header = _signed_in(door).headers.get_list("set-cookie")[0].lower()
    assert header.startswith(f"{_COOKIE}=")
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= set(header.split("; "))
    assert "domain" not in header


def test_behind_https_the_cookies_are_secure(opened: OpenPatient, provider: Provider) -> None:
    with opened(KADENS_PATIENT_URL="https://my.example.org") as door:
        provider.redirect = "https://my.example.org/sign-in/callback"
        header = door.get("/sign-in").headers["set-cookie"].lower()
        assert header.startswith("__host-kadens-begun-")
        assert "; secure" in header


def test_fixation_a_cookie_that_was_planted_is_not_the_sessions(door: httpx2.Client) -> None:
    planted = random_text()
    door.cookies.set(_COOKIE, planted)
    answer = _signed_in(door)
    assert planted not in answer.headers["set-cookie"]
    assert httpx2.get(f"{door.base_url}/", cookies={_COOKIE: planted}).status_code == 401


def test_signing_in_again_ends_the_session_that_the_browser_had(door: httpx2.Client) -> None:
    _signed_in(door)
    before = door.cookies[_COOKIE]
    _signed_in(door)
    assert door.cookies[_COOKIE] != before
    assert httpx2.get(f"{door.base_url}/", cookies={_COOKIE: before}).status_code == 401


def test_replay_an_answer_works_once(door: httpx2.Client, people: People) -> None:
    callback = patient_callback(door)
    waiting = httpx2.Cookies(door.cookies)
    assert door.get(callback).headers["location"] == "/"
    door.cookies.clear()
    _refused(door, people, callback, _LATE)
    # whoever copied the cookie that waits has a code that was used
    door.cookies = waiting
    _refused(door, people, callback, _NOT_ACCEPTED)


def test_state_the_answer_of_another_browser_is_not_taken(
    door: httpx2.Client, people: People
) -> None:
    callback = patient_callback(door)
    with httpx2.Client(base_url=door.base_url) as other:
        _refused(other, people, callback, _LATE)
        patient_callback(other)  # even while a sign-in of its own waits
        _refused(other, people, callback, _LATE)


def test_state_must_be_the_same_to_its_last_character(door: httpx2.Client, people: People) -> None:
    callback = patient_callback(door)
    state = parse_qs(urlsplit(callback).query)["state"][0]
    other = state[:-1] + ("A" if state[-1] != "A" else "B")
    _refused(door, people, _changed(callback, state=other), _LATE)


@pytest.mark.parametrize("state", ["", "x", "a;b=c", "å\r\nset-cookie: x=1", "s" * 5000])
def test_state_another_text_is_no_state(door: httpx2.Client, people: People, state: str) -> None:
    _refused(door, people, _changed(patient_callback(door), state=state), _LATE)


def test_a_sign_in_that_waits_too_long_is_over(
    door: httpx2.Client, people: People, now: Path
) -> None:
    callback = patient_callback(door)
    now.write_text(str(SIGN_IN_NOW + PENDING_MS + 1000), encoding="ascii")
    _refused(door, people, callback, _LATE)


def test_pkce_the_code_of_another_sign_in_is_worth_nothing(
    door: httpx2.Client, people: People
) -> None:
    ours = patient_callback(door)
    with httpx2.Client(base_url=door.base_url) as other:
        stolen = parse_qs(urlsplit(patient_callback(other)).query)["code"][0]
    _refused(door, people, _changed(ours, code=stolen), _NOT_ACCEPTED)


def test_an_answer_without_a_code_is_no_sign_in(door: httpx2.Client, people: People) -> None:
    declined = "the provider sent an error instead of a code"
    _refused(door, people, _changed(patient_callback(door), error="access_denied"), declined)
    _refused(door, people, _changed(patient_callback(door), code=""), declined)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://id.example.org"},
        {"aud": "another door"},
        {"aud": ["kadens door", "another door"]},  # and no authorised party
        {"azp": "another door"},
    ],
    ids=str,
)
def test_nonce_issuer_and_audience_must_be_ours(
    door: httpx2.Client, people: People, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    _refused(door, people, patient_callback(door), _NOT_ACCEPTED)


def test_issuer_an_answer_that_names_another_is_not_taken(
    door: httpx2.Client, people: People
) -> None:
    callback = patient_callback(door)
    _refused(door, people, _changed(callback, iss="https://id.example.org"), _NOT_ACCEPTED)


def test_a_token_of_another_key_is_not_taken(
    door: httpx2.Client, people: People, provider: Provider
) -> None:
    signed = provider.sign
    provider.sign = lambda claims: signed(claims)[:-6] + "AAAAAA"
    _refused(door, people, patient_callback(door), _NOT_ACCEPTED)


# A token of the tiny provider holds for a minute.
@pytest.mark.parametrize(
    ("behind_s", "is_taken"),
    [(-30, True), (-32, False), (89, True), (92, False)],
)
def test_clock_half_a_minute_of_skew_is_forgiven_and_no_more(
    door: httpx2.Client, people: People, provider: Provider, behind_s: int, *, is_taken: bool
) -> None:
    provider.clock = lambda: SIGN_IN_NOW - behind_s * 1000
    callback = patient_callback(door)
    if is_taken:
        assert door.get(callback).headers["location"] == "/"
    else:
        _refused(door, people, callback, _NOT_ACCEPTED)


def test_expiry_a_session_ends_without_use_and_after_half_a_day_all_the_same(
    door: httpx2.Client, now: Path
) -> None:
    def at(passed_ms: int) -> int:
        now.write_text(str(SIGN_IN_NOW + passed_ms), encoding="ascii")
        return door.get("/").status_code

    _signed_in(door)
    assert (at(IDLE_MS - 1), at(2 * IDLE_MS - 1)) == (200, 401)
    now.write_text(str(SIGN_IN_NOW), encoding="ascii")
    _signed_in(door)
    used = [at(passed) for passed in range(0, LIFE_MS, IDLE_MS - 1)]
    assert set(used) == {200}
    assert at(LIFE_MS) == 401


def test_sign_out_ends_every_copy_and_leads_to_the_providers_own(
    door: httpx2.Client, provider: Provider
) -> None:
    _signed_in(door)
    copy = door.cookies[_COOKIE]
    left = door.post("/leave", data={"token": token_of_form(door)})
    assert f'<a href="{provider.url}/end?' in left.text
    assert (door.get("/").status_code, _COOKIE in door.cookies) == (401, False)
    assert httpx2.get(f"{door.base_url}/", cookies={_COOKIE: copy}).status_code == 401


def test_sign_out_works_while_the_provider_is_away(
    opened: OpenPatient, provider: Provider, now: Path
) -> None:
    with opened() as door:
        _signed_in(door)
        now.write_text(str(SIGN_IN_NOW + 400_000), encoding="ascii")  # asked anew after 5 minutes
        provider.description = {"issuer": "https://id.example.org"}
        left = door.post("/leave", data={"token": token_of_form(door)})
        assert (left.status_code, "/end?" in left.text) == (200, False)
        assert door.get("/").status_code == 401


_FORGED: tuple[Callable[[str], tuple[dict[str, str], dict[str, str]]], ...] = (
    lambda token: ({"token": token}, {"origin": "https://evil.example"}),
    lambda token: ({"token": token}, {"sec-fetch-site": "cross-site"}),
    lambda _token: ({"token": "1.x"}, {}),
    lambda _token: ({}, {}),
)


@pytest.mark.parametrize("forged", _FORGED)
def test_csrf_another_sites_form_does_nothing(
    door: httpx2.Client, forged: Callable[[str], tuple[dict[str, str], dict[str, str]]]
) -> None:
    _signed_in(door)
    data, headers = forged(token_of_form(door))
    assert door.post("/leave", data=data, headers=headers).status_code == 403
    assert door.get("/").status_code == 200


@pytest.mark.parametrize(
    "page", ["https://evil.example", "//evil.example", "/\\evil.example", "/sign-in", "data"]
)
def test_no_sign_in_leads_to_another_site(door: httpx2.Client, page: str) -> None:
    assert door.get(patient_callback(door, page)).headers["location"] == "/"


def test_a_provider_that_is_away_is_named_gently(opened: OpenPatient, provider: Provider) -> None:
    provider.description = {"issuer": "https://id.example.org"}
    with opened() as door:
        answer = door.get("/sign-in", params={"page": "/?lang=sv"})
        assert answer.headers["location"] == "/sign-in/refused/away?lang=sv"
        page = door.get(answer.headers["location"])
        assert (page.status_code, "svarar inte just nu" in page.text) == (503, True)


def test_many_failures_are_counted_and_do_not_fill_the_log(
    door: httpx2.Client, people: People, now: Path
) -> None:
    def rows() -> int:
        query = "select count(*) from audit where action = 'access.refused'"
        return int(people.rows(query)[0][0])

    now.write_text(str(SIGN_IN_NOW + 60 * 60_000), encoding="ascii")
    before = rows()
    for _ in range(70):
        door.get("/sign-in/callback?state=x")
    assert rows() - before == 60
    now.write_text(str(SIGN_IN_NOW + 61 * 60_000), encoding="ascii")
    door.get("/sign-in/callback?state=x")
    newest = people.rows("select detail->>'unwritten' from audit order by id desc limit 1")
    assert newest == [("10",)]
