"""Converts database rows to values: instants to epoch ms, hashes to hex, JSON to the model."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory

from model.calendar import epoch_ms
from model.prescription import Intensity, Pause, Prescription
from storage.pg.pool import Connection

_T = TypeVar("_T")
Row: TypeAlias = dict[str, Any]


def value(values: object) -> Any:  # noqa: ANN401 - a database value has no narrower type
    """Return an instant as epoch ms, bytes as hex, a UUID as text, anything else unchanged."""
    if isinstance(values, datetime):
        return epoch_ms(values)
    if isinstance(values, (bytes, memoryview)):
        return bytes(values).hex()
    return str(values) if isinstance(values, UUID) else values


def built(make: Callable[[Row], _T]) -> AsyncRowFactory[_T]:
    """Return a row factory that calls `make` with each row as a dict.

    The dict has the plain values (see `value`) by name of the column.
    """

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], _T]:
        names = [column.name for column in cursor.description or ()]
        return lambda row: make(
            {name: value(result) for name, result in zip(names, row, strict=True)}
        )

    return factory


def uuid(text: str) -> UUID | None:
    """Return the UUID of a text, None for other text.

    As an argument of a query None equals no id, so that such text is an unknown id, not an error.
    """
    try:
        return UUID(text)
    except ValueError:
        return None


async def fetch(conn: Connection, sql: str, row: Row, make: Callable[[Row], _T]) -> list[_T]:
    """Run a query with named arguments and return what `make` makes of each row.

    `sql` must be a constant of this program.
    """
    async with conn.cursor(row_factory=built(make)) as cursor:
        await cursor.execute(sql, row)
        return await cursor.fetchall()


def prescription(body: Mapping[str, Any]) -> Prescription:
    """Return a version of a prescription from its stored JSON."""
    typed: dict[str, Any] = {
        "valid_from": date.fromisoformat(body["valid_from"]),
        "valid_to": date.fromisoformat(body["valid_to"]),
        "intensity": Intensity(**body["intensity"]),
        "types": tuple(body.get("types", ())),
        "pauses": tuple(_pause(result) for result in body.get("pauses", ())),
    }
    return Prescription(**{**body, **typed})


def _pause(values: Mapping[str, str]) -> Pause:
    return Pause(
        first=date.fromisoformat(values["first"]),
        last=date.fromisoformat(values["last"]),
        why=values["why"],
    )
