"""Commands about who is on duty in a care unit: hours, line, on-call, absences with their cover.

They do what the page *On duty* does, by the same checks, and each change is audited.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import typer

from alerts.working_hours import DEFAULT_HOURS, hours_json
from clinic.duty.rosters import check_absence, checked_roster
from kadens.clock import clock
from kadens.commands.audited import audited, person
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, checked
from kadens.names import CARE_UNIT
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line
from kadens.settings import Settings
from model.calendar import DATE_RANGE, FIRST_DATE, LAST_DATE, day_bounds, local_date, midnight
from model.messages.alert_move import Absence, DutyRoster
from storage.alerts import duty
from storage.audit_actions import AuditAction
from storage.people.care_team import need_unit
from storage.people.errors import RefusedError, UnknownNameError
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from web.problems import RequestRefused

_Work = Callable[[Connection, int], Awaitable[None]]
OfUnit = Annotated[
    str,
    typer.Option(
        "--unit", callback=checked(CARE_UNIT), help="Care unit; the clinician door's by default."
    ),
]
OfSubject = Annotated[str, typer.Argument(help="The clinician's subject at the sign-in.")]
_NEEDED = "name a care unit with --unit: KADENS_CLINIC_UNIT is not set"


def show_duty(
    context: typer.Context, *, unit: OfUnit = "", as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """Show who is on duty in a care unit, and who is away."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data)
    name = unit_named(settings, unit)

    try:
        roster, colleagues = run(_read(settings, name))
    except UnknownNameError as error:
        fail(str(error))
    hours = _hours(roster)
    if as_json:
        away = [_away(row, str(hours["zone"])) for row in roster.absences]
        line = {"line": list(roster.line), "on_call": roster.on_call}
        print_json({"unit": name, "hours": hours, **line, "absences": away})
        return
    _print(name, roster, hours, colleagues)


_Zone = Annotated[str | None, typer.Option(help="Time zone, such as Europe/Oslo.")]
_Weekdays = Annotated[
    str | None, typer.Option(help="Working days, Monday is 1, such as 1,2,3,4,5.")
]
_Opens = Annotated[str | None, typer.Option(help="When it opens, such as 08:00.")]
_Closes = Annotated[str | None, typer.Option(help="When it closes, such as 16:30.")]
_Country = Annotated[
    str | None, typer.Option(help='Whose public holidays are free, such as SE; "" for none.')
]
_Subdivision = Annotated[str | None, typer.Option(help="A part of the country, by ISO 3166-2.")]
_Closed = Annotated[list[str] | None, typer.Option(help='A date that is closed too; "" for none.')]
_Line = Annotated[
    list[str] | None,
    typer.Option(help='Who gets what nobody took up, in order; "" for nobody.'),
]
_OnCall = Annotated[
    str | None, typer.Option("--on-call", help='Who gets tier A out of hours; "" for nobody.')
]


def set_duty_of_unit(  # noqa: PLR0913 - a parameter for each option
    *,
    unit: OfUnit = "",
    zone: _Zone = None,
    weekdays: _Weekdays = None,
    opens: _Opens = None,
    closes: _Closes = None,
    country: _Country = None,
    subdivision: _Subdivision = None,
    closed: _Closed = None,
    line: _Line = None,
    on_call: _OnCall = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set working hours, line and on-call of a care unit.

    What no option names stays as it is.
    """
    settings = settings_of(data)
    name = unit_named(settings, unit)
    hours: dict[str, Any] = {
        "zone": zone,
        "weekdays": None if weekdays is None else _numbers(weekdays),
        "opens": opens,
        "closes": closes,
        "country": country,
        "subdivision": subdivision,
        "closed": _not_empty(closed),
    }
    given = {key: value for key, value in hours.items() if value is not None}
    change = _DutyChange(hours=given, line=_not_empty(line), on_call=on_call)
    if not given and line is None and on_call is None:
        fail("nothing is given that could be set: see --help", code=2)

    async def work(conn: Connection, now_ms: int) -> None:
        await need_unit(conn, name)
        before = await duty.unit_roster(conn, name, now_ms)
        roster = change.applied(before, await duty.colleagues(conn, name))
        await duty.set_unit_duty(conn, name, roster=roster, actor=person().subject, now_ms=now_ms)

    _done(settings, work, AuditAction.DUTY_SET)


@dataclass(frozen=True, slots=True, kw_only=True)
class _DutyChange:
    """What the options set; None, and hours that are not there, stay as they are."""

    hours: dict[str, Any]
    line: list[str] | None
    on_call: str | None

    def applied(self, before: DutyRoster, colleagues: dict[str, str]) -> DutyRoster:
        """Return the roster after the change; raises `RequestRefused` where it cannot be."""
        return checked_roster(
            {**_hours(before), **self.hours},
            before.line if self.line is None else tuple(self.line),
            before.on_call if self.on_call is None else self.on_call,
            colleagues,
        )


def _not_empty(texts: list[str] | None) -> list[str] | None:
    """Return the texts that are not empty: a single "" sets an empty list."""
    return None if texts is None else [text for text in texts if text]


def add_absence_of(
    subject: OfSubject,
    *,
    first: Annotated[str, typer.Option("--from", help="First date, such as 2026-12-21.")],
    last: Annotated[str, typer.Option("--to", help="Last date, inclusive.")],
    cover: Annotated[str, typer.Option(help="Who acts instead; nobody by default.")] = "",
    unit: OfUnit = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write down that a clinician is away, and who covers.

    The dates are those of the care unit's time zone.
    """
    begins, ends = _date(first, "--from"), _date(last, "--to")
    settings = settings_of(data)
    name = unit_named(settings, unit)

    async def work(conn: Connection, now_ms: int) -> None:
        await need_unit(conn, name)
        # a date begins at the midnight of the care unit, and not of this machine
        roster = await duty.unit_roster(conn, name, now_ms)
        zone = str(_hours(roster)["zone"])
        absence = Absence(
            subject=subject,
            from_ms=midnight(begins, zone),
            until_ms=day_bounds(ends, zone)[1],
            cover=cover,
        )
        check_absence(absence, await duty.colleagues(conn, name), roster.absences, now_ms)
        await duty.put_absence(conn, name, absence, person().subject, now_ms)

    _done(settings, work, AuditAction.ABSENCE_ADD)


def end_absence_of(subject: OfSubject, *, unit: OfUnit = "", data: Data = DEFAULT_DATA) -> None:
    """End the absence of a clinician who is back."""
    settings = settings_of(data)
    name = unit_named(settings, unit)

    async def work(conn: Connection, now_ms: int) -> None:
        await need_unit(conn, name)
        if not await duty.end_absences(conn, name, subject, now_ms):
            raise RefusedError("this care unit has no such absence")

    _done(settings, work, AuditAction.ABSENCE_END)


async def _read(settings: Settings, name: str) -> tuple[DutyRoster, dict[str, str]]:
    """Return who is on duty; nothing of it is about a patient, so it leaves no row."""
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        await need_unit(conn, name)
        roster = await duty.unit_roster(conn, name, clock(settings.clock)())
        return roster, await duty.colleagues(conn, name)


def _done(settings: Settings, work: _Work, action: AuditAction) -> None:
    """Run a change with its row; what cannot be is said in the words of the page."""
    try:
        audited(settings, work, action, detail="duty")
    except RequestRefused as refused:
        fail(refused.detail, code=2)
    print_line("set")


def _print(
    name: str, roster: DutyRoster, hours: dict[str, Any], colleagues: dict[str, str]
) -> None:
    days = ",".join(map(str, hours["weekdays"]))
    print_line(f"{name}: weekdays {days}, {hours['opens']} to {hours['closes']}, {hours['zone']}")
    holidays = [hours["country"], hours["subdivision"], *hours["closed"]]
    print_line(f"closed: {', '.join(filter(None, holidays)) or 'no day besides'}")
    named = [f"{colleagues.get(row, row)} ({row})" for row in roster.line]
    print_line(f"line: {', then '.join(named) or 'nobody'}")
    print_line(f"on call: {roster.on_call or 'nobody'}")
    table = list_table("away", "from", "to", "cover", title="absences")
    for row in roster.absences:
        shown = _away(row, str(hours["zone"]))
        table.add_row(shown["subject"], shown["from"], shown["to"], shown["cover"])
    if roster.absences:
        print_table(table)


def _away(row: Absence, zone: str) -> dict[str, str]:
    """Return an absence with its local dates, both within it."""
    return {
        "subject": row.subject,
        "from": local_date(row.from_ms, zone).isoformat(),
        "to": local_date(row.until_ms - 1, zone).isoformat(),
        "cover": row.cover,
    }


def _hours(roster: DutyRoster) -> dict[str, Any]:
    return hours_json(DEFAULT_HOURS) if roster.hours is None else dict(roster.hours)


def unit_named(settings: Settings, unit: str) -> str:
    """Return the care unit that is named, or that of the settings; leaves with code 2 without."""
    return unit or settings.clinic_unit or fail(_NEEDED, code=2)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        fail("--weekdays must be numbers from 1 (Monday) to 7, such as 1,2,3,4,5", code=2)


def _date(text: str, option: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a date such as 2026-11-23", param_hint=option) from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise typer.BadParameter(DATE_RANGE, param_hint=option)
    return day
