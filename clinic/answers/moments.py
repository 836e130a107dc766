"""Reads `from` and `to` of a question: dates of the patient's or instants. Pure, without a clock.

A date means all of that date in the patient's zone: as `from` it begins at its first instant, as
`to` it ends with its last. So `from=2026-11-23&to=2026-11-23` is exactly that day. An instant as
`to` is not included.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from model.calendar import FIRST_DATE, LAST_DATE, epoch_ms, local_date, midnight
from model.schemas.from_types import DATE, DATE_PATTERN

FIRST_YEAR, LAST_YEAR = FIRST_DATE.year, LAST_DATE.year
DATE_WANTED = "must be a date such as 2026-11-23"
MOMENT_WANTED = f"{DATE_WANTED}, or an instant with its offset such as 2026-11-23T08:00:00Z"
# Python alone reads many more forms, such as 20261123, which a client must not rely on.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    _DATE.pattern + r"[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_INSTANT_SCHEMA = {
    "type": "string",
    "format": "date-time",
    "pattern": DATE_PATTERN.removesuffix("$")
    + r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$",
}


class QueryParamsError(ValueError):
    """A question cannot be answered as it is put; the text is a plain reason for the client."""


def moment(value: object) -> date | datetime:
    """Return a date, or an instant in UTC, from its text. Raises ValueError with a plain reason."""
    # A date that a program passes has been read already.
    if isinstance(value, datetime | date):
        return value
    text = value if isinstance(value, str) else ""
    if not (_DATE.fullmatch(text) or _INSTANT.fullmatch(text)):
        raise ValueError(MOMENT_WANTED)
    # Checked before parsing: shifting an instant of year 1 or 9999 to UTC would overflow.
    if not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise ValueError(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}")
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        # RFC 3339 allows a small z, which `fromisoformat` does not read.
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError as error:
        raise ValueError("is not a date or time that exists") from error


def _day(value: object) -> date:
    """Return a date from its text. Raises ValueError with a plain reason."""
    day = moment(value)
    # A datetime is a date too, and would pass for one from here on.
    if isinstance(day, datetime):
        raise ValueError(DATE_WANTED)  # noqa: TRY004 - pydantic reads ValueError
    return day


MomentParam: TypeAlias = Annotated[
    date | datetime | None,
    PlainValidator(moment),
    WithJsonSchema({"anyOf": [DATE, _INSTANT_SCHEMA]}),
]
MomentBounds: TypeAlias = tuple[date | datetime | None, date | datetime | None]
DateParam: TypeAlias = Annotated[date | None, PlainValidator(_day), WithJsonSchema(DATE)]


def begins(value: date | datetime, zone: str) -> int:
    """Return the epoch ms at which `from` begins."""
    return epoch_ms(value) if isinstance(value, datetime) else midnight(value, zone)


def ends(value: date | datetime, zone: str) -> int:
    """Return the epoch ms at which `to` ends, not included."""
    return (
        epoch_ms(value)
        if isinstance(value, datetime)
        # The next midnight, not 24 hours later: the clocks may change on this date.
        else midnight(value + timedelta(days=1), zone)
    )


def checked_span(start_ms: int, end_ms: int) -> tuple[int, int]:
    """Return [start, end) as given. Raises `QueryParamsError` when the span is empty."""
    if start_ms >= end_ms:
        raise QueryParamsError("`from` must be before `to`")
    return start_ms, end_ms


def require_order(first: date, last: date) -> None:
    """Raise `QueryParamsError` when the first date is after the last."""
    if first > last:
        raise QueryParamsError("`from` must not be after `to`")


def checked_dates(
    first: date | None, last: date | None, now_ms: int, zone: str, back: int, most: int
) -> list[date]:
    """Return every date from `first` to `last`, both included.

    Without `last` the range ends today, in `zone`; without `first` it begins `back` days before its
    end. Raises `QueryParamsError` when `first` is after `last`, and above `most` dates.
    """
    end = last or local_date(now_ms, zone)
    start = first or end - timedelta(days=back)
    require_order(start, end)
    if (end - start).days >= most:
        raise QueryParamsError(f"at most {most} days are answered at a time")
    return every_date(start, end)


def every_date(first: date, last: date) -> list[date]:
    """Return the dates from `first` to `last`, both included; none when `first` is after `last`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
