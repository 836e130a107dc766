"""The command that lists how patients' accounts at vendors are connected. It prints no account."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from kadens.clock import clock
from kadens.commands.audited import audited, entry_of
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, checked
from kadens.names import PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import print_json, print_line
from kadens.settings import Settings
from model.calendar import rfc3339_if_known
from model.connection_state import connected
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.patients import patient_id
from storage.pg.pool import Connection
from storage.reads.connections import ConnectionRow, connection_rows

_COLUMNS = ("patient", "source", "state", "since", "link until", "last received", "past")


def list_connections(
    *,
    patient: Annotated[
        str, typer.Option("--patient", callback=checked(PSEUDONYM), help="Only of this patient.")
    ] = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List how patients' accounts at vendors are connected.

    States: invited, expired, connected, needs reconnecting, revoked by the patient, silent since.
    Where one needs reconnecting, `kadens connect` makes a new link. The last column is about the
    past: how many fetches have ended, or, of a vendor that only pushes, were requested.
    """
    settings = settings_of(data)
    shown = _read(settings, patient)
    now_ms = clock(settings.clock)()
    plain = [connection_line(row, now_ms) for row in shown]
    if as_json:
        print_json(plain)
    elif plain:
        _print_connections(plain)
    else:
        print_line("nothing is listed: `kadens connect` makes a link for a patient")


def _read(settings: Settings, patient: str) -> list[ConnectionRow]:
    """Return the connections of a patient, or of all for ""; the audit log says that they were."""
    shown: list[ConnectionRow] = []

    async def work(conn: Connection, now_ms: int) -> None:
        if patient:
            await patient_id(conn, patient)
        rows = await connection_rows(conn, patient=patient)
        shown.extend(rows)
        named = sorted({row.patient for row in rows})
        entry = entry_of(AuditAction.LIST_READ, now_ms)
        await audit.write_list_entries(conn, entry, named, now_ms)

    audited(settings, work, AuditAction.LIST_READ, patient or None, "connections")
    return shown


def _print_connections(plain: Iterable[dict[str, Any]]) -> None:
    table = list_table(*_COLUMNS)
    for row in plain:
        texts = (row["patient"], row["connector"], row["state"], row["since"])
        # a link that was used leads nowhere any more
        until = None if row["link_used"] else row["link_expires"]
        table.add_row(*map(_text, (*texts, until, row["received"])), _past(row))
    print_table(table)


def _text(value: str | None) -> str:
    return value or ""


def _past(row: dict[str, Any]) -> str:
    """Return how far the past is: what a vendor only took a request for is not called fetched."""
    if not row["announced"]:
        return ""
    if not row["requested"]:
        return f"{row['fetched']} of {row['announced']} ended"
    missing = "" if row["received"] else ", nothing received yet"
    return f"requested {row['requested']} of {row['announced']}{missing}"


def connection_line(row: ConnectionRow, now_ms: int) -> dict[str, Any]:
    """Return a row as it is printed: its state, and instants as text."""
    result = connected(row, now_ms)
    values: dict[str, Any] = {"patient": row.patient, "connector": row.connector}
    values["state"] = result.state.value
    values["since"] = rfc3339_if_known(result.since_ms)
    for name, value in asdict(row).items():
        if name.endswith("_ms"):
            values[name.removesuffix("_ms")] = rfc3339_if_known(value)
    progress = {"fetched": row.fetched, "requested": row.requested, "announced": row.announced}
    return {**values, **progress}
