"""Writes a backup: every row and body in one sealed file, the keys afterwards in another.

What is a patient's is sealed with that patient's data key too, and the data keys are in the other
file only. That file is replaced again and again, so a key that an erasure destroyed is soon in no
backup, and nothing of that patient opens in any backup, however old.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cramjam

from kadens.backup.sealed_files import UNFINISHED, BackupError, SealedWriter, new_sealed_file
from kadens.secrets.writing import sync_folder
from model.backup.records import BackupRecord
from model.calendar import utc
from model.keyring import KeyRing
from storage.backup import reading
from storage.bodies.body_store import BodyStorage
from storage.people.data_keys import data_key_owner
from storage.pg import crypto
from storage.pg.pool import Connection

DATA = "data.kadens"  # the file in a backup's folder
MANIFEST, ROWS, BODY, LAST_FILE = "manifest", "rows", "body", "end"
KEY_FILES, SECRET_FILES, DATA_KEY = "keys", "secrets", "data_key"
_KEY_FILE = "keys-{at}-{number}.kadens"
_LEVEL = 3  # of zstd


@dataclass(slots=True, kw_only=True)
class SavedBackup:
    """What was written: rows by table, bodies, and bodies that were gone by then."""

    tables: dict[str, int] = field(default_factory=dict)
    bodies: int = 0
    missing: int = 0


def owner_name(owner: int, of: str) -> str:
    """Return what a patient's content in a backup is sealed for."""
    return f"backup:{owner}:{of}"


async def save_data(
    conn: Connection,
    store: BodyStorage,
    wrapping: KeyRing,
    folder: Path,
    public: bytes,
    now_ms: int,
) -> SavedBackup:
    """Write a backup's folder, which must not exist or be empty; it appears when it is complete."""
    with _new_folder(folder) as beside, new_sealed_file(beside / DATA, public) as file:
        async with reading.same_state(conn):
            return await _save(conn, store, wrapping, file, now_ms)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder for a single file, which gets its name only when the block ends."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{folder} is not empty: a backup needs a folder of its own")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f"{UNFINISHED}{secrets.token_hex(8)}-{folder.name}")
    beside.mkdir(mode=0o700)
    try:
        yield beside
        beside.rename(folder)  # replaces an empty folder
    except BaseException:
        (beside / DATA).unlink(missing_ok=True)
        beside.rmdir()
        raise
    sync_folder(folder.parent)


async def _save(
    conn: Connection, store: BodyStorage, wrapping: KeyRing, file: SealedWriter, now_ms: int
) -> SavedBackup:
    saved = SavedBackup()
    # of the same instant as the rows: each patient in them has a key here, or no backup is made
    keys = await _opened_keys(conn, wrapping)
    file.add(BackupRecord(kind=MANIFEST, values=await _manifest(conn, now_ms)))
    async for portion in reading.row_pieces(conn):
        values = {"table": portion.table, "columns": portion.columns, "rows": portion.count}
        file.add(_sealed(ROWS, values, portion.owner, portion.table, portion.text, keys))
        saved.tables[portion.table] = saved.tables.get(portion.table, 0) + portion.count
    async for address, owner, body in _bodies(conn, store):
        if body is None:
            saved.missing += 1
            continue
        file.add(_sealed(BODY, {"address": address}, owner, address, body, keys))
        saved.bodies += 1
    file.add(BackupRecord(kind=LAST_FILE, values=asdict(saved)))
    return saved


async def _opened_keys(conn: Connection, wrapping: KeyRing) -> dict[int, bytes]:
    opened: dict[int, bytes] = {}
    for key in await reading.wrapped_keys(conn):
        owner = data_key_owner(key.pseudonym)
        opened[key.patient] = crypto.unwrap_value(wrapping, key.wrapped, owner)
    return opened


async def _manifest(conn: Connection, now_ms: int) -> dict[str, object]:
    months = [month.isoformat() for month in await reading.sample_months(conn)]
    return {
        "made_ms": now_ms,
        "schema": await reading.applied_files(conn),
        "months": months,
        "receipts": await reading.receipt_numbers(conn),
        "last_ids": await reading.last_ids(conn),
    }


def _sealed(
    kind: str,
    values: Mapping[str, object],
    owner: int,
    of: str,
    content: bytes,
    keys: Mapping[int, bytes],
) -> BackupRecord:
    """Return a record, packed and sealed with its owner's key.

    An owner without a key is a patient without any: then nothing could be kept for them.
    """
    # packed before it is sealed: ciphertext does not compress
    packed = bytes(cramjam.zstd.compress(content, _LEVEL))
    if owner != reading.NO_PATIENT:
        if owner not in keys:
            raise BackupError(
                f"the patient with the number {owner} has no data key, so what is kept of them "
                "cannot be sealed: erase this patient first; no backup was made"
            )
        packed = crypto.seal(keys[owner], packed, owner_name(owner, of))
    return BackupRecord(kind=kind, values={**values, "owner": owner}, content=packed)


async def _bodies(
    conn: Connection, store: BodyStorage
) -> AsyncIterator[tuple[str, int, bytes | None]]:
    for address, owner in await reading.body_addresses(conn):
        yield address, owner, await store.get(address)


async def save_keys(
    conn: Connection, folder: Path, secrets_file: Path, public: bytes, now_ms: int
) -> int:
    """Write the keys as they are now, and remove the older files of keys; return how many keys.

    Refuses to replace keys by none: that is a wrong database more often than an empty one.
    """
    keys = await reading.wrapped_keys(conn)
    _write_keys(keys, folder, secrets_file, public, now_ms)
    return len(keys)


def _write_keys(
    keys: Sequence[reading.WrappedKey], folder: Path, secrets_file: Path, public: bytes, now_ms: int
) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    older = key_files(folder)
    if not keys and any(_number(path) for path in older):
        raise BackupError(
            f"this database has no patient, and {older[-1]} has keys of {_number(older[-1])}: "
            "name another folder for the keys; nothing was replaced"
        )
    at = f"{utc(now_ms):%Y%m%dT%H%M%S%f}"
    path = folder / _KEY_FILE.format(at=at, number=len(keys))
    # as bytes: a connector's keys and comments come back too, and not only what is read of them
    text = secrets_file.read_bytes()
    with new_sealed_file(path, public) as file:
        file.add(BackupRecord(kind=KEY_FILES, values={"made_ms": now_ms}))
        file.add(BackupRecord(kind=SECRET_FILES, values={}, content=text))
        for key in keys:
            values = {"patient": key.patient, "pseudonym": key.pseudonym, "key_id": key.key_id}
            file.add(BackupRecord(kind=DATA_KEY, values=values, content=key.wrapped))
        file.add(BackupRecord(kind=LAST_FILE, values={"keys": len(keys)}))
    _remove(folder, older, path)


def key_files(folder: Path) -> list[Path]:
    """Return the complete files of keys in a folder, the newest last."""
    return sorted(folder.glob(_KEY_FILE.format(at="*", number="*")))


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _remove(folder: Path, older: list[Path], newest: Path) -> None:
    # what a killed process had begun holds keys too
    for path in [*older, *folder.glob(f"{UNFINISHED}*-keys-*.kadens")]:
        if path != newest:
            path.unlink(missing_ok=True)
    sync_folder(folder)
