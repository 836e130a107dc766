"""The command that records by which personal number a patient signs in.

The number comes from standard input: an argument would be in the list of processes and in the
shell's history. It is never printed, and only a keyed digest of it is stored.
"""

import sys
from datetime import date
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient
from kadens.output.terminal import fail, print_note
from kadens.settings import Settings
from model.calendar import local_date
from patient.sign_in.personal_number import (
    NumberKind,
    PersonalNumber,
    number_digests,
    read_personal_number,
)
from storage.audit_actions import AuditAction
from storage.people.number_digests import put_number, remove_number
from storage.pg.pool import Connection

_LONGEST = 64  # characters of a line that is read
_WHY_NOT = {
    NumberKind.INTERIM: "this is an interim number, by which nobody can sign in",
    NumberKind.FOREIGN: "this is no Swedish personal number of twelve digits (YYYYMMDD-NNNN)",
    NumberKind.WRONG: "there is no such personal number: look for a slip in it",
}
# The door makes digests with the same key, so it must be the same in both files.
NO_IDENTITY_KEY = (
    "the secrets file has no identity_key; `kadens keys rotate identity` makes one, which the "
    "patient door's file must have as well"
)


def record_identity(
    *,
    patient: Patient,
    remove: Annotated[
        bool, typer.Option("--remove", help="Forget the number: nobody signs in by it.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Record the personal number by which a patient signs in.

    The number is read from standard input, and only a keyed digest of it is kept. Another number
    than before ends the patient's sessions.
    """
    settings = settings_of(data)
    digests = {} if remove else _digests(settings)

    async def work(conn: Connection, now_ms: int) -> None:
        if remove:
            await remove_number(conn, patient, now_ms)
        else:
            await put_number(conn, patient, digests, now_ms)

    audited(settings, work, AuditAction.PATIENT_IDENTITY, patient, "removed" if remove else "")
    print_note("the number is forgotten" if remove else "the patient signs in by this number")


def _digests(settings: Settings) -> dict[str, str]:
    keys = settings.secrets.identity_keys
    if not keys:
        fail(NO_IDENTITY_KEY, code=2)
    return number_digests(
        keys, _number_from_input(local_date(clock(settings.clock)(), "Europe/Stockholm"))
    )


def _number_from_input(today: date) -> PersonalNumber:
    """Return the number from standard input; leaves with code 2 where it names nobody."""
    # A person at a terminal types it without seeing it; what a script sends is a line.
    is_typed = sys.stdin.isatty()
    line = (
        typer.prompt("Personal number", hide_input=True)
        if is_typed
        else sys.stdin.readline(_LONGEST)
    )
    number = read_personal_number(line, today)
    if number.kind in _WHY_NOT:
        fail(_WHY_NOT[number.kind], code=2)
    return number
