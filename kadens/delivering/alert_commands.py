"""Commands that show a care unit's alerts: which there are, and why one arose.

They only read, and each read is audited as at the clinician door, where alerts are acted on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from kadens.clock import clock
from kadens.commands.audited import audited, note_listed
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, checked
from kadens.delivering.duty_commands import OfUnit, unit_named
from kadens.names import PSEUDONYM
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line
from kadens.output.visible import visible
from kadens.settings import Settings
from model.calendar import rfc3339
from storage.audit_actions import AuditAction
from storage.people.care_team import need_unit
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.reads import clinic_queries, evidence
from storage.reads.shown_values import AlertBrief, AlertPage, FindingRow, MoveRow

_OfPatient = Annotated[
    str,
    typer.Option(
        "--patient", callback=checked(PSEUDONYM), help="All alerts of a patient, also closed ones."
    ),
]


def list_alerts(
    context: typer.Context,
    *,
    patient: _OfPatient = "",
    unit: OfUnit = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List open alerts of a care unit, or all of a patient."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data)
    try:
        listed = run(_read(settings, unit_named(settings, unit), patient))
    except UnknownNameError as error:
        fail(str(error))
    if as_json:
        print_json([asdict(row) for row in listed])
        return
    table = list_table("alert", "patient", "tier", "state", "raised", "why")
    for row in listed:
        when = rfc3339(row.raised_ms)
        table.add_row(row.id, row.pseudonym, row.tier, _state(row), when, visible(row.sentence))
    print_table(table)


def show_alert(
    key: Annotated[str, typer.Argument(metavar="ALERT", help="An alert's id, as listed.")],
    *,
    unit: OfUnit = "",
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show why an alert arose, and what became of it."""
    settings = settings_of(data)
    name = unit_named(settings, unit)

    async def work(conn: Connection, _now_ms: int) -> AlertPage:
        await need_unit(conn, name)
        page = await evidence.alert_page(conn, name, key)
        if page is None:
            raise UnknownNameError("this care unit has no such alert: `kadens alerts` lists them")
        return page

    page = audited(
        settings, work, AuditAction.DATA_READ, lambda read: read.alert.pseudonym, f"alert:{key}"
    )
    if as_json:
        print_json(asdict(page))
        return
    for line in alert_lines(page):
        print_line(visible(line))


def alert_lines(page: AlertPage) -> Iterator[str]:
    """Yield an alert, what each of its findings rests on, and what became of it, in lines."""
    alert = page.alert
    yield alert.sentence
    yield f"patient {alert.pseudonym}, tier {alert.tier}, {_state(alert)}"
    for finding in page.findings:
        yield from _finding_lines(finding)
    yield "history"
    for move in page.moves:
        yield f"  {_move_line(move)}"


async def _read(settings: Settings, unit: str, patient: str) -> tuple[AlertBrief, ...]:
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        await need_unit(conn, unit)
        listed = await _listed(conn, unit, patient)
        now_ms = clock(settings.clock)()
        await note_listed(conn, now_ms, "alerts", (row.pseudonym for row in listed))
        return listed


async def _listed(conn: Connection, unit: str, patient: str) -> tuple[AlertBrief, ...]:
    if not patient:
        return await clinic_queries.live_alerts(conn, unit)
    if await clinic_queries.patient_brief(conn, unit, patient) is None:
        raise UnknownNameError("this care unit has no such patient")
    return await clinic_queries.alerts_of(conn, unit, patient)


def _state(alert: AlertBrief) -> str:
    state = alert.state.replace("_", " ")
    return f"{state} ({alert.resolution})" if alert.resolution else state


def _finding_lines(finding: FindingRow) -> Iterator[str]:
    fallen = "" if finding.current else ", no longer stands: the data or the settings were changed"
    added = rfc3339(finding.added_ms)
    yield f"evidence of rule {finding.rule} version {finding.rule_version}, added {added}{fallen}"
    for key, value in finding.evidence.items():
        # a list of answers or weeks has a line for each
        for row in value if isinstance(value, list) else [value]:
            yield f"  {key}: {_evidence_text(key, row)}"


def _evidence_text(key: str, value: object) -> str:
    """Return a value of evidence; an instant (`_ms`) as the time that it is."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_evidence_text(name, item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(_evidence_text(key, item) for item in value)
    if isinstance(value, int) and key in {"from_ms", "fresh_until_ms"}:
        return rfc3339(value)
    return str(value)


def _move_line(move: MoveRow) -> str:
    who, what = move.actor_name or move.actor, (move.kind or move.to_state).replace("_", " ")
    return f"{rfc3339(move.at_ms)} {what} by {who}" + (f": {move.reason}" if move.reason else "")
