"""The command that lists what a patient has reported, so that a wrong answer can be corrected."""

from typing import Annotated

import typer

from kadens.commands.audited import audited_read
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.output.console import list_table, print_table
from kadens.output.terminal import print_json, print_note
from model.calendar import rfc3339
from model.facts import AttributedFact, Report
from storage.pg.pool import Connection
from storage.reads.supplied import supplied_facts

USUAL_LISTED, MOST_LISTED_REPORTS = 100, 10_000
_COLUMNS = ("report", "at", "instrument", "phase", "value", "scale", "session")


def list_reported(
    *,
    patient: Patient,
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_LISTED_REPORTS, help="At most this many, the newest.")
    ] = USUAL_LISTED,
    as_json: Json = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """List a patient's reports with the ids that `rectify add` takes.

    Newest first, as they count now: with the corrections that hold, and without what was voided.
    """

    async def read(conn: Connection) -> list[dict[str, object]]:
        facts = await supplied_facts(conn, patient)
        return [_reported(item, item.fact) for item in facts if isinstance(item.fact, Report)]

    kept = audited_read(settings_of(data), read, patient, "reports")
    shown = kept[::-1][:limit]
    if as_json:
        print_json(shown)
        return
    table = list_table(*_COLUMNS)
    for row in shown:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in _COLUMNS))
    print_table(table)
    if len(kept) > limit:
        print_note(f"{len(kept) - limit:,} older ones are left out; --limit shows more")


def _reported(item: AttributedFact, report: Report) -> dict[str, object]:
    return {
        "report": report.head.record,
        "source": item.connector,
        "at": rfc3339(report.head.start_ms),
        "instrument": report.instrument.value,
        "phase": report.phase.value,
        "value": report.value,
        "scale": report.scale,
        "session": report.session,
        # a warning sign that was asked about
        "reason": report.reason,
    }
