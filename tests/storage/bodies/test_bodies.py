import io
import os
from dataclasses import replace
from hashlib import sha256, shake_256
from pathlib import Path

import pytest

from model.envelope import Envelope
from model.keyring import KeyRing
from storage.bodies import body_store, kept_bodies
from storage.bodies.sealed import IN_ROW
from storage.people import data_keys
from storage.pg import crypto
from storage.pg.pool import Connection

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))  # what the fixture's patients are wrapped with
_BODY = b"heart rate 120"
SHA = sha256(_BODY).hexdigest()
ENVELOPE = Envelope(
    connector="files", received_ms=7, sha256=SHA, size=len(_BODY), content_type="text/plain"
)
BIG = shake_256(_BODY).digest(IN_ROW)  # does not pack: sealed it is too big for a row


@pytest.fixture(params=["directory", "objects"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> body_store.BodyStorage:
    return body_store.open_bodies(
        str(tmp_path / "bodies") if request.param == "directory" else "memory:///"
    )


async def test_what_was_put_comes_back_and_is_gone_when_deleted(
    store: body_store.BodyStorage,
) -> None:
    address = await store.put(SHA, _BODY)
    assert await store.get(address) == _BODY
    opened = await store.open(address)
    assert opened is not None
    with opened:
        assert opened.read() == _BODY
    await store.delete(address)
    assert await store.get(address) is None
    assert await store.open(address) is None
    file = io.BytesIO(_BODY)
    file.seek(3)  # it is stored from its start, wherever the file's position is
    assert await store.put(SHA, file) == address
    assert await store.get(address) == _BODY
    await store.delete(address)
    await store.delete(address)
    assert await store.get(address) is None


class _BrokenDisk(io.BytesIO):
    """A file that cannot be read behind its first bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 6 * 1024 * 1024:
            raise OSError("broken")
        return super().read(size)


async def test_a_file_that_breaks_off_is_not_stored(store: body_store.BodyStorage) -> None:
    with pytest.raises(OSError, match="broken"):
        await store.put(SHA, _BrokenDisk(bytes(9 * 1024 * 1024)))
    assert await store.get(body_store.address_of(SHA, body_store.INCOMING)) is None
    assert await listed(store, body_store.INCOMING, -60) == []


async def test_names_and_addresses_of_others_are_refused(store: body_store.BodyStorage) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        await store.put("../../etc/passwd", _BODY)
    with pytest.raises(ValueError, match="address"):
        await store.get("incoming/../../etc/passwd")
    with pytest.raises(ValueError, match="address"):
        await store.open("incoming/../../etc/passwd")


async def listed(store: body_store.BodyStorage, room: str, age_s: float) -> list[str]:
    addresses: list[str] = []
    async for portion in store.older(room, age_s):
        addresses += portion
    return addresses


async def test_what_is_older_is_listed_by_room(store: body_store.BodyStorage) -> None:
    incoming = await store.put(SHA, _BODY)
    kept = await store.put(SHA, _BODY, body_store.KEPT)
    assert await listed(store, body_store.INCOMING, 3_600) == []
    assert await listed(store, body_store.INCOMING, -3_600) == [incoming]
    assert await listed(store, body_store.KEPT, -3_600) == [kept]
    assert await listed(store, body_store.PACKED, -3_600) == []


async def test_many_are_listed_some_at_a_time(store: body_store.BodyStorage) -> None:
    names = {sha256(bytes([n // 256, n % 256])).hexdigest() for n in range(body_store._LISTED + 7)}
    put = {await store.put(name, b"", body_store.PACKED) for name in names}
    portions = [len(portion) async for portion in store.older(body_store.PACKED, -1)]
    assert max(portions) <= body_store._LISTED
    assert len(portions) > 1
    assert set(await listed(store, body_store.PACKED, -1)) == put


async def test_what_a_killed_writer_left_is_removed_after_an_hour(tmp_path: Path) -> None:
    store = body_store.open_bodies(str(tmp_path))
    total = tmp_path / await store.put(SHA, _BODY)
    young, old = (total.with_name(f"{body_store.BEGUN}{name}") for name in ("young", "old"))
    for path in (young, old):
        path.write_bytes(b"half")
    past = total.stat().st_mtime - body_store.BEGUN_AGE_S - 60
    os.utime(old, (past, past))
    assert await listed(store, body_store.INCOMING, 60) == []
    assert sorted(_files(tmp_path)) == sorted([total, young])


async def test_folders_and_files_are_of_this_user_only(tmp_path: Path) -> None:
    root = tmp_path / "bodies"
    root.mkdir(mode=0o755)
    await body_store.Directory(root).put(SHA, _BODY)
    modes = _modes(tmp_path)
    assert {mode for name, mode in modes.items() if name == SHA} == {0o600}
    assert {mode for name, mode in modes.items() if name != SHA} == {0o700}


async def test_an_address_is_given_out_only_once_file_and_folders_are_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that was killed between rename and sync left a file, which the next writer uses."""
    address = await body_store.Directory(tmp_path).put(SHA, _BODY)
    synced: list[Path] = []
    monkeypatch.setattr(body_store, "_sync", synced.append)
    await body_store.Directory(tmp_path).put(SHA, _BODY)
    file = tmp_path / address
    assert {file, file.parent, file.parent.parent, file.parents[2], tmp_path} <= set(synced)


def received(body: bytes) -> kept_bodies.Received:
    envelope = replace(ENVELOPE, sha256=sha256(body).hexdigest(), size=len(body))
    return kept_bodies.Received(patient="p1", envelope=envelope, body=body, format="fit")


async def as_it_lies(
    conn: Connection, store: body_store.BodyStorage, kept: kept_bodies.KeptBody
) -> bytes:
    """Return what is kept, still sealed, wherever it lies."""
    if kept.address is not None:
        return await store.get(kept.address) or b""
    params = [bytes.fromhex(kept.envelope.sha256)]
    (row,) = await (
        await conn.execute("select sealed from body where sha256 = %s", params)
    ).fetchall()
    return bytes(row[0])


@pytest.mark.parametrize("body", [_BODY, BIG], ids=["small", "big"])
async def test_a_kept_body_is_sealed_and_opens_for_its_patient_only(
    conn: Connection, store: body_store.BodyStorage, body: bytes
) -> None:
    for _ in range(2):
        item = received(body)
        assert await kept_bodies.keep_all(conn, store, _KEY, [item]) == {
            ("p1", item.envelope.sha256): kept_bodies.FirstKept(
                parser=1, received_ms=7, stated_ms=7
            )
        }
    (kept,) = await kept_bodies.kept_of(conn, "p1")
    assert (kept.envelope.sha256, kept.envelope.received_ms) == (sha256(body).hexdigest(), 7)
    sealed = await as_it_lies(conn, store, kept)
    assert sealed
    assert body not in sealed
    key = await data_keys.data_key(conn, _KEY, "p1")
    assert await kept_bodies.open_kept(conn, store, key, "p1", kept) == body
    with pytest.raises(crypto.SealError):
        await kept_bodies.open_kept(
            conn, store, await data_keys.data_key(conn, _KEY, "p2"), "p1", kept
        )


async def test_what_the_connector_let_through_is_kept_with_a_body(
    conn: Connection, store: body_store.BodyStorage
) -> None:
    """Read again, a body must give the facts that it gave when it came."""
    passed = replace(
        ENVELOPE, passed_headers=(("a", "1"), ("b", "\u00e5")), passed_query=(("q", ""),)
    )
    item = replace(received(_BODY), envelope=passed)
    await kept_bodies.keep_all(conn, store, _KEY, [item])
    (kept,) = await kept_bodies.kept_of(conn, "p1")
    assert kept.envelope.context == passed.context


@pytest.mark.parametrize(
    ("later", "counts", "is_moved"),
    [
        ((9, 7), (7, 7), False),  # a redelivery keeps the first receipt
        ((3, 7), (3, 7), True),  # the first one is worked on last
        ((9, 5), (7, 5), True),  # by its id it was told before
    ],
)
async def test_a_body_counts_as_it_was_received_and_told_first(
    conn: Connection,
    store: body_store.BodyStorage,
    later: tuple[int, int],
    counts: tuple[int, int],
    *,
    is_moved: bool,
) -> None:
    item = received(_BODY)
    await kept_bodies.keep_all(conn, store, _KEY, [item])
    again = replace(item, envelope=replace(item.envelope, received_ms=later[0], stated_ms=later[1]))
    first = (await kept_bodies.keep_all(conn, store, _KEY, [again]))["p1", SHA]
    assert (first.received_ms, first.stated_ms, first.parser) == (*counts, 1)
    assert first.is_moved == is_moved
    (kept,) = await kept_bodies.kept_of(conn, "p1")
    # `kadens replay` reads a body again whose facts were stored with a later time of stating
    assert kept.parser == (0 if is_moved else 1)
    assert (kept.envelope.received_ms, kept.envelope.first_stated_ms) == counts


async def test_of_two_in_one_batch_the_first_counts(
    conn: Connection, store: body_store.BodyStorage
) -> None:
    item = received(_BODY)
    again = replace(item, envelope=replace(item.envelope, received_ms=3))
    first = (await kept_bodies.keep_all(conn, store, _KEY, [item, again]))["p1", SHA]
    assert (first.received_ms, first.stated_ms, first.parser) == (3, 3, 1)


async def test_a_small_body_lies_in_its_row_and_a_big_one_in_the_store(
    conn: Connection, store: body_store.BodyStorage, tmp_path: Path
) -> None:
    await kept_bodies.keep_all(conn, store, _KEY, [received(_BODY), received(BIG)])
    lies = {
        item.envelope.sha256: item.address is not None
        for item in await kept_bodies.kept_of(conn, "p1")
    }
    assert lies == {SHA: False, sha256(BIG).hexdigest(): True}
    assert len(_files(tmp_path)) == (1 if isinstance(store, body_store.Directory) else 0)


async def test_a_big_body_that_the_store_has_lost_is_told_as_absent(
    conn: Connection, store: body_store.BodyStorage
) -> None:
    await kept_bodies.keep_all(conn, store, _KEY, [received(BIG)])
    (kept,) = await kept_bodies.kept_of(conn, "p1")
    assert kept.address is not None
    await store.delete(kept.address)
    key = await data_keys.data_key(conn, _KEY, "p1")
    assert await kept_bodies.open_kept(conn, store, key, "p1", kept) is None


async def test_bodies_that_older_versions_kept_open_too(
    conn: Connection, store: body_store.BodyStorage
) -> None:
    await kept_bodies.keep_all(conn, store, _KEY, [received(_BODY)])
    key = await data_keys.data_key(conn, _KEY, "p1")
    packed = await as_it_lies(conn, store, (await kept_bodies.kept_of(conn, "p1"))[0])
    unpacked = crypto.seal(key, _BODY, f"body:p1:{SHA}")
    for room, sealed in ((body_store.KEPT, unpacked), (body_store.PACKED, packed)):
        address = await store.put(SHA, sealed, room)
        await conn.execute("update body set address = %s, sealed = null", [address])
        (kept,) = await kept_bodies.kept_of(conn, "p1")
        assert kept.address == address
        assert await kept_bodies.open_kept(conn, store, key, "p1", kept) == _BODY


async def test_a_long_body_takes_little_room(
    conn: Connection, store: body_store.BodyStorage
) -> None:
    long = _BODY * 10_000
    await kept_bodies.keep_all(conn, store, _KEY, [received(long)])
    (kept,) = await kept_bodies.kept_of(conn, "p1")
    assert len(await as_it_lies(conn, store, kept)) < len(long) // 100


async def test_a_body_half_written_is_not_there(tmp_path: Path) -> None:
    store = body_store.open_bodies(str(tmp_path))
    with pytest.raises(OSError, match="unreadable"):
        await store.put(SHA, Unreadable(_BODY))
    assert await store.get(f"incoming/{SHA[:2]}/{SHA[2:4]}/{SHA}") is None
    assert _files(tmp_path) == []


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}


class Unreadable(io.BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError("unreadable")


def _files(folder: Path) -> list[Path]:
    return list(filter(Path.is_file, folder.rglob("*")))
