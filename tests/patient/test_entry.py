"""Signing in at the patient door with a one-time link, and what ends a session."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from model.calendar import MINUTE_MS
from patient.linking.binding import random_text, secret_digest
from patient.visit import IDLE_MS, LIFE_MS
from storage.people.door_links import put_door_link
from storage.pg.pool import Connection
from tests.patient.link_world import LinkWorld
from tests.rows import lines_by_patient

HOLDS_MS = 30 * MINUTE_MS
_COOKIE = "kadens-patient"


def door_link(world: LinkWorld, patient: str) -> str:
    """Return the address of a new link of a patient."""
    link = random_text()

    async def work(conn: Connection) -> None:
        await put_door_link(
            conn,
            patient,
            secret_digest(link),
            by="os:tester",
            now_ms=world.now_ms,
            until_ms=world.now_ms + HOLDS_MS,
        )

    world.run(work)
    return f"{world.url}/enter/{link}"


@contextmanager
def signed_in(world: LinkWorld, patient: str) -> Iterator[httpx2.Client]:
    """Give a browser in which a patient is signed in."""
    with httpx2.Client(base_url=world.url) as client:
        assert client.post(door_link(world, patient)).status_code == 303
        yield client


def token_of_form(client: httpx2.Client, path: str = "/") -> str:
    """Return the token of the forms of a page."""
    return client.get(path).text.partition('name="token" value="')[2].partition('"')[0]


def _main(answer: httpx2.Response) -> str:
    return answer.text.partition("<main")[2]


def _audit(world: LinkWorld, patient: str) -> list[Any]:
    return world.column(lines_by_patient("action || ' ' || object"), patient)


def test_a_link_shows_a_button_and_signs_in_by_it_alone(links: LinkWorld) -> None:
    patient = links.patient()
    address = door_link(links, patient)
    for _ in range(3):  # as scanners of mail do
        page = httpx2.get(address)
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    with httpx2.Client(base_url=links.url) as client:
        answer = client.post(address)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "<h1>Today</h1>" in client.get("/").text
    assert _audit(links, patient) == ["access.signin ", "data.read /"]


def test_a_link_works_once(links: LinkWorld) -> None:
    address = door_link(links, links.patient())
    assert httpx2.post(address).status_code == 303
    again = httpx2.post(address)
    assert (again.status_code, "set-cookie" in again.headers) == (404, False)
    assert "This link does not hold any more" in again.text
    assert httpx2.get(address).status_code == 404


def test_a_link_that_expired_and_one_that_never_was_say_the_same(links: LinkWorld) -> None:
    address = door_link(links, links.patient())
    links.now_ms += HOLDS_MS
    late, never = httpx2.post(address), httpx2.post(f"{links.url}/enter/{random_text()}")
    assert late.status_code == never.status_code == 404
    assert _main(late) == _main(never)


def test_a_newer_link_ends_the_earlier_one(links: LinkWorld) -> None:
    patient = links.patient()
    first = door_link(links, patient)
    second = door_link(links, patient)
    assert httpx2.post(first).status_code == 404
    assert httpx2.post(second).status_code == 303


def test_a_link_is_not_taken_from_another_site(links: LinkWorld) -> None:
    address = door_link(links, links.patient())
    assert httpx2.post(address, headers={"origin": "https://evil.example"}).status_code == 403
    assert httpx2.post(address).status_code == 303


def test_who_chose_a_cookie_beforehand_is_not_signed_in_with_it(links: LinkWorld) -> None:
    planted = random_text()
    cookies = {_COOKIE: planted}
    answer = httpx2.post(door_link(links, links.patient()), cookies=cookies)
    assert planted not in answer.headers["set-cookie"]
    assert httpx2.get(f"{links.url}/", cookies=cookies).status_code == 401


def test_signing_in_again_ends_the_browsers_earlier_session(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        before = dict(client.cookies)
        client.post(door_link(links, links.patient()))
        assert client.get("/").status_code == 200
    assert httpx2.get(f"{links.url}/", cookies=before).status_code == 401


def test_a_session_that_ended_is_over_for_each_copy_of_its_cookie(links: LinkWorld) -> None:
    patient = links.patient()
    with signed_in(links, patient) as client:
        copied = dict(client.cookies)
        left = client.post("/leave", data={"token": token_of_form(client)})
        assert "<h1>You have signed out</h1>" in left.text
    again = httpx2.get(f"{links.url}/", cookies=copied)
    assert again.status_code == 401
    assert "<h1>You are not signed in</h1>" in again.text
    assert _audit(links, patient)[-1] == "access.signout "


@pytest.mark.parametrize("token", ["", "1.x", "other"])
def test_a_form_needs_the_token_of_its_own_session(links: LinkWorld, token: str) -> None:
    with signed_in(links, links.patient()) as other, signed_in(links, links.patient()) as client:
        sent = token_of_form(other) if token == "other" else token  # noqa: S105
        assert client.post("/leave", data={"token": sent}).status_code == 403
        assert client.get("/").status_code == 200


def test_a_form_of_another_site_is_refused(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        data = {"token": token_of_form(client)}
        foreign = client.post("/leave", data=data, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert client.get("/").status_code == 200


def test_a_session_ends_after_half_an_hour_without_use(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        links.now_ms += IDLE_MS - 1
        assert client.get("/").status_code == 200
        links.now_ms += IDLE_MS
        assert client.get("/").status_code == 401


def test_a_session_that_is_used_ends_all_the_same(links: LinkWorld) -> None:
    with signed_in(links, links.patient()) as client:
        for _ in range(LIFE_MS // (IDLE_MS - 1)):
            links.now_ms += IDLE_MS - 1
            assert client.get("/").status_code == 200
        links.now_ms += IDLE_MS - 1
        assert client.get("/").status_code == 401


def test_nobody_and_a_cookie_of_anything_get_no_page(links: LinkWorld) -> None:
    for cookies in ({}, {_COOKIE: secrets.token_hex(500)}, {_COOKIE: "ö".encode().hex()}):
        assert httpx2.get(f"{links.url}/", cookies=cookies).status_code == 401


def test_only_digests_are_stored(links: LinkWorld) -> None:
    address = door_link(links, links.patient())
    link = address.rpartition("/")[2]
    assert links.column("select count(*) from door_link where link = %s", link) == [0]
    with signed_in(links, links.patient()) as client:
        secret = client.cookies[_COOKIE]
    assert links.column("select count(*) from patient_session where digest = %s", secret) == [0]
