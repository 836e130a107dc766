"""Replaces derived rows: rows that differ from the new result are written, and no others.

So deriving the same facts again changes nothing. Loading the windows and replacing the rows belong
in one transaction. The number of statements does not depend on the number of patients.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from model.calendar import monday
from model.columns.window import Window
from model.derived import Derived, DerivedChange, SourceSelection
from storage.derived import derived_rows, derived_tables
from storage.facts.ids import lock_patients, source_ids
from storage.pg.pool import Connection
from stream.compute import row_changes
from stream.compute.row_changes import DerivedRows, PatientChange

WindowResult = tuple[Window, Derived]  # the window's samples are not used
_Dates = Sequence[tuple[int, date]]  # (patient id, local date)


async def replace_rows(
    conn: Connection, results: Sequence[WindowResult]
) -> dict[str, tuple[DerivedChange, ...]]:
    """Make the stored rows of each window's dates equal the derived rows; return the changes.

    Each patient has one window. Sessions of these dates that are no longer derived are removed.
    Weeks are computed again from their days. The changes are by pseudonym, () for a patient without
    any. Raises `KeyError` for a patient who does not exist.
    """
    known = await lock_patients(conn, [window.patient for window, _ in results])
    numbers = {known[window.patient].id: window.patient for window, _ in results}
    derived = {known[window.patient].id: derived for window, derived in results}
    dates: list[tuple[int, date]] = []
    for window, _ in results:
        dates += [(known[window.patient].id, day) for day in window.dates]
    changes = [
        *await _replace_sessions(conn, derived, dates),
        *await _replace_days_and_weeks(conn, derived, dates),
    ]
    await _replace_selections(conn, derived, dates)
    by_patient: dict[int, list[DerivedChange]] = defaultdict(list)
    for number, change in changes:
        by_patient[number].append(change)
    return {name: tuple(by_patient[number]) for number, name in numbers.items()}


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
    sessions = differing.put.values()
    named = {session.declared_by for session in sessions}
    named |= {session.heart_source for session in sessions if session.heart_source}
    sources = await source_ids(conn, named) if named else {}
    rows = [derived_rows.session_row(n, s, sources) for (n, _), s in differing.put.items()]
    await derived_tables.write_derived(conn, derived_tables.SESSION_TABLE, differing.drop, rows)
    return differing.changes


async def _replace_days_and_weeks(
    conn: Connection, derived: DerivedRows, dates: _Dates
) -> Iterable[PatientChange]:
    # days are read for full weeks: a week is the sum of all its days, derived now or stored before
    mondays = sorted({(number, monday(day)) for number, day in dates})
    stored = await derived_tables.stored_days(conn, mondays)
    days, after = row_changes.day_changes(stored, derived, dates)
    rows = [derived_rows.day_row(number, day) for (number, _), day in days.put.items()]
    await derived_tables.write_derived(conn, derived_tables.DAY_TABLE, days.drop, rows)
    weeks = row_changes.week_changes(await derived_tables.stored_weeks(conn, mondays), after)
    rows = [derived_rows.week_row(number, week) for (number, _), week in weeks.put.items()]
    await derived_tables.write_derived(conn, derived_tables.WEEK_TABLE, weeks.drop, rows)
    return (*days.changes, *weeks.changes)


async def _replace_selections(conn: Connection, derived: DerivedRows, dates: _Dates) -> None:
    old = await derived_tables.stored_selections(conn, dates)
    differing = row_changes.selection_changes(old, derived)
    put: list[tuple[int, SourceSelection]] = []
    for (number, _), selections in differing.put.items():
        put += [(number, selection) for selection in selections]
    sources = await source_ids(conn, {item.source for _, item in put}) if put else {}
    rows = [derived_rows.selection_row(number, item, sources) for number, item in put]
    await derived_tables.write_derived(conn, derived_tables.SELECTION_TABLE, differing.drop, rows)
