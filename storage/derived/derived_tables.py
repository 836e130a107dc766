"""Reads derived rows by key and writes them, for many patients in one statement.

Rows to write are sent as one JSON text, which the server converts to the types of the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from model import codec
from model.calendar import epoch_ms
from model.derived.days import Day, Week
from model.derived.sessions import Session, SourceSelection
from model.spans import Span
from storage.derived import row_conversion
from storage.pg import rows
from storage.pg.pool import Connection

_T = TypeVar("_T")
_Key: TypeAlias = tuple[int, Any]  # a patient's id, and a session's id, a date or a Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedTable:
    """A table of derived rows and its columns.

    `key` is the column that, with the patient, selects rows to remove. `unique` are the columns of
    the primary key.
    """

    name: str
    key: str
    key_type: str
    columns: tuple[str, ...]
    unique: tuple[str, ...]

    @property
    def put(self) -> bytes:
        """Return the statement that writes rows and replaces those with the same primary key."""
        names = ", ".join(self.columns)
        changed = (name for name in self.columns if name not in self.unique)
        updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
        # one text for all rows: the server knows the types of the columns, psycopg need not
        source = f"json_populate_recordset(null::{self.name}, %s::json)"
        conflict = f"on conflict ({', '.join(self.unique)}) do update set {updates}"
        return (
            f"insert into {self.name} ({names}) "  # noqa: S608 - names of this file
            f"select {names} from {source} {conflict}"
        ).encode()

    @property
    def drop(self) -> bytes:
        """Return the statement that removes rows by (patient, key)."""
        keys = f"unnest(%s::int[], %s::{self.key_type}[]) as k (patient, key)"
        where = f"t.patient = k.patient and t.{self.key} = k.key"
        return (
            f"delete from {self.name} t using {keys} "  # noqa: S608 - names of this file
            f"where {where}"
        ).encode()


SESSION_TABLE = DerivedTable(
    name="session",
    key="session",
    key_type="text",
    columns=row_conversion.SESSION_COLUMNS,
    unique=("patient", "session"),
)
DAY_TABLE = DerivedTable(
    name="day",
    key="local_date",
    key_type="date",
    columns=row_conversion.DAY_COLUMNS,
    unique=("patient", "local_date"),
)
WEEK_TABLE = DerivedTable(
    name="week",
    key="monday",
    key_type="date",
    columns=row_conversion.WEEK_COLUMNS,
    unique=("patient", "monday"),
)
SELECTION_TABLE = DerivedTable(
    name="source_selection",
    key="local_date",
    key_type="date",
    columns=row_conversion.SELECTION_COLUMNS,
    unique=("patient", "local_date", "metric", "start_at"),
)

# Lateral sub-queries with "offset 0" make the planner look up each key in an index, whatever it
# estimates about the number of keys.
_SESSIONS = f"""
select s.patient, {row_conversion.SESSION_SELECT}
from (
  select x.* from unnest(%(patients)s::int[], %(dates)s::date[]) as k (patient, local_date)
  cross join lateral (
    select * from session o
    where o.patient = k.patient and o.local_date = k.local_date offset 0) x
  union all
  select x.* from unnest(%(owners)s::int[], %(ids)s::text[]) as k (patient, session)
  cross join lateral (
    select * from session o
    where o.patient = k.patient and o.session = k.session offset 0) x) s
join source d on d.id = s.declared_by
left join source h on h.id = s.heart_source"""  # noqa: S608 - a constant of this package
_DAYS = f"""
select d.patient, {row_conversion.prefixed("d", DAY_TABLE.columns[1:])}
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, first)
cross join lateral (
  select * from day
  where patient = k.patient and local_date >= k.first \
and local_date < k.first + 7 offset 0) d"""  # noqa: S608 - constants of this package
_WEEKS = f"""
select w.patient, {row_conversion.prefixed("w", WEEK_TABLE.columns[1:])}
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, first)
cross join lateral (
  select * from week \
where patient = k.patient and monday = k.first offset 0) w"""  # noqa: S608 - constants
_SELECTIONS = """
select c.patient, c.local_date, c.metric, c.start_at as start_ms, c.end_at as end_ms, c.why,
       o.vendor, o.app, o.device, o.device_type, o.method
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, local_date)
cross join lateral (
  select * from source_selection
  where patient = k.patient and local_date = k.local_date offset 0) c
join source o on o.id = c.source
order by c.patient, c.local_date, c.metric, c.start_at"""
# Samples of a stream may lie outside every fact: a newer revision of their block can have another
# span, while the older samples remain. Source selections still cover them. A correction may place a
# session outside of all facts, and stale rows may be where one that has ended had placed it.
_EXTENT = """
select
  least(min(f.start_at), (select min(c.start_at) from source_selection c where c.patient = p.id),
    (select min(c.start_at) from correction c where c.patient = p.id)),
  greatest(max(f.end_at), (select max(c.end_at) from source_selection c where c.patient = p.id),
    (select max(c.end_at) from correction c where c.patient = p.id))
from patient p join fact f on f.patient = p.id
where p.pseudonym = %s and f.kind <> 'deletion'
group by p.id"""


async def stored_sessions(
    conn: Connection, dates: Sequence[_Key], ids: Iterable[_Key]
) -> dict[_Key, Session]:
    """Return the sessions that start on `dates` and those with `ids`, by (patient, session id)."""
    patients, days = rows.as_arrays(dates, 2)
    owners, names = rows.as_arrays(ids, 2)
    arguments = {"patients": patients, "dates": days, "owners": owners, "ids": names}
    stored = await rows.fetch(
        conn, _SESSIONS, arguments, _with_patient(row_conversion.read_session)
    )
    return {(patient, session.id): session for patient, session in stored}


async def stored_days(conn: Connection, mondays: Sequence[_Key]) -> dict[_Key, Day]:
    """Return the days of these weeks that have a row, by (patient, date)."""
    read = _with_patient(row_conversion.read_day)
    stored = await rows.fetch(conn, _DAYS, _arguments(mondays), read)
    return {(patient, day.local_date): day for patient, day in stored}


async def stored_weeks(conn: Connection, mondays: Sequence[_Key]) -> dict[_Key, Week]:
    """Return the weeks that have a row, by (patient, Monday)."""
    read = _with_patient(row_conversion.read_week)
    stored = await rows.fetch(conn, _WEEKS, _arguments(mondays), read)
    return {(patient, week.monday): week for patient, week in stored}


async def stored_selections(
    conn: Connection, dates: Sequence[_Key]
) -> dict[_Key, list[SourceSelection]]:
    """Return the source selections of these dates, by (patient, date).

    Those of a date are in order of metric and time.
    """
    read = _with_patient(row_conversion.read_selection)
    stored: dict[_Key, list[SourceSelection]] = {}
    for patient, selection in await rows.fetch(conn, _SELECTIONS, _arguments(dates), read):
        stored.setdefault((patient, selection.local_date), []).append(selection)
    return stored


async def extent(conn: Connection, patient: str) -> Span | None:
    """Return the span in which a patient has facts or source selections; None without any."""
    row = await (await conn.execute(_EXTENT, [patient])).fetchone()
    if row is None or row[0] is None:
        return None
    return Span(start_ms=epoch_ms(row[0]), end_ms=epoch_ms(row[1]))


async def write_derived(
    conn: Connection,
    table: DerivedTable,
    drop: Sequence[_Key],
    put: Sequence[Mapping[str, Any]],
) -> None:
    """Remove the rows of these keys, then write rows, each with every column of the table."""
    # removed first: a session that got another id would else be there twice
    if drop:
        await conn.execute(table.drop, rows.as_arrays(drop, 2))
    if put:
        await conn.execute(table.put, [codec.dumps(put).decode()])


def _arguments(keys: Sequence[_Key]) -> dict[str, list[Any]]:
    patients, names = rows.as_arrays(keys, 2)
    return {"patients": patients, "keys": names}


def _with_patient(read: Callable[[rows.Row], _T]) -> Callable[[rows.Row], tuple[int, _T]]:
    """Return a function that returns a row's patient id with what `read` makes of the row."""
    return lambda row: (row["patient"], read(row))
