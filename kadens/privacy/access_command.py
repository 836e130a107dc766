"""The command that answers a request for access with a file. Prints counts, never a value."""

from pathlib import Path
from typing import Annotated

import typer

from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient
from kadens.output.terminal import fail, print_line, print_note
from kadens.privacy.answer_file import write_access
from kadens.privacy.new_file import new_file
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection


def write_access_file(
    *,
    patient: Patient,
    out: Annotated[Path, typer.Option("--out", help="ZIP file to write; it must be new.")],
    subprocessor: Annotated[
        list[str] | None,
        typer.Option("--subprocessor", help="A sub-processor to name in it; may be repeated."),
    ] = None,
    controller: Annotated[
        str,
        typer.Option("--controller", help="Who is responsible, and the data protection officer."),
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write all about a patient, and the register, to a ZIP file.

    It has the patient's name and health data in plain text. Only its owner may read it. Its
    index.html says why and how long each kind is kept, and its overview.html what matters in words.
    """
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail("the secrets file has no wrapping_key, so the identity could not be opened", code=2)

    # renamed after the commit: there is no file without its row in the log
    with new_file(out) as beside:

        async def work(conn: Connection, _now_ms: int) -> dict[str, int]:
            return await write_access(conn, keys, patient, beside, subprocessor or (), controller)

        counts = audited(settings, work, AuditAction.RIGHTS_EXPORT, patient, "access")
    print_line(f"{out}  {sum(counts.values()):,} rows of {len(counts)} kinds")
    # the law wants both in the answer, and only the person who runs this knows them
    if not controller:
        print_note("it names nobody who is responsible: --controller does")
    if not subprocessor:
        print_note("it names no sub-processors: --subprocessor does, once for each")
