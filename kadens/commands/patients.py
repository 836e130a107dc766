"""Commands about patients: add, list, show what is on record, set the time zone.

Each is one transaction with its audit rows. Neither names nor health values are ever printed.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kadens.clock import clock
from kadens.commands.audited import audited, entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient, checked, iana_zone
from kadens.fetching.connections import connection_line
from kadens.names import CARE_UNIT, PERSON, PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.settings import Settings
from model.calendar import rfc3339
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.wrapping import check_keys
from storage.people import care_team, patients
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.reads import operator_queries
from storage.reads.connections import connection_rows
from stream.deriving import patient_inputs

USUAL_PATIENTS, MOST_PATIENTS = 100, 10_000
_NewUnit = Annotated[
    str,
    typer.Option(
        callback=checked(CARE_UNIT),
        help="Care unit, created when it is new; by default the clinician door's.",
    ),
]
_NewZone = Annotated[str, typer.Option(callback=iana_zone, help="IANA time zone of the patient.")]
_NewName = Annotated[
    str,
    typer.Option(callback=checked(PERSON), help="Name, kept sealed with the patient's own key."),
]
_NewPseudonym = Annotated[
    str, typer.Option(callback=checked(PSEUDONYM), help="Pseudonym; a random one by default.")
]


def enrol_patient(
    *,
    unit: _NewUnit = "",
    zone: _NewZone = "Europe/Stockholm",
    name: _NewName = "",
    pseudonym: _NewPseudonym = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Add a patient and print the pseudonym."""
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail("the secrets file has no wrapping_key, so a patient's key could not be kept", code=2)
    care_unit = unit or settings.clinic_unit
    if not care_unit:
        fail("name a care unit with --unit: KADENS_CLINIC_UNIT is not set", code=2)

    async def work(conn: Connection, now_ms: int) -> str:
        await check_keys(conn, keys, now_ms, record=True)
        await care_team.add_unit(conn, care_unit)
        return await patients.add_patient(
            conn,
            wrapping_key=keys,
            unit=care_unit,
            zone=zone,
            now_ms=now_ms,
            pseudonym=pseudonym,
            identity={"name": name} if name else None,
        )

    made = audited(settings, work, AuditAction.PATIENT_ADD, lambda result: result)
    print_line(made)
    print_note(f"added to {care_unit}, time zone {zone}; data are stored once consent is given")


def list_patients(
    *,
    unit: Annotated[
        str, typer.Option(callback=checked(CARE_UNIT), help="Only patients of this care unit.")
    ] = "",
    after: Annotated[
        str,
        typer.Option(callback=checked(PSEUDONYM), help="Only pseudonyms that sort after this one."),
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_PATIENTS, help="At most this many patients.")
    ] = USUAL_PATIENTS,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List patients by pseudonym, a page at a time."""
    try:
        rows = run(_listed(settings_of(data), unit, after, limit))
    except UnknownNameError as error:
        fail(str(error))
    if as_json:
        print_json([row.plain() for row in rows])
        return
    table = list_table("patient", "care unit", "time zone", "added", "last data", "not started")
    for row in rows:
        last = "" if row.last_data_ms is None else rfc3339(row.last_data_ms)
        added = rfc3339(row.created_ms)
        table.add_row(row.pseudonym, row.care_unit, row.zone, added, last, row.missing)
    print_table(table)
    if len(rows) == limit:
        print_note(f"there may be more: --after {rows[-1].pseudonym}")


def show_patient(*, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """Show what is on record about a patient.

    Neither the name nor health values are shown. Accounts, consents, prescriptions and profiles
    are listed with the times from which they hold, the newest hundred of each. Connections say
    which accounts a vendor still lets us read.
    """
    connections: list[dict[str, Any]] = []

    async def work(conn: Connection, now_ms: int) -> operator_queries.PatientRecord | None:
        for row in await connection_rows(conn, patient=patient):
            line = connection_line(row, now_ms)
            connections.append(
                {"source": row.connector, "state": line["state"], "since": line["since"]}
            )
        return await operator_queries.patient_record(conn, patient)

    record = audited(settings_of(data), work, AuditAction.DATA_READ, patient, "record")
    if record is None:
        fail("there is no such patient")
    plain = {**record.plain(), "connections": connections}
    if as_json:
        print_json(plain)
        return
    for name, value in plain.items():
        for item in value if isinstance(value, list) else [value]:
            print_line(f"{name.replace('_', ' '):<13} {_text_of(item)}")


def set_time_zone(
    name: Annotated[
        str, typer.Argument(callback=iana_zone, help="IANA time zone, such as Europe/Helsinki.")
    ],
    *,
    patient: Patient,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set the time zone of a patient's days and weeks, after a move.

    Everything about the patient is derived again.
    """

    async def work(conn: Connection, now_ms: int) -> None:
        await patient_inputs.change_zone(conn, patient, name, now_ms)

    audited(settings_of(data), work, AuditAction.PATIENT_ZONE, patient, name)
    print_note(f"days and weeks are those of {name} from now on, past ones too")


async def _listed(
    settings: Settings, unit: str, after: str, limit: int
) -> Sequence[operator_queries.PatientLine]:
    now_ms = clock(settings.clock)()
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        await care_team.need_unit(conn, unit)
        rows = await operator_queries.patient_lines(conn, unit=unit, after=after, limit=limit)
        names = [row.pseudonym for row in rows]
        # Each patient that is shown gets an audit row, in the transaction of the read.
        await audit.write_list_entries(conn, entry_of(AuditAction.LIST_READ, now_ms), names, now_ms)
        return rows


def _text_of(value: object) -> str:
    """Return a field as words; of a row, only the columns that are not empty."""
    if not isinstance(value, dict):
        return "none yet" if value is None else str(value)
    filled = {name: item for name, item in value.items() if item is not None}
    return ", ".join(f"{name.replace('_', ' ')} {item}" for name, item in filled.items())
