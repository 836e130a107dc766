"""Runs a command's work and writes its audit row in the same transaction."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from kadens.clock import clock
from kadens.commands.console import run
from kadens.lazy_commands import reason_to_run, running_command
from kadens.output.terminal import fail
from kadens.settings import Settings, operator
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.errors import RefusedError, TakenError, UnknownNameError
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN

_T = TypeVar("_T")


def person() -> audit.Actor:
    """Return who runs the command: a person of this machine."""
    return audit.Actor(subject=operator(), role="operator")


def entry_of(
    action: AuditAction, now_ms: int, patient: str | None = None, what: str = "", reason: str = ""
) -> audit.AuditEntry:
    """Return the audit row of the command that runs: the person, the command, its object, why.

    A `reason` is shown to the patient with the row.
    """
    why = reason_to_run()
    return audit.AuditEntry(
        at_ms=now_ms,
        actor=person(),
        action=action,
        patient=patient,
        object=what,
        detail=(
            {"command": running_command()}
            | ({"why": why} if why else {})
            | ({"reason": reason} if reason else {})
        ),
    )


async def note_listed(conn: Connection, now_ms: int, what: str, patients: Iterable[str]) -> None:
    """Write a row for each patient on a list, in the transaction that reads it."""
    entry = entry_of(AuditAction.LIST_READ, now_ms, what=what)
    await audit.write_list_entries(conn, entry, sorted(set(patients)), now_ms)


def audited(
    settings: Settings,
    work: Callable[[Connection, int], Awaitable[_T]],
    action: AuditAction | Callable[[_T], AuditAction],
    patient: str | Callable[[_T], str | None] | None = None,
    detail: str = "",
    reason: str = "",
) -> _T:
    """Run one transaction with its audit row, and return what `work` returns.

    `work` gets the connection and the time in epoch ms. `detail` names what was acted on, and
    `reason` why. `patient` is a pseudonym, or a function that takes it from the result; `action`
    may be one too, where only the work tells what was done. Leaves with exit code 1 and a line when
    the store refuses.
    """
    try:
        return run(_transaction(settings, work, action, patient, detail, reason))
    except (UnknownNameError, TakenError, RefusedError) as error:
        fail(str(error))


def audited_read(
    settings: Settings, read: Callable[[Connection], Awaitable[_T]], patient: str, detail: str
) -> _T:
    """Return what `read` returns of a patient (pseudonym), and write its audit row."""

    async def work(conn: Connection, now_ms: int) -> _T:
        del now_ms  # what is kept does not depend on the time
        return await read(conn)

    return audited(settings, work, AuditAction.DATA_READ, patient, detail)


async def _transaction(
    settings: Settings,
    work: Callable[[Connection, int], Awaitable[_T]],
    action: AuditAction | Callable[[_T], AuditAction],
    patient: str | Callable[[_T], str | None] | None,
    detail: str,
    reason: str,
) -> _T:
    now_ms = clock(settings.clock)()
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        # Both commit together, so nothing is done or read without a row.
        result = await work(conn, now_ms)
        whose = patient(result) if callable(patient) else patient
        deed = action if isinstance(action, AuditAction) else action(result)
        await audit.write_entry(conn, entry_of(deed, now_ms, whose, detail, reason))
        return result
