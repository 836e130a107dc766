"""Restores a planned backup into an empty database and an empty body store.

Bodies come first and the database's transaction is committed last, so a restore that is interrupted
leaves a database without a row, and can be run again.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kadens.backup.contents import KeptKeys, RestorePlan, portions_of
from kadens.backup.sealed_files import BackupError
from kadens.commands.audited import entry_of
from kadens.secrets.writing import replace_file
from storage import audit
from storage.audit_actions import AuditAction
from storage.backup import loading
from storage.backup.layouts import table_with_rows
from storage.backup.loading import NotSuperuserError
from storage.bodies.body_store import LEVELS, BodyStorage
from storage.pg.migrate import known_files, migrate
from storage.pg.pool import LONG, Connection, open_pool

_ANY_AGE_S = -60.0  # also what another machine's clock writes in a moment


@dataclass(slots=True, kw_only=True)
class Restored:
    """What came back, and for how many patients an erasure was applied again."""

    rows: int = 0
    bodies: int = 0
    erased: int = 0
    destroyed: int = 0


async def restore(
    dsn: str, store: BodyStorage, plan: RestorePlan, kept: KeptKeys, now_ms: int
) -> Restored:
    """Restore all but who is left out; raises `BackupError`, and nothing is kept then."""
    # Everything that can be refused is refused here, before the first write.
    newest = _schema_number(plan)
    await _check_store(store, plan)
    async with await open_pool(dsn, max_size=1, limits=LONG) as pool, pool.connection() as conn:
        await _check_database(conn, newest)
    await migrate(dsn, newest)
    async with await open_pool(dsn, max_size=1, limits=LONG) as pool, pool.connection() as conn:
        try:
            done = await _load(conn, store, plan, kept)
        except NotSuperuserError as error:
            raise BackupError(str(error)) from error
        await _erase_again(conn, plan, now_ms)
        what = f"backup:{plan.contents.made_ms}"
        await audit.write_entry(conn, entry_of(AuditAction.BACKUP_RESTORE, now_ms, what=what))
    await migrate(dsn)
    done.erased, done.destroyed = len(plan.erased), len(plan.destroyed)
    return done


async def _load(
    conn: Connection, store: BodyStorage, plan: RestorePlan, kept: KeptKeys
) -> Restored:
    done = Restored()
    months = [date.fromisoformat(text) for text in plan.contents.months]
    tables = await loading.begin_loading(conn, months)
    for item in portions_of(plan):
        if isinstance(item, tuple):
            address, body = item
            # the store makes the same address again, because it follows from room and name
            room, _, rest = address.partition("/")
            await store.put(rest.rpartition("/")[2], body, room)
            done.bodies += 1
        else:
            await loading.load_portion(conn, tables, item)
            done.rows += item.count
    keys = [kept.wrapped[number] for number in plan.keys]
    await loading.end_loading(conn, keys, plan.contents.last_ids)
    return done


async def _erase_again(conn: Connection, plan: RestorePlan, now_ms: int) -> None:
    """Write the receipts that came after the backup, and forget the patients in the audit log."""
    # of an erasure of somebody who is not in the backup only the receipt is written
    patients = {receipt: patient for patient, receipt in plan.erased.items()}
    for entry in plan.erasures:
        await loading.put_receipt(
            conn,
            number=entry.number,
            at_ms=entry.at_ms,
            counts=entry.counts,
            extracts=entry.extracts,
            patient=patients.get(entry.number),
        )
    for patient in plan.destroyed:
        number = await loading.next_receipt(conn)
        await loading.put_receipt(
            conn, number=number, at_ms=now_ms, counts={}, extracts=[], patient=patient
        )
    await loading.remove_orphans(conn)


def _schema_number(plan: RestorePlan) -> int:
    """Return the number of the backup's schema; raises `BackupError` for one of a newer program."""
    known = known_files()
    for line in plan.contents.schema:
        name, _, checksum = line.partition(" ")
        if known.get(name) != checksum:
            raise BackupError(
                f"the backup was made by a newer or another program: it has {name}, which this "
                "one does not know; nothing was restored"
            )
    return max(int(line.partition("/")[2].partition("_")[0]) for line in plan.contents.schema)


async def _check_database(conn: Connection, newest: int) -> None:
    name = await table_with_rows(conn)
    if name:
        raise BackupError(
            f"the database is not empty: {name} has rows. A restore needs a new database; "
            "nothing was restored"
        )
    if await loading.schema_number(conn) > newest:
        raise BackupError(
            "the database has a newer schema than the backup: "
            "a restore needs a new database; nothing was restored"
        )


async def _check_store(store: BodyStorage, plan: RestorePlan) -> None:
    """Refuse a body store with anything that is not of this backup, as an interrupted restore is.

    What would be overwritten has the same name and the same bytes.
    """
    for room in LEVELS:
        async for addresses in store.older(room, _ANY_AGE_S):
            if not plan.contents.addresses.issuperset(addresses):
                raise BackupError(
                    "the body store is not empty: a restore needs a new one; nothing was restored"
                )


def write_secrets(path: Path, text: bytes) -> None:
    """Write the restored secrets file; raises `BackupError` for a file with other content."""
    if path.exists():
        if path.read_bytes() != text:
            raise BackupError(f"{path} exists and has other keys: nothing was restored")
        return
    replace_file(path, text.decode())
