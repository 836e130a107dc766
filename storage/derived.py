"""Writes what was derived for a window: rows that differ and no others, so that deriving again changes nothing.

A day without session, wear or answer has no row, and a week without days none: rows depend on the facts alone, not
on which dates happened to be looked at. `load_window` and `replace` belong in one transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from ..model.calendar import DAY_MS, monday
from ..model.derived import Change, Choice, Day, Derived, Session, Week
from ..model.metrics import METRIC
from ..stream.compute.derive import Window, derive
from ..stream.compute.reasons import GONE, retracted, revised
from ..stream.compute.weeks import week
from . import derived_rows, rows
from .pool import Connection
from .spans import Span
from .surrogates import lock_patient, source_ids
from .windows import extent, load_window

__all__ = ["extent", "load_window", "rederive", "replace"]

_SESSIONS = f"""
select {derived_rows.SESSION_COLUMNS}
from session s join source d on d.id = s.declared_by left join source h on h.id = s.heart_source
where s.patient = %(patient)s and (s.local_date = any(%(dates)s) or s.session = any(%(ids)s))"""  # noqa: S608 - a constant of this package
_DAYS = f"{derived_rows.DAYS} where patient = %(patient)s and local_date = any(%(dates)s)"
_WEEKS = f"{derived_rows.WEEKS} where patient = %(patient)s and monday = any(%(dates)s)"
_PUT_SESSION, _PUT_DAY, _PUT_WEEK, _PUT_CHOICE = (
    f"insert into {table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})"  # noqa: S608 - constants
    for table, columns in (
        ("session", derived_rows.SESSION),
        ("day", derived_rows.DAY),
        ("week", derived_rows.WEEK),
        ("choice", derived_rows.CHOICE),
    )
)
_CHOICES = """
select c.local_date, c.metric, c.start_at as start_ms, c.end_at as end_ms, c.why,
       o.vendor, o.app, o.device, o.device_type, o.method
from choice c join source o on o.id = c.source
where c.patient = %(patient)s and c.local_date = any(%(dates)s) order by c.local_date, c.metric, c.start_at"""
_DROP_CHOICES = "delete from choice where patient = %s and local_date = any(%s)"
_DROP_SESSIONS = "delete from session where patient = %s and session = any(%s)"
_DROP_DAYS = "delete from day where patient = %s and local_date = any(%s)"
_DROP_WEEKS = "delete from week where patient = %s and monday = any(%s)"

PIECE_MS = 28 * DAY_MS


async def replace(conn: Connection, patient: str, window: Window, derived: Derived) -> tuple[Change, ...]:
    """Make the sessions, days and weeks of the window's dates say what was derived; return what changed by that.

    Sessions that started on these dates and are not in `derived` are removed; weeks are added up anew from their
    days. Raises `KeyError` when there is no such patient.
    """
    number = (await lock_patient(conn, patient)).id
    changes = await _sessions(conn, number, window.dates, derived.sessions)
    days = await _days(conn, number, window.dates, derived.days)
    await _choices(conn, number, window.dates, derived.choices)
    return (*changes, *days, *await _weeks(conn, number, window))


async def rederive(conn: Connection, patient: str, since_ms: int = 0) -> tuple[Change, ...]:
    """Derive anew whatever began at or after an instant: for a new profile, zone or algorithm, when no fact is new.

    A few weeks at a time, so that years of samples do not have to fit in memory.
    """
    whole = await extent(conn, patient)
    if whole is None or whole.end_ms < since_ms:
        return ()
    changes: list[Change] = []
    for start in range(max(whole.start_ms, since_ms), whole.end_ms + 1, PIECE_MS):
        piece = Span(start_ms=start, end_ms=min(start + PIECE_MS, whole.end_ms))
        window = await load_window(conn, patient, [piece])
        changes += await replace(conn, patient, window, derive(window))
    return tuple(changes)


async def _sessions(conn: Connection, number: int, dates: Sequence[date], new: Sequence[Session]) -> list[Change]:
    asked = {"patient": number, "dates": list(dates), "ids": [s.id for s in new]}
    old = {s.id: s for s in await rows.fetch(conn, _SESSIONS, asked, derived_rows.read_session)}
    wanted = {s.id: s for s in new}
    put = [s for s in new if old.get(s.id) != s]
    drop = [id_ for id_ in old if id_ not in wanted]
    await _drop(conn, _DROP_SESSIONS, number, [*drop, *(s.id for s in put if s.id in old)])
    sources = await source_ids(conn, {source for s in put for source in (s.declared_by, s.heart_source) if source})
    await _put(conn, _PUT_SESSION, [derived_rows.session_row(number, s, sources) for s in put])
    return [
        *(_session_change(old.get(s.id), s) for s in put),
        *(Change(what="session.retracted", key=id_, reason=retracted(old[id_], new)) for id_ in sorted(drop)),
    ]


async def _days(conn: Connection, number: int, dates: Sequence[date], new: Iterable[Day]) -> list[Change]:
    old = {
        d.local_date: d
        for d in await rows.fetch(conn, _DAYS, {"patient": number, "dates": list(dates)}, derived_rows.read_day)
    }
    wanted = {d.local_date: d for d in new if d.sessions or d.wear_min or d.answered}
    put = [d for key, d in sorted(wanted.items()) if old.get(key) != d]
    drop = sorted(old.keys() - wanted.keys())
    gone = [*drop, *(d.local_date for d in put if d.local_date in old)]
    await _drop(conn, _DROP_DAYS, number, gone)
    await _put(conn, _PUT_DAY, [derived_rows.day_row(number, d) for d in put])
    return [
        _changed("day.revised", d, old.get(d), wanted.get(d)) for d in sorted({*drop, *(d.local_date for d in put)})
    ]


async def _weeks(conn: Connection, number: int, window: Window) -> list[Change]:
    mondays = sorted({monday(day) for day in window.dates})
    asked = {"patient": number, "dates": mondays}
    old = {w.monday: w for w in await rows.fetch(conn, _WEEKS, asked, derived_rows.read_week)}
    dates = [first + timedelta(days=n) for first in mondays for n in range(7)]
    days = await rows.fetch(conn, _DAYS, {"patient": number, "dates": dates}, derived_rows.read_day)
    wanted = {first: week(first, days) for first in sorted({monday(day.local_date) for day in days})}
    put = [w for first, w in wanted.items() if old.get(first) != w]
    drop = sorted(old.keys() - wanted.keys())
    await _drop(conn, _DROP_WEEKS, number, [*drop, *(w.monday for w in put if w.monday in old)])
    await _put(conn, _PUT_WEEK, [derived_rows.week_row(number, w) for w in put])
    return [_changed("week.revised", w, old.get(w), wanted.get(w)) for w in sorted({*drop, *(w.monday for w in put)})]


async def _choices(conn: Connection, number: int, dates: Sequence[date], new: Sequence[Choice]) -> None:
    """Write anew the dates on which another source speaks; no event tells of it, for days and sessions do."""
    asked = {"patient": number, "dates": list(dates)}
    old = _by_date(await rows.fetch(conn, _CHOICES, asked, derived_rows.read_choice))
    wanted = _by_date(new)
    apart = [day for day in dates if old.get(day) != wanted.get(day)]
    sources = await source_ids(conn, {choice.source for day in apart for choice in wanted.get(day, ())})
    await _drop(conn, _DROP_CHOICES, number, [day for day in apart if day in old])
    put = [derived_rows.choice_row(number, choice, sources) for day in apart for choice in wanted.get(day, ())]
    await _put(conn, _PUT_CHOICE, put)


def _by_date(choices: Iterable[Choice]) -> dict[date, list[Choice]]:
    found: dict[date, list[Choice]] = {}
    for choice in sorted(choices, key=lambda c: (c.local_date, METRIC[c.metric].id, c.start_ms)):
        found.setdefault(choice.local_date, []).append(choice)
    return found


async def _put(conn: Connection, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    if values:
        async with conn.cursor() as cursor:
            await cursor.executemany(statement.encode(), values)


async def _drop(conn: Connection, statement: str, number: int, keys: Sequence[date] | Sequence[str]) -> None:
    if keys:
        await conn.execute(statement.encode(), [number, list(keys)])


def _session_change(old: Session | None, new: Session) -> Change:
    what = "session.created" if old is None else "session.revised"
    return Change(what=what, key=new.id, reason=revised(old, new))


def _changed(what: str, key: date, old: Day | Week | None, new: Day | Week | None) -> Change:
    return Change(what=what, key=key.isoformat(), reason=GONE if new is None else revised(old, new))
