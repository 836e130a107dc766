"""What several readers of JSON exports share: documents, totals of dates, the part that they yield.

Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from model.calendar import DAY_MS
from model.codec import loads
from model.errors import BodyError
from model.facts import DaySummary, RejectKind, Source
from model.received import Part
from parsers.bounds import MOST_RECORDS, readable
from parsers.fields import Unreadable, check_width, head, object_of
from parsers.growing import size_of_totals
from parsers.phone.collected import Collected

_EPOCH_DAY = date(1970, 1, 1).toordinal()


def parsed_json(payload: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the JSON value that a file holds; BodyError where it is none, or has too many."""
    check_width(payload)
    try:
        return loads(payload.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise BodyError("@0", "not JSON") from error


def each_entry(
    entries: object, where: str, into: Collected, add: Callable[[Any, Collected], None]
) -> None:
    """Add each entry of a list; one that cannot be read is refused alone."""
    if not isinstance(entries, list):
        raise BodyError(where or "@0", "not a list")
    if len(entries) > MOST_RECORDS:
        raise BodyError(where or "body", f"more than {MOST_RECORDS} entries", RejectKind.TOO_MUCH)
    for index, entry in enumerate(entries):
        try:
            add(object_of(entry, ""), into)
        except Unreadable as error:
            into.refused.add(where, index, error)


def day_total(source: Source, kind: str, day: date, values: Mapping[str, float]) -> DaySummary:
    """Return the totals of a local date, whose offset nobody states.

    `kind` sets apart what a source states of a date in several places. Totals grow during the day,
    so their size is their revision; a figure that does not grow has none.
    """
    start_ms = (day.toordinal() - _EPOCH_DAY) * DAY_MS
    if not readable(start_ms):
        raise Unreadable("date", "not between the years 2000 and 2100", RejectKind.RANGE)
    size, span = size_of_totals(values), (start_ms, start_ms + DAY_MS)
    fact_head = head(source, f"{kind}:{day}", size, span, None)
    return DaySummary(head=fact_head, local_date=day, values=dict(values))


def only_part(into: Collected) -> Iterator[Part]:
    """Yield what was collected as the part of the account that the envelope knows."""
    try:
        series = tuple(into.series.stream())
    except Unreadable as error:
        series = ()
        into.refused.add("", None, error)
    yield Part(account="", facts=(*into.facts, *series), rejects=into.refused.rejects())
