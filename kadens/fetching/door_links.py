"""The command that makes a patient's link to sign in at the patient door.

The link is printed once, and only its digest is kept.
"""

from typing import Annotated

import typer

from kadens.commands.audited import audited, person
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.output.terminal import print_json, print_line, print_note
from model.calendar import rfc3339
from patient.entry import ENTER_PATH
from patient.linking.binding import random_text, secret_digest
from storage.audit_actions import AuditAction
from storage.people.door_links import put_door_link
from storage.pg.pool import Connection

USUAL_MINUTES, MOST_MINUTES = 30, 7 * 24 * 60
_MINUTE_MS = 60_000


def make_door_link(
    *,
    patient: Patient,
    minutes: Annotated[
        int, typer.Option(min=1, max=MOST_MINUTES, help="For how many minutes the link holds.")
    ] = USUAL_MINUTES,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a link with which a patient signs in once.

    An earlier link of the patient ends. Opening the link signs nobody in; the button on its page
    does.
    """
    settings = settings_of(data)

    async def work(conn: Connection, now_ms: int) -> tuple[str, int]:
        until_ms = now_ms + minutes * _MINUTE_MS
        url, by = settings.patient_url, person().subject
        return await new_door_address(conn, patient, url, by=by, now_ms=now_ms, until_ms=until_ms)

    address, until_ms = audited(settings, work, AuditAction.PATIENT_DOOR, patient)
    if as_json:
        print_json({"link": address, "expires": rfc3339(until_ms)})
        return
    print_line(address)
    print_note(f"give it to the patient; it signs in once, until {rfc3339(until_ms)}")


async def new_door_address(
    conn: Connection, patient: str, url: str, *, by: str, now_ms: int, until_ms: int
) -> tuple[str, int]:
    """Store a new link, and return its address at the door `url` and until when it holds.

    The caller writes the row of the audit log. Raises `UnknownNameError` for an unknown patient.
    """
    link = random_text()
    await put_door_link(conn, patient, secret_digest(link), by=by, now_ms=now_ms, until_ms=until_ms)
    return f"{url.rstrip('/')}{ENTER_PATH}/{link}", until_ms
