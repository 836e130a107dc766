"""The vendor door over HTTP: what it takes in, and what it refuses and how.

Nothing that was refused is appended to the log.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.types import Receive

from ingest.door import Door
from ingest.http import vendor_app
from ingest.links import digest
from ingest.memory import MemoryBodies, MemoryLog, MemoryRevocations
from ingest.problems import PROBLEMS
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.sender import sign
from ingest.spool import SPOOL
from model.envelope import INLINE
from model.keyring import Key, KeyRing
from storage.bodies.body_store import open_bodies
from tests.ingest.conftest import LINK_KEYS, link_token
from tests.rows import cells_of, values_of

_NOW = 1_700_000_000_000
_BODY = b'{"type":"sync.started","data":{"user_id":"u1"}}'
HOOK = "/v1/hooks/open_wearables"


def _run(coroutine: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever it returns
    async def bounded() -> Any:  # noqa: ANN401
        return await asyncio.wait_for(coroutine, 60)

    return asyncio.run(bounded())


def post(
    client: httpx2.AsyncClient,
    path: str,
    body: bytes | AsyncIterator[bytes],
    headers: dict[str, str],
) -> httpx2.Response:
    async def sent() -> httpx2.Response:
        async with client:
            return await client.post(path, content=body, headers=headers)

    answer: httpx2.Response = _run(sent())
    return answer


def _signed(secret: str, body: bytes = _BODY, at_ms: int = _NOW) -> dict[str, str]:
    return {**sign(SVIX, secret, body, "msg_1", at_ms), "content-type": "application/json"}


def _problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    result = answer.json()
    assert set(result) == {"type", "title", "status", "detail", "reason"}
    assert result["status"] == answer.status_code
    return answer.status_code, result["reason"]


Change = Callable[[dict[str, str]], dict[str, str]]

ACCEPTANCE: list[tuple[str, bytes, Change, int, str]] = [
    ("forged", _BODY, lambda h: {**h, "svix-signature": "v1," + "A" * 43 + "="}, 401, "forged"),
    ("changed body", _BODY + b" ", lambda h: h, 401, "forged"),
    ("stale", _BODY, lambda h: {**h, "svix-timestamp": "1699999000"}, 401, "stale"),
    ("unsigned", _BODY, lambda _: {}, 401, "missing"),
    ("half signed", _BODY, lambda h: {"svix-signature": h["svix-signature"]}, 401, "missing"),
    ("oversized", b"x" * 2000, lambda h: h, 413, "too_large"),
    ("empty", b"", lambda h: h, 400, "empty"),
    ("a length that lies", _BODY, lambda h: {**h, "content-length": "48"}, 400, "early_end"),
    (
        "a length that is none",
        _BODY,
        lambda h: {**h, "content-length": "-1"},
        411,
        "length_required",
    ),
    ("a length beyond all", _BODY, lambda h: {**h, "content-length": "9" * 40}, 413, "too_large"),
]


@pytest.mark.parametrize(
    ("what", "body", "change", "status", "reason"), ACCEPTANCE, ids=cells_of(ACCEPTANCE, 0)
)
def test_refused(
    door: Door,
    log: MemoryLog,
    what: str,
    body: bytes,
    change: Change,
    status: int,
    reason: str,
) -> None:
    app = vendor_app(replace(door, max_body=1000))
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://door")
    headers = change(_signed(door.secrets["open_wearables"][0]))
    answer = post(client, HOOK, body, headers)
    assert _problem(answer) == (status, reason), what
    assert log.events == []
    if status == 401:
        assert "www-authenticate" in answer.headers


def test_taken_in_once_the_log_has_it(
    client: httpx2.AsyncClient, door: Door, log: MemoryLog
) -> None:
    answer = post(client, HOOK, _BODY, _signed(door.secrets["open_wearables"][0]))
    sha = hashlib.sha256(_BODY).hexdigest()
    assert (answer.status_code, answer.json()) == (202, {"received": sha})
    (event,) = log.events
    envelope = event.envelope
    assert (event.topic, event.key, event.value) == ("kadens.raw", sha.encode(), _BODY)
    assert (envelope.connector, envelope.received_ms, envelope.size) == (
        "open_wearables",
        _NOW,
        len(_BODY),
    )
    assert (envelope.sha256, envelope.message_id, envelope.patient) == (sha, "msg_1", "")
    assert (envelope.content_type, envelope.address) == ("application/json", "")


def test_a_replayed_message_is_taken_in_again_and_is_the_same(door: Door, log: MemoryLog) -> None:
    async def twice() -> list[int]:
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            headers = _signed(door.secrets["open_wearables"][0])
            return [
                (await client.post(HOOK, content=_BODY, headers=headers)).status_code
                for _ in range(2)
            ]

    assert _run(twice()) == [202, 202]
    assert log.events[0] == log.events[1]


@pytest.mark.parametrize("path", [f"{HOOK}/", "/v1/reports/", "/v1/files/", "/healthz/"])
def test_an_address_with_a_slash_behind_it_is_no_address(
    client: httpx2.AsyncClient, door: Door, log: MemoryLog, path: str
) -> None:
    headers = {**_signed(door.secrets["open_wearables"][0]), "host": "evil.example"}
    # a redirect would lead to the host that the sender named
    assert _problem(post(client, path, _BODY, headers)) == (404, "not_found")
    assert log.events == []


def test_standard_webhooks_names(client: httpx2.AsyncClient, door: Door) -> None:
    headers = sign(STANDARD_WEBHOOKS, door.secrets["reports"][0], _BODY, "m", _NOW)
    assert post(client, "/v1/reports", _BODY, headers).status_code == 202


def test_a_chunked_body_without_a_length(
    client: httpx2.AsyncClient, door: Door, log: MemoryLog
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in _BODY:
            yield bytes([byte])

    answer = post(client, HOOK, pieces(), _signed(door.secrets["open_wearables"][0]))
    assert (answer.status_code, log.events[0].value) == (202, _BODY)


def test_a_chunked_body_beyond_the_cap(door: Door, log: MemoryLog) -> None:
    reader = _Endless()
    headers = _signed(door.secrets["open_wearables"][0])
    status, _ = _run(_asgi(vendor_app(replace(door, max_body=10_000)), headers, reader))
    assert (status, reader.taken, log.events) == (413, 11, [])


class _Endless:
    """An ASGI receive channel that never ends, and counts."""

    def __init__(self) -> None:
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}


async def _asgi(
    app: FastAPI, headers: dict[str, str], receive: Receive, *, chunked: bool = True
) -> tuple[int, str]:
    every = {"transfer-encoding": "chunked", **headers} if chunked else headers
    raw = [(name.encode(), value.encode()) for name, value in every.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": HOOK, "raw_path": HOOK.encode(), "query_string": b"",
        "headers": raw, "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    values: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        await asyncio.sleep(0)
        values.append(message)

    await app(scope, receive, send)
    return values[0]["status"], values[1]["body"].decode()


def test_a_sender_that_goes_away(door: Door, log: MemoryLog) -> None:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": _BODY[:10], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return messages.pop(0)

    headers = _signed(door.secrets["open_wearables"][0])
    status, body = _run(_asgi(vendor_app(door), headers, receive))
    assert (status, "early_end" in body, log.events) == (400, True, [])


def test_neither_length_nor_chunks(door: Door) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = _signed(door.secrets["open_wearables"][0])
    assert _run(_asgi(vendor_app(door), headers, receive, chunked=False))[0] == 411


def test_a_large_body_lies_in_the_store_before_the_append(
    client: httpx2.AsyncClient,
    door: Door,
    log: MemoryLog,
    bodies: MemoryBodies,
) -> None:
    body = b"[" + b"1," * INLINE + b"1]"
    answer = post(client, HOOK, body, _signed(door.secrets["open_wearables"][0], body))
    assert answer.status_code == 202
    (event,) = log.events
    assert (event.value, event.envelope.size) == (b"", len(body))
    assert bodies.bodies == {event.envelope.address: body}


def test_each_receipt_of_a_large_body_has_a_file_of_its_own(
    door: Door, log: MemoryLog, bodies: MemoryBodies
) -> None:
    body = b"x" * (INLINE + 1)
    for _ in range(2):
        transport = httpx2.ASGITransport(app=vendor_app(door))
        client = httpx2.AsyncClient(transport=transport, base_url="http://door")
        assert (
            post(client, HOOK, body, _signed(door.secrets["open_wearables"][0], body)).status_code
            == 202
        )
    addresses = set(values_of(log.events, "envelope.address"))
    assert bodies.bodies == dict.fromkeys(addresses, body)
    assert len(addresses) == 2
    for address in addresses:
        assert not address.endswith(hashlib.sha256(body).hexdigest())


def test_the_real_store_holds_what_was_sent(door: Door, log: MemoryLog, tmp_path: Path) -> None:
    store = open_bodies(str(tmp_path))
    transport = httpx2.ASGITransport(app=vendor_app(replace(door, bodies=store)))
    body = b"x" * (SPOOL + 1)
    client = httpx2.AsyncClient(transport=transport, base_url="http://door")
    assert (
        post(client, HOOK, body, _signed(door.secrets["open_wearables"][0], body)).status_code
        == 202
    )
    assert _run(store.get(log.events[0].envelope.address)) == body


@pytest.mark.parametrize("size", [INLINE, INLINE + 1])
def test_the_edge_between_event_and_store(
    client: httpx2.AsyncClient,
    door: Door,
    log: MemoryLog,
    size: int,
) -> None:
    body = b"x" * size
    assert (
        post(client, HOOK, body, _signed(door.secrets["open_wearables"][0], body)).status_code
        == 202
    )
    assert bool(log.events[0].envelope.address) is (size > INLINE)


@pytest.mark.parametrize("broken", ["log", "store"])
def test_what_cannot_be_kept_is_not_acknowledged(
    client: httpx2.AsyncClient,
    door: Door,
    log: MemoryLog,
    bodies: MemoryBodies,
    broken: str,
) -> None:
    body = b"x" * (INLINE + 1)
    log.up, bodies.up = broken != "log", broken != "store"
    answer = post(client, HOOK, body, _signed(door.secrets["open_wearables"][0], body))
    assert _problem(answer) == (503, "log")
    assert answer.headers["retry-after"] == "5"
    assert log.events == []


def test_a_file_with_its_link_token(client: httpx2.AsyncClient, log: MemoryLog) -> None:
    token = link_token()
    answer = post(client, "/v1/files", b"\x0e.FIT", {"authorization": f"Bearer {token}"})
    assert answer.status_code == 202
    envelope = log.events[0].envelope
    assert (envelope.connector, envelope.patient) == ("files", "patient-7")


def test_the_envelope_names_the_token_and_not_what_it_is(
    client: httpx2.AsyncClient, log: MemoryLog
) -> None:
    token = link_token()
    assert (
        post(client, "/v1/files", b"\x0e.FIT", {"authorization": f"Bearer {token}"}).status_code
        == 202
    )
    assert log.events[0].envelope.link == digest(token).hex()
    assert token.rpartition(".")[2] not in str(log.events[0].envelope.headers())


def test_a_revoked_token_is_refused_as_any_other(
    client: httpx2.AsyncClient, log: MemoryLog, revoked: MemoryRevocations
) -> None:
    token = link_token()
    revoked.digests.add(digest(token))
    headers = {"authorization": f"Bearer {token}"}
    answer = post(client, "/v1/files", b"\x0e.FIT", headers)
    assert _problem(answer) == (401, "link")
    assert answer.json()["detail"] == "No valid link token came with the body."
    assert log.events == []


def test_another_issue_of_the_patient_still_holds(
    client: httpx2.AsyncClient, revoked: MemoryRevocations
) -> None:
    revoked.digests.add(digest(link_token(issue=1)))
    headers = {"authorization": f"Bearer {link_token(issue=2)}"}
    assert post(client, "/v1/files", b"\x0e.FIT", headers).status_code == 202


def test_an_expired_token_is_refused_as_any_other(
    client: httpx2.AsyncClient, log: MemoryLog
) -> None:
    headers = {"authorization": f"Bearer {link_token(expires_ms=_NOW)}"}
    answer = post(client, "/v1/files", b"\x0e.FIT", headers)
    assert _problem(answer) == (401, "link")
    assert answer.json()["detail"] == "No valid link token came with the body."
    assert log.events == []


def test_before_revocations_are_known_a_token_waits(
    client: httpx2.AsyncClient, log: MemoryLog, revoked: MemoryRevocations
) -> None:
    revoked.up = False
    answer = post(client, "/v1/files", b"\x0e.FIT", {"authorization": f"Bearer {link_token()}"})
    assert _problem(answer) == (503, "log")
    assert log.events == []


def test_a_door_that_does_not_know_what_is_revoked_is_not_ready(
    client: httpx2.AsyncClient, revoked: MemoryRevocations
) -> None:
    revoked.up = False
    assert _problem(_get(client, "GET", "/readyz")) == (503, "not_ready")


def test_a_token_by_the_key_before_holds_until_that_is_retired(door: Door) -> None:
    token = link_token()
    old, fresh = LINK_KEYS.active, Key(id="2", secret=b"f" * 32)
    rings = [KeyRing((fresh, old)), KeyRing((fresh,))]
    answers = [_with_keys(door, ring, token).status_code for ring in rings]
    assert answers == [202, 401]


def _with_keys(door: Door, ring: KeyRing, token: str) -> httpx2.Response:
    app = vendor_app(replace(door, links=replace(door.links, keys=lambda: ring)))
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://door")
    return post(client, "/v1/files", b"\x0e.FIT", {"authorization": f"Bearer {token}"})


LINKS: list[tuple[str, str, dict[str, str]]] = [
    ("no token", "/v1/files", {}),
    ("another scheme", "/v1/files", {"authorization": "Basic dTpw"}),
    ("an invented token", "/v1/files", {"authorization": "Bearer cGF0aWVudC03.AAAA"}),
    ("a hook that needs a token", "/v1/hooks/files", {}),
]


@pytest.mark.parametrize(("what", "path", "headers"), LINKS, ids=cells_of(LINKS, 0))
def test_without_a_valid_link(
    client: httpx2.AsyncClient,
    door: Door,
    log: MemoryLog,
    what: str,
    path: str,
    headers: dict[str, str],
) -> None:
    answer = post(client, path, _BODY, {**_signed(door.secrets["open_wearables"][0]), **headers})
    assert _problem(answer) == (401, "link"), what
    assert log.events == []


def test_a_link_token_is_no_proof_of_a_body_that_is_to_be_signed(
    client: httpx2.AsyncClient, log: MemoryLog
) -> None:
    path = f"{HOOK}/{link_token()}"
    assert _problem(post(client, path, _BODY, {})) == (404, "unknown_connector")
    assert log.events == []


def _get(client: httpx2.AsyncClient, method: str, path: str) -> httpx2.Response:
    async def sent() -> httpx2.Response:
        async with client:
            return await client.request(method, path)

    answer: httpx2.Response = _run(sent())
    return answer


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("POST", "/v1/hooks/nobody", 404, "unknown_connector"),
        ("POST", "/v1/hooks/nobody/x", 404, "unknown_connector"),
        ("POST", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/hooks/open_wearables", 405, "method_not_allowed"),
        ("PUT", "/v1/files", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there(
    client: httpx2.AsyncClient, method: str, path: str, status: int, reason: str
) -> None:
    answer = _get(client, method, path)
    assert _problem(answer) == (status, reason)
    assert ("allow" in answer.headers) is (status == 405)


def test_a_connector_without_a_secret_is_off(door: Door) -> None:
    app = vendor_app(replace(door, secrets={"reports": door.secrets["reports"]}))
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://door")
    assert _problem(post(client, HOOK, _BODY, {})) == (404, "unknown_connector")


def test_a_secret_that_is_no_key_stops_the_start_and_is_not_named(door: Door) -> None:
    with pytest.raises(ValueError, match="connector open_wearables") as caught:
        vendor_app(replace(door, secrets={"open_wearables": ("whsec_!!secret!!",)}))
    assert "!!secret!!" not in str(caught.value)


def test_health_readiness_and_metrics(door: Door, log: MemoryLog) -> None:
    async def all_of_it() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            await client.post(
                HOOK, content=_BODY, headers=_signed(door.secrets["open_wearables"][0])
            )
            await client.post(HOOK, content=_BODY)
            await client.post("/v1/hooks/p4tient", content=_BODY)
            paths = ["/healthz", "/readyz", "/metrics"]
            answers = [await client.get(path) for path in paths]
            log.up = False
            return [*answers, await client.get("/readyz")]

    health, ready, metrics, unready = _run(all_of_it())
    assert (health.json(), ready.json()) == (
        {"status": "ok"},
        {"status": "ready", "clock": "not_measured"},
    )
    assert _problem(unready) == (503, "not_ready")
    lines = metrics.text.splitlines()
    assert 'kadens_door_received_total{connector="open_wearables"} 1.0' in lines
    assert f'kadens_door_bytes_total{{connector="open_wearables"}} {float(len(_BODY))}' in lines
    assert 'kadens_door_refused_total{connector="open_wearables",reason="missing"} 1.0' in lines
    assert 'kadens_door_refused_total{connector="unknown",reason="unknown_connector"} 1.0' in lines
    assert "p4tient" not in metrics.text


def test_a_bug_is_a_problem_too_and_is_raised(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("ours")

    monkeypatch.setattr(MemoryLog, "append", broken)
    app = vendor_app(door)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://door"
    )
    assert _problem(post(client, HOOK, _BODY, _signed(door.secrets["open_wearables"][0]))) == (
        500,
        "bug",
    )


def test_no_problem_is_410() -> None:
    assert 410 not in set(values_of(PROBLEMS, "status"))
    assert len(set(values_of(PROBLEMS, "reason"))) == len(PROBLEMS)
