"""Turns rows into values, and values into the arrays of a statement.

A value has instants as epoch ms, hashes as hex, JSON as the model's types. Many rows go to the
server as one array for each column (`unnest`), so that a statement is sent, and planned, once.
It must never decide which rows are read or written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory

from model.calendar import epoch_ms
from model.prescription import FollowUpPlan, Intensity, Pause, Prescription, ProgressionStep
from storage.pg.pool import Connection

_T = TypeVar("_T")
Row: TypeAlias = dict[str, Any]
Arguments: TypeAlias = Mapping[str, Any] | Sequence[Any]  # named, or by position


def _hex(data: bytes | memoryview) -> str:
    return bytes(data).hex()


# connections are in UTC, so an instant is aware and its epoch exact
_CONVERT: Mapping[type, Callable[[Any], Any]] = {
    datetime: epoch_ms,
    bytes: _hex,
    memoryview: _hex,
    UUID: str,
}


def value(values: object) -> Any:  # noqa: ANN401 - a database value has no narrower type
    """Return an instant as epoch ms, bytes as hex, a UUID as text, anything else unchanged."""
    convert = _CONVERT.get(type(values))
    return values if convert is None else convert(values)


def built(make: Callable[[Row], _T]) -> AsyncRowFactory[_T]:
    """Return a row factory that calls `make` with each row as a dict.

    The dict has the plain values (see `value`) by name of the column.
    """

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], _T]:
        # the names are looked up once for each query, not once for each row
        names = [column.name for column in cursor.description or ()]
        return lambda row: make(dict(zip(names, map(value, row), strict=True)))

    return factory


def uuid(text: str) -> UUID | None:
    """Return the UUID of a text, None for other text.

    As an argument of a query None equals no id, so that such text is an unknown id, not an error.
    """
    try:
        return UUID(text)
    except ValueError:
        return None


async def fetch(
    conn: Connection, sql: str, arguments: Arguments, make: Callable[[Row], _T]
) -> list[_T]:
    """Run a query and return what `make` makes of each row.

    `sql` must be a constant of this program.
    """
    async with conn.cursor(row_factory=built(make)) as cursor:
        await cursor.execute(sql, arguments)
        return await cursor.fetchall()


async def fetch_as(
    conn: Connection, sql: str, arguments: Arguments, kind: Callable[..., _T]
) -> list[_T]:
    """Run a query whose columns have the names of the arguments of `kind`; call it for each row."""
    return await fetch(conn, sql, arguments, lambda row: kind(**row))


async def fetch_column(conn: Connection, sql: str, arguments: Arguments = ()) -> list[Any]:
    """Run a query of a single column and return its values as the server sent them."""
    return [item for (item,) in await (await conn.execute(sql, arguments)).fetchall()]


async def fetch_by_key(
    conn: Connection, sql: str, arguments: Arguments = ()
) -> dict[tuple[Any, ...], Any]:
    """Run a query and return its last column by the tuple of the columns before it."""
    rows = await (await conn.execute(sql, arguments)).fetchall()
    return {tuple(key): item for *key, item in rows}


def as_arrays(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return the columns of rows of `width` values, each as a list.

    Without rows these are `width` empty lists, because the statement has as many arguments then.
    """
    return list(map(list, zip(*rows, strict=True))) or [[] for _ in range(width)]


def prescription(body: Mapping[str, Any], pauses: Sequence[Mapping[str, str]] = ()) -> Prescription:
    """Return a version of a prescription from its stored JSON.

    `pauses` are those that annotations of the patient make, beside its own.
    """
    begun, plan = body.get("progression_from"), body.get("follow_up")
    typed: dict[str, Any] = {
        "valid_from": date.fromisoformat(body["valid_from"]),
        "valid_to": date.fromisoformat(body["valid_to"]),
        "intensity": Intensity(**body["intensity"]),
        "types": tuple(body.get("types", ())),
        "weekdays": tuple(body.get("weekdays", ())),
        "diagnoses": tuple(body.get("diagnoses", ())),
        "pauses": tuple(map(_pause, (*body.get("pauses", ()), *pauses))),
        "progression": tuple(map(_step, body.get("progression", ()))),
        "progression_from": None if begun is None else date.fromisoformat(begun),
        "follow_up": None if plan is None else _follow_up(plan),
    }
    return Prescription(**{**body, **typed})


def _step(values: Mapping[str, Any]) -> ProgressionStep:
    days, intensity = values["weekdays"], values["intensity"]
    typed = {
        "weekdays": None if days is None else tuple(days),
        "intensity": None if intensity is None else Intensity(**intensity),
    }
    return ProgressionStep(**{**values, **typed})


def _follow_up(values: Mapping[str, Any]) -> FollowUpPlan:
    on = values["on"]
    return FollowUpPlan(**{**values, "on": None if on is None else date.fromisoformat(on)})


def _pause(values: Mapping[str, str]) -> Pause:
    return Pause(
        first=date.fromisoformat(values["first"]),
        last=date.fromisoformat(values["last"]),
        why=values["why"],
    )
