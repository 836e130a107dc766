"""Replaces derived rows: rows that differ from the new result are written, and no others.

So deriving the same facts again changes nothing. Loading the windows and replacing the rows belong
in one transaction. The number of statements does not depend on the number of patients.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import product
from typing import Any, TypeVar

from model.calendar import monday
from model.columns.window import Window
from model.derived.changes import Derived, DerivedChange
from model.derived.sessions import Session, SourceSelection
from model.facts import Source
from storage.derived import derived_tables, row_conversion
from storage.facts.ids import lock_patients, source_ids
from storage.pg.pool import Connection
from stream.compute import row_changes
from stream.compute.row_changes import DerivedRows, PatientChange, RowKey

WindowResult = tuple[Window, Derived]  # the window's samples are not used
_T = TypeVar("_T")
_Dates = Sequence[tuple[int, date]]  # (patient id, local date)


async def replace_rows(
    conn: Connection, results: Sequence[WindowResult]
) -> dict[str, tuple[DerivedChange, ...]]:
    """Make the stored rows of each window's dates equal the derived rows; return the changes.

    Each patient has one window. Sessions of these dates that are no longer derived are removed.
    Weeks are computed again from their days. The changes are by pseudonym, () for a patient without
    any. Raises `KeyError` for a patient who does not exist.
    """
    # Locked at once and in the order of ids, so that two batches cannot wait for each other.
    known = await lock_patients(conn, [window.patient for window, _ in results])
    derived: dict[int, Derived] = {}
    dates: list[tuple[int, date]] = []
    for window, rows in results:
        number = known[window.patient].id
        derived[number] = rows
        dates += product((number,), window.dates)
    changes = [
        *await _replace_sessions(conn, derived, dates),
        *await _replace_days_and_weeks(conn, derived, dates),
    ]
    # Selections announce nothing: the sessions and days that rest on them do.
    await _replace_selections(conn, derived, dates)
    by_patient: dict[int, list[DerivedChange]] = defaultdict(list)
    for number, change in changes:
        by_patient[number].append(change)
    by_name: dict[str, tuple[DerivedChange, ...]] = {}
    for window, _ in results:
        by_name[window.patient] = tuple(by_patient[known[window.patient].id])
    return by_name


async def replace_window(
    conn: Connection, window: Window, derived: Derived
) -> tuple[DerivedChange, ...]:
    """Do for the window of one patient what `replace_rows` does, and return what changed."""
    return (await replace_rows(conn, [(window, derived)]))[window.patient]


async def _replace_sessions(
    conn: Connection, derived: DerivedRows, dates: _Dates
) -> Iterable[PatientChange]:
    # by id as well: a session that moved to another date is still stored under its old date
    ids = row_changes.session_rows_by_key(derived)
    old = await derived_tables.stored_sessions(conn, dates, ids)
    differing = row_changes.session_changes(old, derived)
    named = _sources_of(differing.put.values())
    # often no session differs, and then there is nothing to look up
    sources = await source_ids(conn, named) if named else {}
    rows = _rows(partial(row_conversion.session_row, source_ids=sources), differing.put)
    await derived_tables.write_derived(conn, derived_tables.SESSION_TABLE, differing.drop, rows)
    return differing.changes


def _sources_of(sessions: Iterable[Session]) -> set[Source]:
    sources: set[Source] = set()
    for session in sessions:
        sources.add(session.declared_by)
        if session.heart_source is not None:
            sources.add(session.heart_source)
    return sources


async def _replace_days_and_weeks(
    conn: Connection, derived: DerivedRows, dates: _Dates
) -> Iterable[PatientChange]:
    # days are read for full weeks: a week is the sum of all its days, derived now or stored before
    mondays = sorted({(number, monday(day)) for number, day in dates})
    stored = await derived_tables.stored_days(conn, mondays)
    days, after = row_changes.day_changes(stored, derived, dates)
    rows = _rows(row_conversion.day_row, days.put)
    await derived_tables.write_derived(conn, derived_tables.DAY_TABLE, days.drop, rows)
    weeks = row_changes.week_changes(await derived_tables.stored_weeks(conn, mondays), after)
    rows = _rows(row_conversion.week_row, weeks.put)
    await derived_tables.write_derived(conn, derived_tables.WEEK_TABLE, weeks.drop, rows)
    return (*days.changes, *weeks.changes)


async def _replace_selections(conn: Connection, derived: DerivedRows, dates: _Dates) -> None:
    old = await derived_tables.stored_selections(conn, dates)
    differing = row_changes.selection_changes(old, derived)
    put: list[tuple[int, SourceSelection]] = []
    for (number, _), selections in differing.put.items():
        put += product((number,), selections)
    sources = await source_ids(conn, {item.source for _, item in put}) if put else {}
    rows = [row_conversion.selection_row(number, item, sources) for number, item in put]
    await derived_tables.write_derived(conn, derived_tables.SELECTION_TABLE, differing.drop, rows)


def _rows(
    row_of: Callable[[int, _T], Mapping[str, Any]], put: Mapping[RowKey, _T]
) -> list[Mapping[str, Any]]:
    """Return the table's row for each derived row to write; keys begin with the patient's id."""
    return [row_of(key[0], derived) for key, derived in put.items()]
