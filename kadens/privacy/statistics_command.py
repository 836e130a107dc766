"""The command that prints a month's statistics: users and hours by care unit, with nobody named.

What it prints may leave the clinic, so it must never have a way to print what is hidden.
"""

import csv
import io
from datetime import date
from typing import Annotated

import typer

from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from model.privacy.statistics import LEAST_USERS, MonthStatistics, StatisticCell, month_statistics
from storage.audit_actions import AuditAction
from storage.pg.crypto import SealError
from storage.pg.pool import Connection
from storage.rights.statistic_rows import statistic_values

_HEADS = ("month", "unit", "users", "hours", "hidden")
_TOTAL = "all units"


def _month(text: str) -> str:
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter("must be a month such as 2026-10") from None
    return text


def print_statistics(
    *,
    month: Annotated[
        str, typer.Option("--month", callback=_month, help="The month, such as 2026-10.")
    ],
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print users and training hours of a month.

    Nobody is named. A month is collected three days after its end, and never changes. Groups of
    fewer than five are hidden, and with them what would give them away.
    """
    if as_json and as_csv:
        fail("--json and --csv exclude each other", code=2)
    settings = settings_of(data)
    keys = settings.secrets.wrapping_keys
    if not keys:
        fail("the secrets file has no wrapping_key, so statistics could not be opened", code=2)
    # checked by the option already, so this never fails
    first = date.fromisoformat(f"{month}-01")

    async def work(conn: Connection, _now_ms: int) -> MonthStatistics | None:
        values = await statistic_values(conn, keys, first)
        return None if values is None else month_statistics(first, values)

    try:
        made = audited(settings, work, AuditAction.STATISTICS_READ, None, month)
    except SealError:
        fail("the statistics do not open with the wrapping keys of the secrets file")
    if made is None:
        fail(f"the statistics of {month} are not collected: the worker does it after the month")
    # the total last, as below a column of figures
    lines = [_plain(month, cell) for cell in (*made.cells, made.total)]
    if as_json:
        print_json(lines)
    elif as_csv:
        print_line(_csv(lines))
    else:
        _print_as_table(lines)


def _print_as_table(lines: list[dict[str, object]]) -> None:
    table = list_table(*_HEADS[:-1])
    for line in lines:
        cells = ("-" if line[name] is None else str(line[name]) for name in _HEADS[2:-1])
        table.add_row(str(line["month"]), str(line["unit"]), *cells)
    print_table(table)
    if any(line["hidden"] for line in lines):
        print_note(f"-: hidden, because fewer than {LEAST_USERS} could be worked out")


def _csv(lines: list[dict[str, object]]) -> str:
    # units have names of people's choosing: the library knows when to quote them
    text = io.StringIO()
    writer = csv.DictWriter(text, _HEADS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().rstrip("\n")


def _plain(month: str, cell: StatisticCell) -> dict[str, object]:
    row = (month, cell.unit or _TOTAL, cell.users, cell.hours, cell.users is None)
    return dict(zip(_HEADS, row, strict=True))
