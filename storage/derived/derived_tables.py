"""The tables of derived rows: many patients' rows read by key in one statement, and written in one.

Rows go in as one JSON text that the server reads by the table's own types. It decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from model import codec
from model.derived import Day, Session, SourceSelection, Week
from storage.derived import derived_rows
from storage.pg import rows
from storage.pg.pool import Connection

Key: TypeAlias = tuple[int, Any]  # a patient's surrogate, and a session's id, a date or a Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of derived rows: what is removed at once (`key` of a type, beside the patient) and the columns."""

    name: str
    key: str
    key_type: str
    columns: tuple[str, ...]
    unique: tuple[str, ...]

    @property
    def put(self) -> bytes:
        """Return the statement that writes rows, over those that are there."""
        names = ", ".join(self.columns)
        changed = ", ".join(
            f"{name} = excluded.{name}" for name in self.columns if name not in self.unique
        )
        rows = f"json_populate_recordset(null::{self.name}, %s::json)"
        conflict = f"on conflict ({', '.join(self.unique)}) do update set {changed}"
        return f"insert into {self.name} ({names}) select {names} from {rows} {conflict}".encode()  # noqa: S608 - names of this file

    @property
    def drop(self) -> bytes:
        """Return the statement that removes rows by (patient, key)."""
        keys = f"unnest(%s::int[], %s::{self.key_type}[]) as k (patient, key)"
        return f"delete from {self.name} t using {keys} where t.patient = k.patient and t.{self.key} = k.key".encode()  # noqa: S608 - names of this file


def _table(
    name: str, key: str, key_type: str, columns: tuple[str, ...], more: tuple[str, ...] = ()
) -> Table:
    return Table(
        name=name, key=key, key_type=key_type, columns=columns, unique=("patient", key, *more)
    )


SESSION = _table("session", "session", "text", derived_rows.SESSION)
DAY = _table("day", "local_date", "date", derived_rows.DAY)
WEEK = _table("week", "monday", "date", derived_rows.WEEK)
CHOICE = _table("choice", "local_date", "date", derived_rows.CHOICE, ("metric", "start_at"))

_SESSIONS = f"""
select s.patient, {derived_rows.SESSION_COLUMNS}
from (select x.* from unnest(%(patients)s::int[], %(dates)s::date[]) as k (patient, local_date) cross join lateral (
        select * from session o where o.patient = k.patient and o.local_date = k.local_date offset 0) x
      union all
      select x.* from unnest(%(owners)s::int[], %(ids)s::text[]) as k (patient, session) cross join lateral (
        select * from session o where o.patient = k.patient and o.session = k.session offset 0) x) s
join source d on d.id = s.declared_by left join source h on h.id = s.heart_source"""  # noqa: S608 - a constant of this package
_DAYS = f"""
select d.patient, {", ".join(f"d.{name}" for name in DAY.columns[1:])}
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, first) cross join lateral (
  select * from day where patient = k.patient and local_date >= k.first and local_date < k.first + 7 offset 0) d"""  # noqa: S608 - constants of this package
_WEEKS = f"""
select w.patient, {", ".join(f"w.{name}" for name in WEEK.columns[1:])}
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, first) cross join lateral (
  select * from week where patient = k.patient and monday = k.first offset 0) w"""  # noqa: S608 - constants of this package
_CHOICES = """
select c.patient, c.local_date, c.metric, c.start_at as start_ms, c.end_at as end_ms, c.why,
       o.vendor, o.app, o.device, o.device_type, o.method
from unnest(%(patients)s::int[], %(keys)s::date[]) as k (patient, local_date) cross join lateral (
  select * from choice where patient = k.patient and local_date = k.local_date offset 0) c
join source o on o.id = c.source order by c.patient, c.local_date, c.metric, c.start_at"""


async def sessions(
    conn: Connection, dates: Sequence[Key], ids: Iterable[Key]
) -> dict[Key, Session]:
    """Return the sessions that start on these dates, and those of these ids."""
    also = _asked(list(ids))
    requested = {**_asked(dates), "owners": also["patients"], "ids": also["keys"]}
    requested["dates"] = requested.pop("keys")
    matches = await rows.fetch(
        conn, _SESSIONS, requested, lambda row: (row["patient"], derived_rows.read_session(row))
    )
    return {(number, session.id): session for number, session in matches}


async def days(conn: Connection, mondays: Sequence[Key]) -> dict[Key, Day]:
    """Return every day of these weeks that has a row."""
    matches = await rows.fetch(
        conn, _DAYS, _asked(mondays), lambda row: (row["patient"], derived_rows.read_day(row))
    )
    return {(number, day.local_date): day for number, day in matches}


async def weeks(conn: Connection, mondays: Sequence[Key]) -> dict[Key, Week]:
    """Return the weeks that have a row."""
    matches = await rows.fetch(
        conn, _WEEKS, _asked(mondays), lambda row: (row["patient"], derived_rows.read_week(row))
    )
    return {(number, week.monday): week for number, week in matches}


async def choices(conn: Connection, dates: Sequence[Key]) -> dict[Key, list[SourceSelection]]:
    """Return who speaks on each of these dates that has rows, by metric and time."""
    requested = _asked(dates)
    values: dict[Key, list[SourceSelection]] = {}
    for number, choice in await rows.fetch(
        conn, _CHOICES, requested, lambda row: (row["patient"], derived_rows.read_choice(row))
    ):
        values.setdefault((number, choice.local_date), []).append(choice)
    return values


async def write(
    conn: Connection, table: Table, drop: Sequence[Key], put: Sequence[Sequence[Any]]
) -> None:
    """Remove the rows of these keys, then write rows in the order of the table's columns."""
    if drop:
        await conn.execute(table.drop, [list(column) for column in zip(*drop, strict=True)])
    if put:
        values: list[Mapping[str, Any]] = [
            dict(zip(table.columns, row, strict=True)) for row in put
        ]
        await conn.execute(table.put, [codec.dumps(values).decode()])


def _asked(keys: Sequence[Key]) -> dict[str, list[Any]]:
    return {"patients": [number for number, _ in keys], "keys": [key for _, key in keys]}
