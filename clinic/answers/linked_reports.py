"""Which reports belong to a session: those that name it, and others by their time. Pure.

It is the definition by which the rules read answers about pain (`model.answered_session`).
"""

from collections.abc import Iterator
from dataclasses import replace

from model.answered_session import answered_sessions
from model.facts import MARKS
from storage.reads.shown_values import ReportRow, SessionSheet

_MARKS = frozenset(instrument.value for instrument in MARKS)


def linked_reports(sheet: SessionSheet) -> tuple[ReportRow, ...]:
    """Return the reports of a session, in their order.

    The `session` of a row is the session's record where the report names it or declares it, else
    "". A report that belongs to another session by its time is left out.
    """
    return tuple(_linked(sheet))


def _linked(sheet: SessionSheet) -> Iterator[ReportRow]:
    record = sheet.session.record
    near = answered_sessions([row.at_ms for row in sheet.reports], sheet.near)
    for row in sheet.reports:
        owner = near[row.at_ms]
        if record in (row.session, row.record):
            yield replace(row, session=record)
        # the time of a mark is that of its session, as it was selected
        elif row.instrument in _MARKS or (owner is not None and owner.id == sheet.session.id):
            yield replace(row, session="")
