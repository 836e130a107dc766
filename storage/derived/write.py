"""Writes what was derived for windows: rows that differ and no others, so that deriving again changes nothing.

A day of which nobody tells anything has no row, and a week without days none: rows depend on the facts alone, not
on which dates happened to be looked at. `load_windows` and `replace_all` belong in one transaction, and take a fixed
number of statements, whatever the number of patients.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from model.calendar import DAY_MS, monday
from model.derived import Day, Derived, DerivedChange, SourceSelection, Week
from model.metrics import METRIC
from model.spans import Span
from model.window import Window
from storage.derived import derived_rows, derived_tables
from storage.derived.derived_tables import Key
from storage.derived.load import extent, load_window, load_windows
from storage.derived.window_samples import Fresh
from storage.facts import samples
from storage.facts.ids import lock_patients, source_ids
from storage.facts.writer import Written
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.compute.reasons import REASON_GONE, retraction_reason, revision_reason
from stream.compute.weeks import week_of_days

__all__ = ["extent", "load_window", "load_windows", "rederive", "replace", "replace_all", "settle"]

PIECE_MS = 28 * DAY_MS
TOGETHER = 32  # patients whose windows are in memory at once

T = TypeVar("T")
_Of: TypeAlias = Mapping[int, tuple[Window, Derived]]
_Changes: TypeAlias = dict[int, list[DerivedChange]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of a batch: changes by patient, sample rows offered to the table, and rows and dates derived from."""

    changes: Mapping[str, tuple[DerivedChange, ...]]
    offered: int
    read: int
    dates: int


async def settle(conn: Connection, written: Written) -> Settled:
    """Write the samples that `put_facts` left over, and derive anew all that the batch touched.

    What is written is not read back, except where some of it was there already: then what stands decides.
    """
    both, read = await _derived(conn, written.touched, written.fresh)
    offered = await samples.write(conn, [item.put for item in written.fresh])
    if not offered.all_new:
        both, read = await _derived(conn, written.touched)
    changes = await replace_all(conn, both) if both else {}
    return Settled(
        changes=changes,
        offered=offered.rows,
        read=read,
        dates=sum(len(window.dates) for window, _ in both),
    )


async def _derived(
    conn: Connection, touched: Mapping[str, Sequence[Span]], fresh: Sequence[Fresh] = ()
) -> tuple[list[tuple[Window, Derived]], int]:
    """Return what each patient's window says, the window without its samples, and how many samples there were.

    The samples of a few patients at a time are in memory: a day of one may be hundreds of thousands.
    """
    matches: list[tuple[Window, Derived]] = []
    read = 0
    patients = list(touched)
    for start in range(0, len(patients), TOGETHER):
        some = {patient: touched[patient] for patient in patients[start : start + TOGETHER]}
        windows = await load_windows(conn, some, fresh)
        read += sum(len(column.t) for window in windows for column in window.columns)
        matches += [(dataclasses.replace(window, columns=()), derive(window)) for window in windows]
    return matches, read


async def replace_all(
    conn: Connection, both: Sequence[tuple[Window, Derived]]
) -> dict[str, tuple[DerivedChange, ...]]:
    """Make the rows of each window's dates say what was derived; return what changed by that, by patient.

    One window a patient. Sessions that started on these dates and are not derived any more are removed; weeks are
    added up anew from their days. Raises `KeyError` when there is no such patient.
    """
    known = await lock_patients(conn, [window.patient for window, _ in both])
    of = {known[window.patient].id: (window, derived) for window, derived in both}
    changes: _Changes = {number: [] for number in of}
    await _sessions(conn, of, changes)
    await _weeks(conn, of, await _days(conn, of, changes), changes)
    await _choices(conn, of)
    return {window.patient: tuple(changes[number]) for number, (window, _) in of.items()}


async def replace(
    conn: Connection, patient: str, window: Window, derived: Derived
) -> tuple[DerivedChange, ...]:
    """Do for the window of one patient what `replace_all` does."""
    return (await replace_all(conn, [(window, derived)]))[patient]


async def rederive(
    conn: Connection, patient: str, since_ms: int = 0, margin_ms: int = 0
) -> tuple[DerivedChange, ...]:
    """Derive anew whatever began at or after an instant: for a new profile, zone or algorithm, when no fact is new.

    A few weeks at a time, so that years of samples do not have to fit in memory. `margin_ms` reaches beyond the first
    and the last fact, to dates that only had facts in another zone.
    """
    total = await extent(conn, patient)
    if total is None or total.end_ms < since_ms:
        return ()
    changes: list[DerivedChange] = []
    last = total.end_ms + margin_ms
    for start in range(max(total.start_ms - margin_ms, since_ms), last + 1, PIECE_MS):
        piece = Span(start_ms=start, end_ms=min(start + PIECE_MS, last))
        window = await load_window(conn, patient, [piece])
        changes += await replace(conn, patient, window, derive(window))
    return tuple(changes)


async def _sessions(conn: Connection, of: _Of, changes: _Changes) -> None:
    wanted = {(number, s.id): s for number, (_, derived) in of.items() for s in derived.sessions}
    old = await derived_tables.sessions(conn, _dates(of), wanted)
    put, drop = _difference(old, wanted)
    for (number, id_), session in put.items():
        stood = old.get((number, id_))
        what = "session.created" if stood is None else "session.revised"
        changes[number].append(
            DerivedChange(what=what, key=id_, reason=revision_reason(stood, session))
        )
    for number, id_ in drop:
        reason = retraction_reason(old[number, id_], of[number][1].sessions)
        changes[number].append(DerivedChange(what="session.retracted", key=id_, reason=reason))
    result = {source for s in put.values() for source in (s.declared_by, s.heart_source) if source}
    sources = await source_ids(conn, result) if result else {}
    rows = [derived_rows.session_row(number, s, sources) for (number, _), s in put.items()]
    await derived_tables.write(conn, derived_tables.SESSION, drop, rows)


async def _days(conn: Connection, of: _Of, changes: _Changes) -> Mapping[Key, Day]:
    """Replace the days, and return all days of the weeks that the windows touch, as they stand then."""
    stood = await derived_tables.days(conn, _mondays(of))
    old = {
        (number, day): item for (number, day), item in stood.items() if day in of[number][0].dates
    }
    every = [(number, day) for number, (_, derived) in of.items() for day in derived.days]
    wanted = {(number, d.local_date): d for number, d in every if _says_something(d)}
    put, drop = _difference(old, wanted)
    _tell("day.revised", old, put, drop, changes)
    rows = [derived_rows.day_row(number, day) for (number, _), day in put.items()]
    await derived_tables.write(conn, derived_tables.DAY, drop, rows)
    return {key: day for key, day in stood.items() if key not in old} | wanted


async def _weeks(conn: Connection, of: _Of, days: Mapping[Key, Day], changes: _Changes) -> None:
    old = await derived_tables.weeks(conn, _mondays(of))
    by_week: dict[Key, list[Day]] = defaultdict(list)
    for (number, day), item in days.items():
        by_week[number, monday(day)].append(item)
    wanted = {(number, first): week_of_days(first, own) for (number, first), own in by_week.items()}
    put, drop = _difference(old, wanted)
    _tell("week.revised", old, put, drop, changes)
    rows = [derived_rows.week_row(number, entry) for (number, _), entry in put.items()]
    await derived_tables.write(conn, derived_tables.WEEK, drop, rows)


async def _choices(conn: Connection, of: _Of) -> None:
    """Write anew the dates on which another source speaks; no event tells of it, for days and sessions do."""
    old = await derived_tables.choices(conn, _dates(of))
    wanted = _by_date(
        (number, choice)
        for number, (_, derived) in of.items()
        for choice in derived.source_selections
    )
    apart = [key for key in sorted({*old, *wanted}) if old.get(key) != wanted.get(key)]
    put = [(key[0], choice) for key in apart for choice in wanted.get(key, ())]
    sources = await source_ids(conn, {choice.source for _, choice in put}) if put else {}
    rows = [derived_rows.choice_row(number, choice, sources) for number, choice in put]
    await derived_tables.write(
        conn, derived_tables.CHOICE, [key for key in apart if key in old], rows
    )


def _says_something(day: Day) -> bool:
    counted = day.session_ms or day.wear_min or day.steps is not None
    return bool(day.sessions or counted or day.answered or day.stated)


def _by_date(choices: Iterable[tuple[int, SourceSelection]]) -> dict[Key, list[SourceSelection]]:
    values: dict[Key, list[SourceSelection]] = {}
    for number, choice in sorted(
        choices, key=lambda one: (one[0], METRIC[one[1].metric].id, one[1].start_ms)
    ):
        values.setdefault((number, choice.local_date), []).append(choice)
    return values


def _dates(of: _Of) -> list[Key]:
    return [(number, day) for number, (window, _) in of.items() for day in window.dates]


def _mondays(of: _Of) -> list[Key]:
    return sorted({(number, monday(day)) for number, day in _dates(of)})


def _difference(old: Mapping[Key, T], wanted: Mapping[Key, T]) -> tuple[dict[Key, T], list[Key]]:
    """Return what to write and the keys to remove."""
    put = {key: item for key, item in wanted.items() if old.get(key) != item}
    return put, sorted(old.keys() - wanted.keys())


def _tell(
    what: str,
    old: Mapping[Key, Any],
    put: Mapping[Key, Day] | Mapping[Key, Week],
    drop: Collection[Key],
    changes: _Changes,
) -> None:
    """Say which dates or Mondays were written or removed, and why."""
    for number, key in sorted({*put, *drop}):
        new = put.get((number, key))
        reason = REASON_GONE if new is None else revision_reason(old.get((number, key)), new)
        changes[number].append(DerivedChange(what=what, key=key.isoformat(), reason=reason))
