"""The command `kadens audit export`: rows of the log as FHIR AuditEvent, for another system."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from fhir_r4.audit_events import audit_resources
from fhir_r4.elements import bundle
from kadens.clock import clock
from kadens.commands.audited import audited, note_listed
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, checked, instant
from kadens.names import PSEUDONYM
from kadens.output.terminal import fail, print_note
from kadens.privacy.new_file import new_file
from model.audit_log.exported import ExportedRow
from storage.audit_actions import AuditAction
from storage.people import patients
from storage.pg.pool import Connection
from storage.reads.audit_rows import MOST_EXPORTED, audit_rows_since


def export_log(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file for the bundle.")],
    fhir: Annotated[bool, typer.Option("--fhir", help="As FHIR R4: the only form so far.")] = False,
    patient: Annotated[
        str, typer.Option("--patient", callback=checked(PSEUDONYM), help="Only of this patient.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Only rows from this time on.")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write rows of the audit log to a file, as FHIR AuditEvent.

    Each patient in the file gets a row about the export, before the file is there.
    """
    if not fhir:
        fail("give --fhir: the log is exported in no other form", code=2)
    if not patient and not since:
        fail("give --patient or --since", code=2)
    settings = settings_of(data)
    since_ms = instant(since, 0, "--since")

    async def work(conn: Connection, now_ms: int) -> Sequence[ExportedRow]:
        if patient:
            await patients.zone_of(conn, patient)  # raises for one that is unknown
        shown = await audit_rows_since(conn, patient=patient, since_ms=since_ms)
        await note_listed(conn, now_ms, "export", (row.patient for row in shown if row.patient))
        return shown

    with new_file(out) as beside:
        # committed before anything is written: who exports the log is in the log
        shown = audited(settings, work, AuditAction.LOG_EXPORT, None, "fhir")
        # a part of the log would pass for the log
        if len(shown) == MOST_EXPORTED:
            fail(f"these are more than {MOST_EXPORTED} rows; name a later time")
        now_ms = clock(settings.clock)()
        made = bundle("collection", audit_resources(shown), now_ms)
        beside.write_bytes(orjson.dumps(made))
    print_note(f"{len(shown)} rows")
