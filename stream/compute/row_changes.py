"""Compares derived rows with the stored rows: what to write, to remove and to announce.

Rows are identified by (patient id, key), where the key is a session's id, a date or a Monday. A
date of which nothing is known gets no row, and neither does a week without days. So rows depend on
the facts alone, and not on which dates happened to be derived.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar

from model.calendar import monday
from model.derived.changes import Derived, DerivedChange
from model.derived.days import Day, Week
from model.derived.sessions import Session, SourceSelection
from model.metrics import METRIC
from stream.compute.reasons import REASON_GONE, retraction_reason, revision_reason
from stream.compute.weeks import week_of_days

_Row = TypeVar("_Row")
RowKey: TypeAlias = tuple[int, Any]
DerivedRows: TypeAlias = Mapping[int, Derived]  # by patient id
PatientChange: TypeAlias = tuple[int, DerivedChange]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges(Generic[_Row]):
    """Rows to write by key, keys to remove, and changes to announce with the patient's id."""

    put: Mapping[RowKey, _Row]
    drop: Sequence[RowKey]
    changes: tuple[PatientChange, ...] = ()


def session_changes(old: Mapping[RowKey, Session], derived: DerivedRows) -> RowChanges[Session]:
    """Compare the derived sessions with the stored sessions of the same dates."""
    put, drop = _difference(old, session_rows_by_key(derived))
    changes: list[PatientChange] = []
    for key, session in put.items():
        before = old.get(key)
        what = "session.created" if before is None else "session.revised"
        changes.append(
            (key[0], DerivedChange(what=what, key=key[1], reason=revision_reason(before, session)))
        )
    for key in drop:
        reason = retraction_reason(old[key], derived[key[0]].sessions)
        changes.append((key[0], DerivedChange(what="session.retracted", key=key[1], reason=reason)))
    return RowChanges(put=put, drop=drop, changes=tuple(changes))


def session_rows_by_key(derived: DerivedRows) -> dict[RowKey, Session]:
    """Return the derived sessions by (patient id, session id)."""
    rows: dict[RowKey, Session] = {}
    for patient, own in derived.items():
        for session in own.sessions:
            rows[patient, session.id] = session
    return rows


def day_changes(
    stored: Mapping[RowKey, Day], derived: DerivedRows, dates: Iterable[tuple[int, date]]
) -> tuple[RowChanges[Day], dict[RowKey, Day]]:
    """Compare the derived days with the stored days.

    `stored` has every day of the weeks that the derived `dates` lie in. Returns the changes, and
    all days of those weeks as they are after the changes; weeks are added up from these.
    """
    old = {key: stored[key] for key in dates if key in stored}
    wanted: dict[RowKey, Day] = {}
    for patient, own in derived.items():
        # A date without anything gets no row, so that rows do not tell which dates were derived.
        for day in filter(_holds_anything, own.days):
            wanted[patient, day.local_date] = day
    put, drop = _difference(old, wanted)
    changes = _dated_changes("day.revised", old, put, drop)
    # A week is the sum of all its days, so the days that were not derived now are needed too.
    after = {key: day for key, day in stored.items() if key not in old} | wanted
    return RowChanges(put=put, drop=drop, changes=changes), after


def week_changes(old: Mapping[RowKey, Week], days: Mapping[RowKey, Day]) -> RowChanges[Week]:
    """Add up weeks from all of their days, and compare them with the stored weeks."""
    by_week: dict[RowKey, list[Day]] = defaultdict(list)
    for (patient, local_date), day in days.items():
        by_week[patient, monday(local_date)].append(day)
    wanted: dict[RowKey, Week] = {}
    for (patient, first), own in by_week.items():
        wanted[patient, first] = week_of_days(first, own)
    put, drop = _difference(old, wanted)
    return RowChanges(put=put, drop=drop, changes=_dated_changes("week.revised", old, put, drop))


def selection_changes(
    old: Mapping[RowKey, Sequence[SourceSelection]], derived: DerivedRows
) -> RowChanges[list[SourceSelection]]:
    """Compare the selected sources with the stored selections, date by date.

    Nothing is announced, because the sessions and days of the same dates are.
    """
    wanted: dict[RowKey, list[SourceSelection]] = defaultdict(list)
    for patient, own in derived.items():
        for selection in sorted(own.source_selections, key=_metric_and_time):
            wanted[patient, selection.local_date].append(selection)
    put: dict[RowKey, list[SourceSelection]] = {}
    drop: list[RowKey] = []
    for key in sorted({*old, *wanted}):
        before, now = old.get(key), wanted.get(key)
        if before == now:
            continue
        if now is not None:
            put[key] = now
        # A date has many rows and is replaced as a unit: it is dropped even where it is put again.
        if before is not None:
            drop.append(key)
    return RowChanges(put=put, drop=drop)


def _holds_anything(day: Day) -> bool:
    # None means that no source stated any steps; 0 is what a source stated.
    counted = day.elapsed_ms or day.wear_min or day.steps is not None
    # A single reading shows no wear, and is a reading all the same.
    measured = day.volume.unknown < day.volume.total
    return bool(day.sessions or counted or measured or day.answered or day.stated)


def _metric_and_time(selection: SourceSelection) -> tuple[int, int]:
    return METRIC[selection.metric].id, selection.start_ms


def _difference(
    old: Mapping[RowKey, _Row], wanted: Mapping[RowKey, _Row]
) -> tuple[dict[RowKey, _Row], list[RowKey]]:
    """Return the rows to write and the keys to remove."""
    # Equal rows are left alone, so deriving the same facts again writes and announces nothing.
    put = {key: row for key, row in wanted.items() if old.get(key) != row}
    return put, sorted(old.keys() - wanted.keys())


def _dated_changes(
    what: str, old: Mapping[RowKey, Any], put: Mapping[RowKey, Any], drop: Sequence[RowKey]
) -> tuple[PatientChange, ...]:
    """Return the changes of dates or Mondays that are written or removed, in order."""
    changes: list[PatientChange] = []
    for patient, key in sorted({*put, *drop}):
        new = put.get((patient, key))
        reason = REASON_GONE if new is None else revision_reason(old.get((patient, key)), new)
        changes.append((patient, DerivedChange(what=what, key=key.isoformat(), reason=reason)))
    return tuple(changes)
