from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from kadens.model.envelope import Envelope
from kadens.storage import bodies, body_store, crypto, people
from kadens.storage.pool import Connection

pytestmark = pytest.mark.anyio
KEY = bytes(32)  # what the fixture's patients are wrapped with
BODY = b"heart rate 120"
SHA = sha256(BODY).hexdigest()
ENVELOPE = Envelope(connector="files", received_ms=7, sha256=SHA, size=len(BODY), content_type="text/plain")


@pytest.fixture(params=["directory", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> body_store.BodyStore:
    return body_store.open_bodies(str(tmp_path / "bodies") if request.param == "directory" else "memory:///")


async def test_what_was_put_comes_back_and_is_gone_when_deleted(store: body_store.BodyStore, tmp_path: Path) -> None:
    address = await store.put(SHA, BODY)
    assert await store.get(address) == BODY
    file = tmp_path / "spooled"
    file.write_bytes(BODY)
    assert await store.put(SHA, file) == address
    await store.delete(address)
    await store.delete(address)
    assert await store.get(address) is None


async def test_names_and_addresses_of_others_are_refused(store: body_store.BodyStore) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        await store.put("../../etc/passwd", BODY)
    with pytest.raises(ValueError, match="address"):
        await store.get("incoming/../../etc/passwd")


async def test_incoming_bodies_expire_and_kept_ones_do_not(store: body_store.BodyStore) -> None:
    incoming = await store.put(SHA, BODY)
    kept = await store.put(SHA, BODY, body_store.KEPT)
    assert await store.expire(0) == 0
    assert await store.expire(4_000_000_000_000) == 1
    assert (await store.get(incoming), await store.get(kept)) == (None, BODY)


async def test_a_kept_body_is_sealed_and_opens_for_its_patient_only(
    conn: Connection, store: body_store.BodyStore
) -> None:
    for _ in range(2):
        received = bodies.Received(patient="p1", envelope=ENVELOPE, body=BODY)
        assert await bodies.keep_all(conn, store, KEY, [received]) == {("p1", SHA): 1}
    kept = await bodies.kept_of(conn, "p1")
    assert [one.envelope.sha256 for one in kept] == [SHA]
    assert kept[0].envelope.received_ms == 7
    sealed = await store.get(kept[0].address)
    assert sealed is not None
    assert BODY not in sealed
    assert await bodies.open_kept(conn, store, KEY, patient="p1", sha256=SHA) == BODY
    assert await bodies.open_kept(conn, store, KEY, patient="p2", sha256=SHA) is None
    with pytest.raises(crypto.SealError):
        await bodies.open_kept(conn, store, bytes([1]) * 32, patient="p1", sha256=SHA)


async def test_a_body_that_was_kept_unpacked_opens_too(conn: Connection, store: body_store.BodyStore) -> None:
    await bodies.keep_all(conn, store, KEY, [bodies.Received(patient="p1", envelope=ENVELOPE, body=BODY)])
    sealed = crypto.seal(await people.data_key(conn, KEY, "p1"), BODY, f"body:p1:{SHA}")
    address = await store.put(SHA, sealed, body_store.KEPT)
    await conn.execute("update body set address = %s", [address])
    assert await bodies.open_kept(conn, store, KEY, patient="p1", sha256=SHA) == BODY


async def test_a_long_body_takes_little_room(conn: Connection, store: body_store.BodyStore) -> None:
    long = BODY * 10_000
    envelope = replace(ENVELOPE, sha256=sha256(long).hexdigest(), size=len(long))
    await bodies.keep_all(conn, store, KEY, [bodies.Received(patient="p1", envelope=envelope, body=long)])
    (kept,) = await bodies.kept_of(conn, "p1")
    assert len(await store.get(kept.address) or b"") < len(long) // 100
    assert await bodies.open_kept(conn, store, KEY, patient="p1", sha256=envelope.sha256) == long


async def test_a_body_half_written_is_not_there(tmp_path: Path) -> None:
    store = body_store.open_bodies(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        await store.put(SHA, tmp_path / "is not there")
    assert await store.get(f"incoming/{SHA[:2]}/{SHA[2:4]}/{SHA}") is None
    assert _files(tmp_path) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
