"""The command that erases a patient, after a confirmation. Its receipt has no name."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ingest.uploads.shelf import BusyUploadError, Shelf
from kadens.backup.erasure_file import list_erasure
from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.links import LOG_AWAY_NOTE
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.link_tokens import publish_revocations
from kadens.output.console import out
from kadens.output.question import answered_yes
from kadens.output.terminal import fail, print_json, print_note
from kadens.settings import Settings
from model.calendar import rfc3339
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.body_store import open_bodies
from storage.erase import Receipt, erase, remove_erased_bodies
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg.pool import LONG, Connection, Pool, open_pool
from storage.pg.roles import ADMIN


def erase_patient(
    *,
    patient: Patient,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Erase a patient: all rows, the data key, the kept bodies.

    This cannot be undone. Prints a receipt. The audit log keeps its lines under the receipt's
    number, without the patient. With KADENS_ERASURES the erasure is also listed in that file, and a
    restore from an older backup applies it again.
    """
    settings = settings_of(data)
    if not settings.bodies:
        fail("KADENS_BODIES is empty, so the kept bodies could not be removed", code=2)
    if not yes:
        _confirm()
    try:
        receipt, bodies = run(_erase(settings, patient))
    except UnknownNameError as error:
        fail(str(error))
    reported = {
        "receipt": receipt.number,
        "at": rfc3339(receipt.at_ms),
        "bodies": bodies,
        "rows": receipt.counts,
    }
    if as_json:
        print_json(reported)
    else:
        out.print(_table(receipt, bodies))


def _confirm() -> None:
    """Ask, and leave with code 1 unless the answer is yes; with code 2 where nobody answers."""
    is_agreed = answered_yes("Erase everything about this patient for ever?")
    if is_agreed is None:
        fail("nothing was erased: nobody answered; --yes erases without the question", code=2)
    if not is_agreed:
        fail("nothing was erased")


async def _erase(settings: Settings, patient: str) -> tuple[Receipt, int]:
    now_ms = clock(settings.clock)()
    async with await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN) as pool:
        # The rows and the audit line are one transaction: no erasure without its line.
        async with pool.connection() as conn:
            receipt = await erase_with_line(settings, conn, patient, now_ms)
        return receipt, await clear_after_erasing(settings, pool, [patient], now_ms)


async def erase_with_line(
    settings: Settings, conn: Connection, patient: str, now_ms: int
) -> Receipt:
    """Erase a patient's rows with the line of the audit log, in the caller's transaction.

    It must be the last of the transaction: the list of erasures has it from here on. The fetcher
    tells the vendors of the patient's accounts, where there are wrapping keys.
    """
    number = await patient_id(conn, patient)
    receipt = await erase(conn, patient, now_ms, settings.secrets.wrapping_keys or None)
    done = entry_of(AuditAction.PATIENT_ERASE, now_ms, what=f"erasure:{receipt.number}")
    await audit.write_entry(conn, done)
    # last before the commit: a restore must know of every erasure that was done
    if settings.erasures:
        keys = settings.secrets.audit_keys
        await list_erasure(conn, Path(settings.erasures), keys, number, receipt)
    return receipt


async def clear_after_erasing(
    settings: Settings, pool: Pool, patients: Sequence[str], now_ms: int
) -> int:
    """Remove what erased patients have outside of the database; return how many bodies.

    Call it after the commit: a body that is removed cannot come back if the rows are rolled back.
    """
    async with pool.connection() as conn:
        removed = await remove_erased_bodies(conn, open_bodies(settings.bodies))
    if settings.uploads:
        for patient in patients:
            await asyncio.to_thread(_remove_uploads, Shelf(Path(settings.uploads)), patient)
    # The doors learn of ended tokens from the log. It may be away; the rows are gone anyway.
    if settings.kafka and not await publish_revocations(pool, settings.kafka, now_ms):
        print_note(f"note: {LOG_AWAY_NOTE}")
    return removed


def _remove_uploads(shelf: Shelf, patient: str) -> None:
    """Remove the patient's uploads; what is being written now is refused for want of consent."""
    for upload in shelf.of(patient):
        with suppress(BusyUploadError):
            shelf.remove(upload.id)


def _table(receipt: Receipt, bodies: int) -> Table:
    title = f"erasure {receipt.number} at {rfc3339(receipt.at_ms)}"
    table = Table(
        "table", "rows", title=title, caption="the audit log keeps its lines, without the patient"
    )
    for name, count in receipt.counts.items():
        if count:
            table.add_row(
                "audit (kept without the patient)" if name == "audit" else name, f"{count:,}"
            )
    table.add_row("objects removed from the body store", f"{bodies:,}")
    return table
