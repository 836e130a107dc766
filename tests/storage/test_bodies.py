from dataclasses import replace
from hashlib import sha256, shake_256
from pathlib import Path

import pytest

from kadens.model.envelope import Envelope
from kadens.model.keyring import KeyRing
from kadens.storage import bodies, body_store, crypto, people
from kadens.storage.pool import Connection

pytestmark = pytest.mark.anyio
KEY = KeyRing.single(bytes(32))  # what the fixture's patients are wrapped with
BODY = b"heart rate 120"
SHA = sha256(BODY).hexdigest()
ENVELOPE = Envelope(connector="files", received_ms=7, sha256=SHA, size=len(BODY), content_type="text/plain")
BIG = shake_256(BODY).digest(bodies.IN_ROW)  # does not pack: sealed it is too big for a row


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


def received(body: bytes) -> bodies.Received:
    envelope = replace(ENVELOPE, sha256=sha256(body).hexdigest(), size=len(body))
    return bodies.Received(patient="p1", envelope=envelope, body=body)


async def as_it_lies(conn: Connection, store: body_store.BodyStore, kept: bodies.KeptBody) -> bytes:
    """Return what is kept, still sealed, wherever it lies."""
    if kept.address is not None:
        return await store.get(kept.address) or b""
    asked = [bytes.fromhex(kept.envelope.sha256)]
    (row,) = await (await conn.execute("select sealed from body where sha256 = %s", asked)).fetchall()
    return bytes(row[0])


@pytest.mark.parametrize("body", [BODY, BIG], ids=["small", "big"])
async def test_a_kept_body_is_sealed_and_opens_for_its_patient_only(
    conn: Connection, store: body_store.BodyStore, body: bytes
) -> None:
    for _ in range(2):
        one = received(body)
        assert await bodies.keep_all(conn, store, KEY, [one]) == {("p1", one.envelope.sha256): 1}
    (kept,) = await bodies.kept_of(conn, "p1")
    assert (kept.envelope.sha256, kept.envelope.received_ms) == (sha256(body).hexdigest(), 7)
    sealed = await as_it_lies(conn, store, kept)
    assert sealed
    assert body not in sealed
    key = await people.data_key(conn, KEY, "p1")
    assert await bodies.open_kept(conn, store, key, "p1", kept) == body
    with pytest.raises(crypto.SealError):
        await bodies.open_kept(conn, store, await people.data_key(conn, KEY, "p2"), "p1", kept)


async def test_a_small_body_lies_in_its_row_and_a_big_one_in_the_store(
    conn: Connection, store: body_store.BodyStore, tmp_path: Path
) -> None:
    await bodies.keep_all(conn, store, KEY, [received(BODY), received(BIG)])
    lies = {one.envelope.sha256: one.address is not None for one in await bodies.kept_of(conn, "p1")}
    assert lies == {SHA: False, sha256(BIG).hexdigest(): True}
    assert len(_files(tmp_path)) == (1 if isinstance(store, body_store.Directory) else 0)


async def test_a_big_body_that_the_store_has_lost_is_told_as_absent(
    conn: Connection, store: body_store.BodyStore
) -> None:
    await bodies.keep_all(conn, store, KEY, [received(BIG)])
    (kept,) = await bodies.kept_of(conn, "p1")
    assert kept.address is not None
    await store.delete(kept.address)
    key = await people.data_key(conn, KEY, "p1")
    assert await bodies.open_kept(conn, store, key, "p1", kept) is None


async def test_bodies_that_older_versions_kept_open_too(conn: Connection, store: body_store.BodyStore) -> None:
    await bodies.keep_all(conn, store, KEY, [received(BODY)])
    key = await people.data_key(conn, KEY, "p1")
    packed = await as_it_lies(conn, store, (await bodies.kept_of(conn, "p1"))[0])
    unpacked = crypto.seal(key, BODY, f"body:p1:{SHA}")
    for room, sealed in ((body_store.KEPT, unpacked), (body_store.PACKED, packed)):
        address = await store.put(SHA, sealed, room)
        await conn.execute("update body set address = %s, sealed = null", [address])
        (kept,) = await bodies.kept_of(conn, "p1")
        assert kept.address == address
        assert await bodies.open_kept(conn, store, key, "p1", kept) == BODY


async def test_a_long_body_takes_little_room(conn: Connection, store: body_store.BodyStore) -> None:
    long = BODY * 10_000
    await bodies.keep_all(conn, store, KEY, [received(long)])
    (kept,) = await bodies.kept_of(conn, "p1")
    assert len(await as_it_lies(conn, store, kept)) < len(long) // 100


async def test_a_body_half_written_is_not_there(tmp_path: Path) -> None:
    store = body_store.open_bodies(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        await store.put(SHA, tmp_path / "is not there")
    assert await store.get(f"incoming/{SHA[:2]}/{SHA[2:4]}/{SHA}") is None
    assert _files(tmp_path) == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
