"""The command that lists what is fetched from vendors. It never prints an address."""

import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from kadens.commands.audited import audited, entry_of
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, checked, connector_if_any
from kadens.names import PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import print_json, print_line, print_note
from model.calendar import rfc3339
from storage import audit
from storage.audit_actions import AuditAction
from storage.fetching.connections import NEEDS_RECONNECTING
from storage.fetching.queue import FetchFilter, FetchRow, count_fetches, fetch_rows
from storage.people.patients import patient_id
from storage.pg.pool import Connection

_STATES = ("waiting", "running", "failing", "done", "given_up")
USUAL_ROWS, MOST_ROWS = 100, 10_000
_NONE_IN_STATE = "no fetch is in this state"
_NOTHING_ANNOUNCED = "nothing is listed: no vendor has announced anything of this kind"
# A stretch of epoch seconds or milliseconds. A single number may be the id of a workout.
_STRETCH = re.compile(r"\b(?:(\d{10})-(\d{10})|(\d{13})-(\d{13}))$")
_MIDNIGHT = "T00:00:00Z"
_COLUMNS = ("patient", "source", "what", "state", "why", "failed", "announced", "next attempt")


def _state(text: str) -> str:
    if text and text not in _STATES:
        raise typer.BadParameter(f"must be one of {', '.join(_STATES)}")
    return text


def list_fetches(
    *,
    state: Annotated[
        str,
        typer.Option("--state", callback=_state, help=f"Only one state of {', '.join(_STATES)}."),
    ] = "",
    source: Annotated[
        str, typer.Option("--source", callback=connector_if_any, help="Only of this connector.")
    ] = "",
    patient: Annotated[
        str, typer.Option("--patient", callback=checked(PSEUDONYM), help="Only of this patient.")
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_ROWS, help="At most this many, the newest first.")
    ] = USUAL_ROWS,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List what vendors announced, and what became of it.

    The last announced comes first. A row without a patient is of an account that is not linked.
    """
    wanted = FetchFilter(state=state, connector=source, patient=patient, most=limit)
    listed = _read_rows(data, wanted)
    if as_json:
        print_json(list(map(_plain, listed.shown)))
    elif not listed.shown:
        print_line(_NONE_IN_STATE if listed.others else _NOTHING_ANNOUNCED)
    else:
        _print_rows(listed.shown)
    if listed.count > len(listed.shown):
        print_note(f"{len(listed.shown):,} of {listed.count:,}, the newest; {_more(listed.count)}")


def _more(count: int) -> str:
    """Return how the rest is seen, in words."""
    if count <= MOST_ROWS:
        return f"--limit {count} lists all"
    return f"--limit {MOST_ROWS} lists more, and --patient, --source or --state fewer of them"


@dataclass(slots=True, kw_only=True)
class _Listed:
    """The rows that are shown, and how many there are; `others` says: in another state only."""

    shown: list[FetchRow] = field(default_factory=list)
    count: int = 0
    others: bool = False


def _read_rows(data: Path | None, wanted: FetchFilter) -> _Listed:
    """Return the rows, each of their patients in the audit log."""
    listed = _Listed()

    async def work(conn: Connection, now_ms: int) -> None:
        if wanted.patient:
            await patient_id(conn, wanted.patient)
        rows = listed.shown = await fetch_rows(conn, wanted)
        listed.count = len(rows)
        if len(rows) == wanted.most:
            listed.count = await count_fetches(conn, wanted)
        if not rows and wanted.state:
            listed.others = bool(await fetch_rows(conn, replace(wanted, state="", most=1)))
        # each patient that is shown gets an audit row, in the transaction of the read
        named = sorted({row.patient for row in rows if row.patient})
        entry = entry_of(AuditAction.LIST_READ, now_ms)
        await audit.write_list_entries(conn, entry, named, now_ms)

    audited(settings_of(data), work, AuditAction.LIST_READ, wanted.patient or None, "fetches")
    return listed


def _print_rows(shown: list[FetchRow]) -> None:
    table = list_table(*_COLUMNS)
    for row in shown:
        plain = _plain(row)
        table.add_row(
            row.patient or "",
            row.connector,
            f"{row.resource} {shown_key(row.key)}",
            row.state.replace("_", " "),
            str(plain["reason"]),
            str(row.attempts),
            str(plain["noticed"]),
            str(plain["next_attempt"] or ""),
        )
    print_table(table)


def shown_key(key: str) -> str:
    """Return a key for people: a stretch of time as its dates (UTC), all else as it is."""
    return _STRETCH.sub(_dates, key)


def _dates(stretch: re.Match[str]) -> str:
    ends = [int(number) for number in stretch.groups("") if number]
    unit_ms = 1000 if stretch[1] else 1
    return " to ".join(rfc3339(end * unit_ms).removesuffix(_MIDNIGHT) for end in ends)


def _plain(row: FetchRow) -> dict[str, Any]:
    """Return a row as it is printed: instants as text, and why nothing happens to it."""
    values = asdict(row)
    values.pop("connection")
    values.pop("format")
    waits = row.state in {"waiting", "failing"}
    return {
        **{name: item for name, item in values.items() if not name.endswith("_ms")},
        "reason": row.reason or _why_waiting(row),
        "noticed": rfc3339(row.noticed_ms),
        "changed": rfc3339(row.changed_ms),
        "next_attempt": rfc3339(row.not_before_ms) if waits and row.not_before_ms else None,
    }


def _why_waiting(row: FetchRow) -> str:
    reasons = (
        (row.state != "waiting", ""),
        (row.patient is None, "the account is linked to no patient"),
        (not row.format, "nothing here reads this kind yet"),
        (row.connection is None, "the account is not connected"),
        (row.connection == NEEDS_RECONNECTING, "the account needs reconnecting"),
    )
    return next((why for holds, why in reasons if holds), "")
