"""Writes what was derived for a window: rows that differ and no others, so that deriving again changes nothing.

A day without session, wear or answer has no row, and a week without days none: rows depend on the facts alone, not
on which dates happened to be looked at. `load_window` and `replace` belong in one transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from ..model import codec
from ..model.calendar import DAY_MS, monday, utc
from ..model.derived import Change, Day, Derived, Session, Week
from ..model.facts import Source
from ..model.intensity import ZoneTimes
from ..stream.compute.derive import Window, derive
from ..stream.compute.weeks import week
from . import rows
from .pool import Connection
from .spans import Span
from .surrogates import lock_patient, source_ids
from .windows import extent, load_window

__all__ = ["extent", "load_window", "read_day", "rederive", "replace"]

_SESSIONS = f"""
select {rows.SESSION_COLUMNS}
from session s join source d on d.id = s.declared_by left join source h on h.id = s.heart_source
where s.patient = %(patient)s and (s.local_date = any(%(dates)s) or s.session = any(%(ids)s))"""  # noqa: S608 - a constant of this package
_DAYS = "select * from day where patient = %(patient)s and local_date = any(%(dates)s)"
_WEEKS = "select * from week where patient = %(patient)s and monday = any(%(dates)s)"
_PUT_SESSION = """
insert into session (patient, session, start_at, end_at, local_date, type, said, declared_by, record, body,
  heart_source, very_light_ms, light_ms, moderate_ms, vigorous_ms, near_max_ms, unknown_ms, limits,
  hr_n, hr_min, hr_mean, hr_max, partial, exertion_cr10, moving_ms, algorithm)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_PUT_DAY = """
insert into day (patient, local_date, sessions, session_ms,
  very_light_ms, light_ms, moderate_ms, vigorous_ms, near_max_ms, unknown_ms, wear_min, answered, algorithm)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_PUT_WEEK = """
insert into week (patient, monday, sessions, session_ms, very_light_ms, light_ms, moderate_ms, vigorous_ms,
  near_max_ms, unknown_ms, dose_min, valid_days, answered_days, known_days, algorithm)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_DROP_SESSIONS = "delete from session where patient = %s and session = any(%s)"
_DROP_DAYS = "delete from day where patient = %s and local_date = any(%s)"
_DROP_WEEKS = "delete from week where patient = %s and monday = any(%s)"

PIECE_MS = 28 * DAY_MS
NEW = "told for the first time"
GONE = "no fact tells of it any more"


async def replace(conn: Connection, patient: str, window: Window, derived: Derived) -> tuple[Change, ...]:
    """Make the sessions, days and weeks of the window's dates say what was derived; return what changed by that.

    Sessions that started on these dates and are not in `derived` are removed; weeks are added up anew from their
    days. Raises `KeyError` when there is no such patient.
    """
    number = (await lock_patient(conn, patient)).id
    changes = await _sessions(conn, number, window.dates, derived.sessions)
    days = await _days(conn, number, window.dates, derived.days)
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
    old = {s.id: s for s in await rows.fetch(conn, _SESSIONS, asked, rows.session)}
    wanted = {s.id: s for s in new}
    put = [s for s in new if old.get(s.id) != s]
    drop = [id_ for id_ in old if id_ not in wanted]
    await _drop(conn, _DROP_SESSIONS, number, [*drop, *(s.id for s in put if s.id in old)])
    sources = await source_ids(conn, {source for s in put for source in (s.declared_by, s.heart_source) if source})
    await _put(conn, _PUT_SESSION, [_session_row(number, s, sources) for s in put])
    return [
        *(_session_change(old.get(s.id), s) for s in put),
        *(Change(what="session.retracted", key=id_, reason=GONE) for id_ in sorted(drop)),
    ]


async def _days(conn: Connection, number: int, dates: Sequence[date], new: Iterable[Day]) -> list[Change]:
    old = {d.local_date: d for d in await rows.fetch(conn, _DAYS, {"patient": number, "dates": list(dates)}, read_day)}
    wanted = {d.local_date: d for d in new if d.sessions or d.wear_min or d.answered}
    put = [d for key, d in sorted(wanted.items()) if old.get(key) != d]
    drop = sorted(old.keys() - wanted.keys())
    gone = [*drop, *(d.local_date for d in put if d.local_date in old)]
    await _drop(conn, _DROP_DAYS, number, gone)
    await _put(conn, _PUT_DAY, [_day_row(number, d) for d in put])
    return [
        _changed("day.revised", d, old.get(d), wanted.get(d)) for d in sorted({*drop, *(d.local_date for d in put)})
    ]


async def _weeks(conn: Connection, number: int, window: Window) -> list[Change]:
    mondays = sorted({monday(day) for day in window.dates})
    asked = {"patient": number, "dates": mondays}
    old = {w.monday: w for w in await rows.fetch(conn, _WEEKS, asked, rows.week)}
    dates = [first + timedelta(days=n) for first in mondays for n in range(7)]
    days = await rows.fetch(conn, _DAYS, {"patient": number, "dates": dates}, read_day)
    wanted = {first: week(first, days) for first in sorted({monday(day.local_date) for day in days})}
    put = [w for first, w in wanted.items() if old.get(first) != w]
    drop = sorted(old.keys() - wanted.keys())
    await _drop(conn, _DROP_WEEKS, number, [*drop, *(w.monday for w in put if w.monday in old)])
    await _put(conn, _PUT_WEEK, [_week_row(number, w) for w in put])
    return [_changed("week.revised", w, old.get(w), wanted.get(w)) for w in sorted({*drop, *(w.monday for w in put)})]


async def _put(conn: Connection, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    if values:
        async with conn.cursor() as cursor:
            await cursor.executemany(statement.encode(), values)


async def _drop(conn: Connection, statement: str, number: int, keys: Sequence[date] | Sequence[str]) -> None:
    if keys:
        await conn.execute(statement.encode(), [number, list(keys)])


def _session_row(number: int, s: Session, sources: dict[Source, int]) -> tuple[Any, ...]:
    limits = Jsonb(codec.plain(s.limits), dumps=codec.dumps)
    told = (
        sources[s.declared_by],
        s.record,
        bytes.fromhex(s.body),
        sources[s.heart_source] if s.heart_source else None,
    )
    heart = (s.heart.n, s.heart.minimum, s.heart.mean, s.heart.maximum)
    when = (utc(s.start_ms), utc(s.end_ms), s.local_date)
    rest = (s.partial, s.exertion_cr10, s.moving_ms, s.algorithm)
    return (number, s.id, *when, s.type, s.said, *told, *s.zones.as_tuple(), limits, *heart, *rest)


def _day_row(number: int, d: Day) -> tuple[Any, ...]:
    rest = (d.wear_min, d.answered, d.algorithm)
    return (number, d.local_date, d.sessions, d.session_ms, *d.zones.as_tuple(), *rest)


def _week_row(number: int, w: Week) -> tuple[Any, ...]:
    rest = (w.dose_min, w.valid_days, w.answered_days, w.known_days, w.algorithm)
    return (number, w.monday, w.sessions, w.session_ms, *w.zones.as_tuple(), *rest)


def read_day(row: rows.Row) -> Day:
    """Return one day from its row."""
    plain = ("local_date", "sessions", "session_ms", "wear_min", "answered", "algorithm")
    return Day(
        zones=ZoneTimes(**{f.name: row[f"{f.name}_ms"] for f in fields(ZoneTimes)}), **{n: row[n] for n in plain}
    )


def _session_change(old: Session | None, new: Session) -> Change:
    what = "session.created" if old is None else "session.revised"
    return Change(what=what, key=new.id, reason=_reason(old, new))


def _changed(what: str, key: date, old: Day | Week | None, new: Day | Week | None) -> Change:
    return Change(what=what, key=key.isoformat(), reason=GONE if new is None else _reason(old, new))


def _reason(old: Session | Day | Week | None, new: Session | Day | Week) -> str:
    """Name the columns that differ; never a value, which would be health data in an event's reason."""
    if old is None:
        return NEW
    differing = [f.name for f in fields(new) if getattr(old, f.name) != getattr(new, f.name)]
    return f"changed: {', '.join(differing)}"
