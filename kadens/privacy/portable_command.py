"""The command that writes what a patient takes along. Prints counts, never a value."""

from pathlib import Path
from typing import Annotated

import typer

from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient
from kadens.output.terminal import fail, print_line, print_note
from kadens.privacy.new_file import new_file
from kadens.privacy.portable.portable_file import Portable, write_portable
from storage.audit_actions import AuditAction
from storage.bodies.body_store import open_bodies
from storage.pg.pool import Connection


def write_portable_file(
    *,
    patient: Patient,
    out: Annotated[Path, typer.Option("--out", help="ZIP file to write; it must be new.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Write what a patient supplied, in open formats.

    What their devices measured is part of it: as JSON, CSV, FHIR R4, Open mHealth / IEEE 1752.1 and
    the files as they came. Derived scores and notes of the clinic are not in it. Only its owner may
    read the file.
    """
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail("the secrets file has no wrapping_key, so no original could be opened", code=2)
    if not settings.bodies:
        fail("KADENS_BODIES is empty, so no original could be read", code=2)
    # renamed after the commit: there is no file without its row in the log
    with new_file(out) as beside:

        async def work(conn: Connection, now_ms: int) -> dict[str, int]:
            want = Portable(
                conn=conn,
                patient=patient,
                wrapping_key=keys,
                bodies=open_bodies(settings.bodies),
                now_ms=now_ms,
            )
            return await write_portable(want, beside)

        counts = audited(settings, work, AuditAction.RIGHTS_EXPORT, patient, "portability")
    missing = counts.pop("missing")
    print_line(f"{out}  " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    if missing:
        print_note(f"{missing:,} originals are not in the store any more")
