"""Commands about patients' requests: open, list, take, answer, refuse. Each is audited."""

from dataclasses import replace
from errno import EFBIG
from pathlib import Path
from typing import Annotated

import typer

from kadens.bounded_files import bounded_bytes
from kadens.clock import clock
from kadens.commands.audited import audited, note_listed, person
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, At, Data, Json, Patient, checked, instant
from kadens.names import CARE_UNIT
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from model.calendar import rfc3339, rfc3339_if_known
from model.privacy.requests import (
    DUE_DAYS,
    LONGEST_ANSWER,
    LONGEST_IDENTIFIED,
    RightKind,
    RightsMoveError,
    RightsRequest,
    RightsState,
    check_rights_move,
    is_overdue,
)
from model.schemas.plain_text import text_problem
from storage.audit_actions import AuditAction
from storage.people import patients
from storage.people.care_team import need_unit
from storage.pg.pool import Connection
from storage.rights import rights_requests
from storage.rights.rights_files import LARGEST_RIGHTS_FILE, put_rights_file

MOST_CLOSED = 500
Number = Annotated[int, typer.Argument(min=1, help="Number of the request, from `rights list`.")]
Identified = Annotated[
    str, typer.Option("--identified", help="How the requester was identified, such as BankID.")
]
# The answer to these is a file, and is handed over with it.
_BY_FILE = {RightKind.ACCESS, RightKind.PORTABILITY}
_FILE_ALONE = "A file, to be fetched at the patient door for 30 days."
_LONGEST = {"identified": LONGEST_IDENTIFIED, "text": LONGEST_ANSWER}


def open_rights_request(
    kind: Annotated[RightKind, typer.Argument(help="What the patient asks for.")],
    *,
    patient: Patient,
    identified: Identified = "",
    at: At = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write down what a patient asks for; print its due date.

    A request of the kind that is open already is printed instead; its due date stays.
    """
    _check_lengths(identified=identified)
    settings = settings_of(data)
    now_ms = clock(settings.clock)()
    received_ms = instant(at, now_ms)
    # a letter may have come days ago, but none comes tomorrow
    if received_ms > now_ms:
        fail("--at is in the future", code=2)

    async def work(conn: Connection, _now_ms: int) -> RightsRequest:
        return await rights_requests.open_request(conn, patient, kind, received_ms, identified)

    made = audited(settings, work, AuditAction.RIGHTS_OPEN, patient, kind.value)
    print_line(f"{made.number}  due {made.due}")
    if made.received_ms != received_ms:
        print_note(f"it is open since {rfc3339(made.received_ms)}, and its due date stays")
        return
    print_note(f"the answer is due {DUE_DAYS} days after the request was received")


def list_rights_requests(
    *,
    unit: Annotated[
        str, typer.Option(callback=checked(CARE_UNIT), help="Only patients of this care unit.")
    ] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Also those that are closed.")] = False,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List patients' requests, and mark what is overdue."""

    async def work(conn: Connection, now_ms: int) -> list[dict[str, object]]:
        await need_unit(conn, unit)
        listed = await rights_requests.list_requests(
            conn, unit=unit, closed=closed, most=MOST_CLOSED
        )
        named = {row.patient for row in listed}
        await note_listed(conn, now_ms, "rights", named)
        zones = await patients.zones_of(conn, named)
        return [plain_request(row, now_ms, zones[row.patient]) for row in listed]

    lines = audited(settings_of(data), work, AuditAction.RIGHTS_LIST)
    if as_json:
        print_json(lines)
        return
    table = list_table("number", "patient", "right", "received", "due", "state", "handled by")
    for line in lines:
        state = f"{line['state']}, OVERDUE" if line["overdue"] else str(line["state"])
        names = ("number", "patient", "kind", "received", "due")
        table.add_row(*(str(line[name]) for name in names), state, str(line["handled_by"]))
    print_table(table)
    # what the patient wrote has no room in a table, and would be read by whoever passes by
    if lines:
        print_note("`kadens rights show NUMBER` shows one in full, with what the patient wrote")


def take_rights_request(
    number: Number, *, identified: Identified = "", data: Data = DEFAULT_DATA
) -> None:
    """Take a request to handle it, also from somebody else."""
    _move(number, RightsState.TAKEN, AuditAction.RIGHTS_TAKE, identified, "", data)


def answer_rights_request(
    number: Number,
    *,
    text: Annotated[
        str | None, typer.Option("--text", help="What was answered, and how it was sent.")
    ] = None,
    identified: Identified = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="A file for the patient to fetch at their door.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Close a request with what was answered.

    Give the text, the file, or both: a file alone is noted as the answer. Needs a note of how the
    requester was identified, here or earlier. A file is sealed with the patient's key, and the
    patient can fetch it for 30 days after signing in.
    """
    if text is None and file is None:
        fail("say with --text what was answered, or give the patient a --file", code=2)
    content = None if file is None else _content(file)
    # a text that is given is taken as it is, so that an empty one is refused and not replaced
    words = _FILE_ALONE if text is None else text
    _move(number, RightsState.ANSWERED, AuditAction.RIGHTS_ANSWER, identified, words, data, content)


def refuse_rights_request(
    number: Number,
    *,
    text: Annotated[str, typer.Option("--text", help="The ground of the refusal.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Close a request with the ground of its refusal."""
    _move(number, RightsState.REFUSED, AuditAction.RIGHTS_REFUSE, "", text, data)


def _content(file: Path) -> bytes:
    try:
        content = bounded_bytes(file, LARGEST_RIGHTS_FILE)
    except OSError as error:
        if error.errno == EFBIG:
            fail(f"{file} is larger than the door hands over; give it to the patient otherwise")
        fail(f"{file} cannot be read: {error.strerror}")
    # a command that failed leaves such a file, and the request would be closed with it
    return content or fail(f"{file} is empty")


def _move(
    number: int,
    to: RightsState,
    action: AuditAction,
    identified: str,
    text: str,
    data: Data,
    content: bytes | None = None,
) -> None:
    _check_lengths(identified=identified, text=text)
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if content is not None and not keys:
        fail("the secrets file has no wrapping_key, so the file could not be sealed", code=2)

    async def work(conn: Connection, now_ms: int) -> RightsRequest:
        # the row is locked until the move is written, so two people cannot answer one request
        before = await rights_requests.rights_request(conn, number)
        check_rights_move(before, to, identified=identified, answer=text)
        moved = replace(
            before,
            state=to,
            handled_by=person().subject,
            answer=text,
            identified=identified or before.identified,
            closed_ms=None if to is RightsState.TAKEN else now_ms,
        )
        await rights_requests.put_rights_move(conn, moved)
        if content is not None and keys:
            await put_rights_file(conn, keys, moved, content, now_ms)
        return moved

    try:
        moved = audited(settings, work, action, lambda row: row.patient, f"rights_request:{number}")
    except RightsMoveError as error:
        fail(str(error))
    print_line(f"{moved.number}  {moved.state.value}")
    if to is RightsState.ANSWERED and moved.kind not in _BY_FILE:
        print_note(f"this is the answer alone: what it says about the {moved.kind.value} is done")
        print_note("by its own command, which `kadens rights show` names while a request is open")


def _check_lengths(**texts: str) -> None:
    for name, text in texts.items():
        if problem := text_problem(text, _LONGEST[name], allowed="\n\t"):
            fail(f"--{name} {problem}", code=2)


def plain_request(row: RightsRequest, now_ms: int, zone: str) -> dict[str, object]:
    """Return a request as JSON shows it."""
    return {
        "number": row.number,
        "patient": row.patient,
        "kind": row.kind.value,
        "received": rfc3339(row.received_ms),
        "due": row.due.isoformat(),
        "overdue": is_overdue(row, now_ms, zone),
        "identified": row.identified,
        "state": row.state.value,
        "handled_by": row.handled_by,
        "answer": row.answer,
        "wish": row.wish,
        "closed": rfc3339_if_known(row.closed_ms),
    }
