"""Who gets in, which forms are valid, and what the event stream of a page carries."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from model.calendar import HOUR_MS
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, UNIT, Served, wait_until
from web import csrf
from web.sign_in.identity import demo_identity


def request(host: str, client: str) -> Request:
    return Request(
        {"type": "http", "headers": [(b"host", host.encode())], "client": (client, 1), "path": "/"}
    )


@pytest.mark.parametrize(
    ("host", "client", "known"),
    [
        ("127.0.0.1:8802", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("[::1]:8802", "::1", True),
        ("evil.example:8802", "127.0.0.1", False),
        ("127.0.0.1:8802", "192.0.2.7", False),
        ("", "127.0.0.1", False),
    ],
)
def test_demo_clinician_is_for_loopback(
    host: str,
    client: str,
    known: bool,  # noqa: FBT001 - a cell of the table
) -> None:
    assert (demo_identity("127.0.0.1", CLINICIAN)(request(host, client)) is CLINICIAN) is known


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "192.0.2.7", "clinic.example", ""],  # noqa: S104 - it is refused
)
def test_demo_clinician_refuses_any_other_address(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        demo_identity(host, CLINICIAN)


def test_form_token_is_for_one_clinician_and_twelve_hours() -> None:
    token = csrf.form_token(CLINIC_KEY, "c1", CLINIC_NOW)
    assert csrf.is_valid_form_token(CLINIC_KEY, "c1", token, CLINIC_NOW)
    assert csrf.is_valid_form_token(CLINIC_KEY, "c1", token, CLINIC_NOW + 11 * HOUR_MS)
    assert not csrf.is_valid_form_token(CLINIC_KEY, "c1", token, CLINIC_NOW + 12 * HOUR_MS)
    assert not csrf.is_valid_form_token(CLINIC_KEY, "c2", token, CLINIC_NOW)
    assert not csrf.is_valid_form_token(bytes([1]) * 32, "c1", token, CLINIC_NOW)
    until, _, mac = token.partition(".")
    assert not csrf.is_valid_form_token(CLINIC_KEY, "c1", f"{int(until) + 1}.{mac}", CLINIC_NOW)


@given(st.text(max_size=90))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert not csrf.is_valid_form_token(CLINIC_KEY, "c1", text, 0)


async def _received(served: Served, actions: int) -> list[str]:
    import httpx2  # noqa: PLC0415 - one test streams

    lines: list[str] = []
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(timeout=30) as client,
        client.stream("GET", served.url + "/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("retry") and actions:
                served.rows("select pg_notify('kadens_changed', %s)", UNIT)
            lines.append(line)
            if line.startswith("event"):
                return lines
    return lines


def test_a_page_hears_that_something_changed_and_nothing_else(door: Served) -> None:
    result = asyncio.run(_received(door, 1))
    assert "event: changed" in result
    for line in result:
        assert UNIT not in line


def test_listeners_are_counted(door: Served) -> None:
    asyncio.run(_received(door, 1))
    wait_until(lambda: "kadens_clinic_listeners 0.0" in door.get("/metrics").text)
