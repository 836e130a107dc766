"""Takes the figures and the date that a vendor states out of one record. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import RejectKind
from parsers.bounds import readable
from parsers.fields import JsonObject, Unreadable, measure_of, number_within, text

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A row: our name of a figure, and what the vendor's number is multiplied by to get ours.

    `most` bounds what can be believed, in our unit. With `is_absent_at_0` a 0 states nothing.
    """

    name: str
    factor: float = 1.0
    most: float = 1e9
    is_absent_at_0: bool = False


def summary_figures(
    record: JsonObject, table: Mapping[str, Figure], where: str, errors: list[Unreadable]
) -> dict[str, float]:
    """Return the totals of a workout by our names; what cannot be read is in `errors`.

    `where` is the path of the record, "" for one whose fields lie at the root of the body.
    """
    summary: dict[str, float] = {}
    for theirs, row in table.items():
        value = record.get(theirs)
        if value is None or (row.is_absent_at_0 and value == 0):
            continue
        try:
            # bounded in the vendor's unit, so that the reason names what was sent
            stated = number_within(value, 0, row.most / row.factor, _path(where, theirs))
            summary[row.name] = round(stated * row.factor, 6)
        except Unreadable as error:
            errors.append(error)
    return summary


def day_figures(
    record: JsonObject, table: Mapping[str, Figure], where: str, errors: list[Unreadable]
) -> dict[str, float]:
    """Return the totals of a day by metric, in its unit; several figures of a metric add up."""
    totals: dict[str, float] = {}
    for theirs, row in table.items():
        if record.get(theirs) is None:
            continue
        try:
            stated = measure_of(record[theirs], row.name, _path(where, theirs), row.factor)
            # a sum of decimal fractions is not exact
            totals[row.name] = round(totals.get(row.name, 0.0) + stated, 6)
        except Unreadable as error:
            errors.append(error)
    return totals


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def calendar_date(value: object, where: str) -> date:
    """Return a date such as "2026-11-20"; Unreadable for anything else."""
    written = text(value, where)
    # Python takes other forms of ISO 8601 as well, such as weeks
    if not _DATE.fullmatch(written):
        raise Unreadable(where, "not a date")
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(where, "not a date") from error
    if not readable(date_start_ms(day)):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return day


def date_start_ms(day: date, offset_min: int | None = None) -> int:
    """Return the epoch ms at which a date begins, at an offset from UTC in minutes."""
    return (day - _FIRST_DAY).days * DAY_MS - (offset_min or 0) * MINUTE_MS
