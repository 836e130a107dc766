"""Commands about patients' accounts in this service: list, warnings, close, reopen, erase.

The worker warns and closes by itself. Here a person sees what it did, closes an account because the
patient wants it, and erases those whose time is over. Each command leaves its rows in the log.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.audited import audited, note_listed, person
from kadens.commands.console import run, settings_of
from kadens.commands.erase import clear_after_erasing, erase_with_line
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient, checked, typed_words
from kadens.names import CARE_UNIT
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.privacy.closing_terms import closing_terms
from kadens.settings import Settings, SettingsError
from model.calendar import local_date, rfc3339, rfc3339_if_known
from model.privacy.closing import (
    AccountStep,
    ClosingTerms,
    account_state,
    erases_from_ms,
    last_day,
    next_step,
)
from storage.audit_actions import AuditAction
from storage.people.care_team import need_unit
from storage.pg.pool import LONG, Connection, Pool, open_pool
from storage.pg.roles import ADMIN
from storage.rights import account_life
from storage.rights.account_life import AccountRow, AccountWarning
from stream.rights.closing import zone_of_account

_MOST_WORDS = 500


_ground = typed_words(_MOST_WORDS)


AccountUnit = Annotated[
    str, typer.Option("--unit", callback=checked(CARE_UNIT), help="Only this care unit's.")
]
ClosingWhy = Annotated[
    str, typer.Option("--why", callback=_ground, help="Who wants it, and how it was received.")
]


def list_lives(
    *,
    unit: AccountUnit = "",
    closed: Annotated[bool, typer.Option("--closed", help="Only those that are closed.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List accounts: how long each is open, or since when closed.

    "open until" is the last day of an account that nobody signs in to from now on.
    """
    settings = settings_of(data)
    terms = _terms(settings)

    async def work(conn: Connection, now_ms: int) -> list[dict[str, object]]:
        await need_unit(conn, unit)
        kept = await account_life.accounts_of_unit(conn, unit)
        shown = [row for row in kept if not closed or row.life.closed_ms is not None]
        await note_listed(conn, now_ms, "accounts", (row.pseudonym for row in shown))
        return [_account_line(row, terms, now_ms) for row in shown]

    # a row about nobody: the list has pseudonyms and dates, and no patient's data
    lines = audited(settings, work, AuditAction.ACCOUNT_LIST, None, unit)
    if as_json:
        print_json(lines)
        return
    names = ("patient", "unit", "state", "prescribed_until", "signed_in", "open_until", "closed")
    table = list_table(*(name.replace("_", " ") for name in names))
    for line in lines:
        table.add_row(*(str(line[name] or "") for name in names))
    print_table(table)


def list_warnings(
    *, unit: AccountUnit = "", as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """List whom a warning went to, or whom the clinic writes to.

    A patient whom no message reaches has no way in the list: the clinic warns by letter.
    """

    async def work(conn: Connection, now_ms: int) -> Sequence[AccountWarning]:
        await need_unit(conn, unit)
        shown = await account_life.account_warnings(conn, unit)
        await note_listed(conn, now_ms, "warnings", (row.pseudonym for row in shown))
        return shown

    warnings = audited(settings_of(data), work, AuditAction.ACCOUNT_LIST, None, "warnings")
    lines = [_warning_line(row) for row in warnings]
    if as_json:
        print_json(lines)
        return
    table = list_table("patient", "unit", "warned", "open until", "way")
    for line in lines:
        # JSON keeps "" for a program; a person is told what is left to do
        way = line["way"] or "none: write a letter"
        table.add_row(line["patient"], line["unit"], line["warned"], line["open_until"], way)
    print_table(table)


def close_life(*, patient: Patient, why: ClosingWhy, data: Data = DEFAULT_DATA) -> None:
    """Close a patient's account, because the patient wants it.

    Nobody signs in any more, all consents end and with them the connections, upload links are
    revoked, and no message goes to the patient. The data stays until `kadens account erase`.
    """
    settings = settings_of(data)
    terms = _terms(settings)

    async def work(conn: Connection, now_ms: int) -> tuple[AccountRow, int]:
        account = await account_life.held_account(conn, patient)
        by = person().subject
        await account_life.close_account(conn, account, by=by, why=why, now_ms=now_ms)
        return account, now_ms

    account, now_ms = audited(settings, work, AuditAction.ACCOUNT_CLOSE, patient)
    # said at once, because it is the time in which the closing can be undone
    zone = zone_of_account(account)
    erases_ms = erases_from_ms(now_ms, terms, zone)
    until = "a person erases it" if erases_ms is None else str(local_date(erases_ms, zone))
    print_line(f"closed; the data is kept until {until}")


def reopen_life(*, patient: Patient, why: ClosingWhy, data: Data = DEFAULT_DATA) -> None:
    """Open a closed account again.

    Sources and messages need new consents, and upload links are made anew.
    """

    async def work(conn: Connection, now_ms: int) -> None:
        account = await account_life.held_account(conn, patient)
        by = person().subject
        await account_life.reopen_account(conn, account, by=by, why=why, now_ms=now_ms)

    audited(settings_of(data), work, AuditAction.ACCOUNT_REOPEN, patient)
    print_note("open again; consents and links are made anew")


def erase_closed(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it they are listed.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Erase the accounts whose time after the closing is over.

    Run it daily. As with every erasure an extract of the prescriptions stays for ten years, and
    the receipt is printed. Accounts wait as long as a request is open, or a restriction or an
    objection holds, or something is prescribed again.
    """
    settings = settings_of(data)
    terms = _terms(settings)
    # refused before anything is erased: rows without their bodies would be half an erasure
    if yes and not settings.bodies:
        fail("KADENS_BODIES is empty, so the kept bodies could not be removed", code=2)
    lines = run(_erase_due(settings, terms, is_meant=yes))
    for line in lines:
        print_line(line)
    if not lines:
        print_note("no account is due to be erased")


async def _erase_due(settings: Settings, terms: ClosingTerms, *, is_meant: bool) -> list[str]:
    now_ms = clock(settings.clock)()
    async with await open_pool(settings.database, max_size=1, limits=LONG, role=ADMIN) as pool:
        async with pool.connection() as conn:
            kept = await account_life.accounts_of_unit(conn)
            due = [row.pseudonym for row in kept if _is_due(row, terms, now_ms)]
            await note_listed(conn, now_ms, "accounts", due)
        # without the option the command can be tried: what cannot be undone is never the default
        if not is_meant:
            return due
        # each commits by itself: after an interruption the next run goes on with the rest
        lines = [await _erase_account(settings, pool, patient, terms, now_ms) for patient in due]
        await clear_after_erasing(settings, pool, due, now_ms)
    return [line for line in lines if line]


async def _erase_account(
    settings: Settings, pool: Pool, patient: str, terms: ClosingTerms, now_ms: int
) -> str:
    """Erase an account that is still due, each in a transaction of its own; return its receipt."""
    async with pool.connection() as conn:
        account = await account_life.free_account(conn, patient)
        # it may have been opened again, or a request made, since the list was read
        if account is None or not _is_due(account, terms, now_ms):
            return ""
        receipt = await erase_with_line(settings, conn, patient, now_ms)
    return f"erasure {receipt.number} at {rfc3339(receipt.at_ms)}"


def _is_due(account: AccountRow, terms: ClosingTerms, now_ms: int) -> bool:
    return next_step(account.life, terms, zone_of_account(account), now_ms) is AccountStep.ERASE


def _terms(settings: Settings) -> ClosingTerms:
    try:
        return closing_terms(settings)
    except SettingsError as error:
        fail(str(error), code=2)


def _account_line(row: AccountRow, terms: ClosingTerms, now_ms: int) -> dict[str, object]:
    life, zone = row.life, zone_of_account(row)
    # of a closed account there is no day left: it would look like a date to come
    last = None if life.closed_ms is not None else last_day(life, terms, zone)
    return {
        "patient": row.pseudonym,
        "unit": row.unit,
        "state": account_state(life, terms, zone, now_ms).value,
        "prescribed_until": life.ends_on and life.ends_on.isoformat(),
        "signed_in": rfc3339_if_known(life.signed_in_ms),
        "open_until": last and last.isoformat(),
        "closed": rfc3339_if_known(life.closed_ms),
    }


def _warning_line(row: AccountWarning) -> dict[str, str]:
    return {
        "patient": row.pseudonym,
        "unit": row.unit,
        "warned": rfc3339(row.at_ms),
        "open_until": row.warned_for.isoformat(),
        "way": row.way,
    }
