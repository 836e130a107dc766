"""Google at the door: how it tries an address, and the keys that it publishes and rotates."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from ingest.door import Door
from ingest.http import vendor_app
from ingest.key_sets import KEPT_S, RELOAD_S, KeySetFollower
from ingest.memory import MemoryLog
from ingest.sandbox_keys import private_pem, tink_key_set
from ingest.sender import prove
from ingest.vendors.google_health import GOOGLE_HEALTH
from tests.rooms import SHARED

_AUTHORIZATION = "Bearer made-up"
_NOTICE = b'[{"data":{"healthUserId":"h-1","operation":"UPSERT","dataType":"steps"}}]'
_OLD, _NEW = private_pem("old"), private_pem("new")
_VECTORS = SHARED / "vendors" / "synthetic" / "signature_vectors.json"


@dataclass(slots=True)
class _Published:
    """`ports.KeySets` of a test: the sets as they are now, and which connectors missed one."""

    sets: Sequence[str] = ()
    missing: list[str] = field(default_factory=list)

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        await asyncio.sleep(0)

    def known(self, _connector: str) -> Sequence[str]:
        return self.sets

    def missed(self, connector: str) -> None:
        self.missing.append(connector)


def _post(door: Door, body: bytes, headers: dict[str, str]) -> int:
    async def sent() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.post("/v1/hooks/google_health", content=body, headers=headers)

    return asyncio.run(sent()).status_code


def _signed(pem: str, body: bytes = _NOTICE) -> dict[str, str]:
    key = f"{_AUTHORIZATION}\n{pem}"
    return dict(prove(GOOGLE_HEALTH.proof, key, body, "", 0).headers)


def _with_sets(door: Door, *sets: str) -> tuple[Door, _Published]:
    published = _Published(sets)
    return (
        replace(door, secrets={"google_health": (_AUTHORIZATION,)}, key_sets=published),
        published,
    )


def test_both_requests_of_a_verification_get_what_google_wants(door: Door, log: MemoryLog) -> None:
    own, _ = _with_sets(door, tink_key_set([_OLD]))
    body = b'{"type":"verification"}'
    shown = [{"authorization": _AUTHORIZATION}, {}, {"authorization": "Bearer another"}]
    assert [_post(own, body, headers) for headers in shown] == [200, 401, 401]
    assert log.events == []


def _written(curve: ec.EllipticCurve, protection: KeySerializationEncryption) -> str:
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("", "no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no private key in PEM"),
        (_written(ec.SECP256R1(), BestAvailableEncryption(b"x")), "without a password"),
        (_written(ec.SECP384R1(), NoEncryption()), "not a key of P-256"),
    ],
    ids=["nothing", "damaged", "password", "another curve"],
)
def test_what_is_no_signing_key_is_said_in_plain_words(pem: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        _signed(pem)


@pytest.mark.parametrize("header", ["x-healthapi-signature", "google-health-api-signature"])
def test_either_header_holds_the_signature(door: Door, log: MemoryLog, header: str) -> None:
    own, _ = _with_sets(door, tink_key_set([_OLD]))
    headers = _signed(_OLD)
    headers[header] = headers.pop("x-healthapi-signature")
    assert (_post(own, _NOTICE, headers), len(log.events)) == (204, 1)


@pytest.mark.parametrize("name", ["authorization", "x-healthapi-signature"])
def test_neither_proof_is_enough_alone(door: Door, log: MemoryLog, name: str) -> None:
    own, _ = _with_sets(door, tink_key_set([_OLD]))
    headers = _signed(_OLD)
    del headers[name]
    assert (_post(own, _NOTICE, headers), log.events) == (401, [])


def test_a_key_that_is_disabled_is_refused(door: Door, log: MemoryLog) -> None:
    own, _ = _with_sets(door, tink_key_set([_OLD, _NEW], disabled=[_OLD]))
    assert [_post(own, _NOTICE, _signed(pem)) for pem in (_OLD, _NEW)] == [401, 204]
    assert len(log.events) == 1


def test_a_new_key_is_accepted_once_its_set_is_loaded(door: Door) -> None:
    own, published = _with_sets(door, tink_key_set([_OLD]))
    assert _post(own, _NOTICE, _signed(_NEW)) == 401
    assert published.missing == ["google_health"]
    published.sets = (tink_key_set([_OLD, _NEW]),)
    assert [_post(own, _NOTICE, _signed(pem)) for pem in (_NEW, _OLD)] == [204, 204]
    assert published.missing == ["google_health"]


def test_a_stranger_makes_no_set_be_loaded(door: Door) -> None:
    own, published = _with_sets(door, tink_key_set([_OLD]))
    headers = {**_signed(_NEW), "authorization": "Bearer a guess"}
    assert (_post(own, _NOTICE, headers), published.missing) == (401, [])


def test_without_any_set_nothing_is_taken(door: Door, log: MemoryLog) -> None:
    own, _ = _with_sets(door)
    assert (_post(own, _NOTICE, _signed(_OLD)), log.events) == (401, [])


@pytest.mark.skipif(not _VECTORS.exists(), reason="the shared vectors are not there")
def test_the_shared_vector_is_accepted(door: Door, log: MemoryLog) -> None:
    vector = json.loads(_VECTORS.read_text(encoding="utf-8"))["google_health"]
    own, _ = _with_sets(door, json.dumps(vector["test_keyset"]))
    headers = {"authorization": _AUTHORIZATION, vector["header"]: vector["value"]}
    assert (_post(own, vector["body"].encode(), headers), len(log.events)) == (204, 1)


def _looked(answers: Sequence[bytes | OSError], *at_s: float) -> tuple[list[bool], list[int]]:
    """Load a set at several times; return which loads gave a set, and how many are known then."""
    clock, coming = [0.0], iter(answers)

    async def load() -> bytes:
        await asyncio.sleep(0)
        answer = next(coming)
        if isinstance(answer, OSError):
            raise answer
        return answer

    follower = KeySetFollower({"google_health": load}, lambda: clock[0])

    async def looked() -> tuple[list[bool], list[int]]:
        loaded, known = [], []
        for seconds in at_s:
            clock[0] = seconds
            loaded.append(await follower.look("google_health"))
            known.append(len(follower.known("google_health")))
        return loaded, known

    return asyncio.run(looked())


def test_a_set_stays_for_a_week_while_its_vendor_is_away() -> None:
    keys, away = tink_key_set([_OLD]).encode(), OSError("away")
    times = 0.0, RELOAD_S, KEPT_S, KEPT_S + 1
    assert _looked([keys, away, away, away], *times) == (
        [True, False, False, False],
        [1, 1, 1, 0],
    )


def test_a_set_that_cannot_be_used_replaces_no_other() -> None:
    keys, none = tink_key_set([_OLD]).encode(), tink_key_set([_OLD], disabled=[_OLD]).encode()
    answers = [keys, b"<html>", b'{"key":[{"status":"ENABLED"}]}', b"\xff", none, b"{}"]
    loaded, known = _looked(answers, *map(float, range(6)))
    assert (loaded, known) == ([True, *[False] * 5], [1] * 6)


def test_the_door_loads_its_sets_when_it_starts() -> None:
    async def load() -> bytes:
        await asyncio.sleep(0)
        return tink_key_set([_NEW]).encode()

    async def started() -> int:
        follower = KeySetFollower({"google_health": load})
        await follower.start()
        known = len(follower.known("google_health"))
        await follower.stop()
        return known

    assert asyncio.run(started()) == 1
