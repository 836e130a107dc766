"""The command that shows a patient's request in full, and what a person does to carry it out."""

from collections.abc import Mapping

from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.terminal import print_json, print_line, print_note
from kadens.privacy.commands import Number, plain_request
from model.privacy.requests import RIGHTS_MOVES, RightKind, RightsRequest
from storage.audit_actions import AuditAction
from storage.people import patients
from storage.pg.pool import Connection
from storage.rights import rights_requests

# What carries out a request, in its order. Closing a request changes no data by itself.
_CARRIED_OUT: Mapping[RightKind, tuple[str, ...]] = {
    RightKind.ACCESS: ("kadens rights access --patient {patient} --out access.zip",),
    RightKind.PORTABILITY: ("kadens rights portability --patient {patient} --out portable.zip",),
    RightKind.RECTIFICATION: (
        "kadens rectify reports --patient {patient}",
        "kadens rectify add --patient {patient} --report ID --value VALUE --why TEXT",
    ),
    RightKind.RESTRICTION: (
        "kadens restrict add --patient {patient} --from TIME --until TIME --why TEXT",
    ),
    RightKind.OBJECTION: (
        "kadens objection record --patient {patient} --at {received} --why TEXT",
    ),
    RightKind.ERASURE: ("kadens erase --patient {patient}",),
    RightKind.CLOSING: ("kadens account close --patient {patient} --why TEXT",),
}
_HANDED_OVER = {
    RightKind.ACCESS: "kadens rights answer {number} --text TEXT --file access.zip",
    RightKind.PORTABILITY: "kadens rights answer {number} --text TEXT --file portable.zip",
    # nothing of the request is left to be answered
    RightKind.ERASURE: "",
}
_ANSWERED = "kadens rights answer {number} --text TEXT"


def show_rights_request(
    number: Number, *, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """Show a request in full, and the commands that carry it out."""

    async def work(conn: Connection, now_ms: int) -> tuple[RightsRequest, dict[str, object]]:
        row = await rights_requests.rights_request(conn, number)
        zones = await patients.zones_of(conn, {row.patient})
        return row, plain_request(row, now_ms, zones[row.patient])

    settings = settings_of(data)
    about = f"rights_request:{number}"
    row, plain = audited(settings, work, AuditAction.DATA_READ, lambda of: of[0].patient, about)
    if as_json:
        print_json(plain)
        return
    for name, value in plain.items():
        print_line(f"{name.replace('_', ' ')}: {_shown_value(value)}")
    for line in next_commands(row, str(plain["received"])):
        print_note(line)


def next_commands(row: RightsRequest, received: str) -> list[str]:
    """Return the commands that carry out and then answer a request; none once it is closed."""
    if not RIGHTS_MOVES[row.state]:
        return []
    answer = _HANDED_OVER.get(row.kind, _ANSWERED)
    lines = (*_CARRIED_OUT[row.kind], *([answer] if answer else ()))
    names = {"patient": row.patient, "number": row.number, "received": received}
    filled = [f"  {line.format(**names)}" for line in lines]
    return ["to carry it out:", *filled]


def _shown_value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    # an empty line would look as if something was cut off
    return "-" if value in (None, "") else str(value)
