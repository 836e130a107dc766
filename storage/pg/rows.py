"""From database rows to values: instants to epoch ms, hashes to hex, stored JSON to the model.

It asks nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import AsyncCursor
from psycopg.rows import AsyncRowFactory

from model.calendar import epoch_ms
from model.prescription import Intensity, Pause, Prescription
from storage.pg.pool import Connection

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]


def value(values: object) -> Any:  # noqa: ANN401 - a database value has no narrower type
    """Return an instant as epoch ms, a hash as hex and a UUID as text.

    Everything else unchanged.
    """
    if isinstance(values, datetime):
        return epoch_ms(values)
    if isinstance(values, (bytes, memoryview)):
        return bytes(values).hex()
    return str(values) if isinstance(values, UUID) else values


def built(make: Callable[[Row], T]) -> AsyncRowFactory[T]:
    """Return a row factory that hands each row, as a dict of plain values by column name, to `make`."""

    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], T]:
        names = [column.name for column in cursor.description or ()]
        return lambda row: make(
            {name: value(result) for name, result in zip(names, row, strict=True)}
        )

    return factory


def uuid(text: str) -> UUID | None:
    """Return a UUID, or None for text that is none: no row has that id."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def fetch(conn: Connection, sql: str, row: Row, make: Callable[[Row], T]) -> list[T]:
    """Run one of our own queries with named arguments and return its rows, each made by `make`."""
    async with conn.cursor(row_factory=built(make)) as cursor:
        await cursor.execute(sql, row)
        return await cursor.fetchall()


def prescription(body: Mapping[str, Any]) -> Prescription:
    """Return one version of a prescription from its stored JSON."""
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
