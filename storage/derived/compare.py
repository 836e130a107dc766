"""Reads all derived rows of a patient, and compares two states of them column by column.

It never writes. What it returns are health values. They may be shown to the person who requested
them, but never logged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg.rows import dict_row

from model.facts import Source
from storage.facts.ids import read_source
from storage.pg.pool import Connection

_Key: TypeAlias = tuple[str, str]  # table, and session id, date or Monday
_Rows: TypeAlias = dict[_Key, dict[str, Any]]

KEYS: dict[str, str] = {"session": "session", "day": "local_date", "week": "monday"}
_WORDS: dict[
    str, tuple[str, str, str]
] = {  # the words for a row that is new, that differs, that is gone
    "session": ("session.created", "session.revised", "session.retracted"),
    "day": ("day.revised", "day.revised", "day.revised"),
    "week": ("week.revised", "week.revised", "week.revised"),
}
_ALGORITHM = "algorithm"
_SOURCES = "select id, vendor, app, device, device_type, method from source"
# ids of sources differ between two databases; their names do not
_SOURCE_COLUMNS = frozenset({"declared_by", "heart_source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that differs between two states.

    `columns` has (value before, value after) by name of the column. It is empty for a row that is
    new or gone.
    """

    what: str
    key: str
    change: str  # "new", "differs" or "gone"
    columns: Mapping[str, tuple[Any, Any]]

    @property
    def algorithm_only(self) -> bool:
        """Return whether only the name of the algorithm differs."""
        return self.columns.keys() == {_ALGORITHM}


async def derived_state(conn: Connection, patient: int) -> _Rows:
    """Return every derived row of a patient (a surrogate), sources by name instead of by number."""
    sources = {
        id_: read_source(result) for id_, *result in await (await conn.execute(_SOURCES)).fetchall()
    }
    derived: _Rows = {}
    async with conn.cursor(row_factory=dict_row) as cursor:
        for table, key in KEYS.items():
            await cursor.execute(
                f"select * from {table} where patient = %s".encode(),  # noqa: S608 - of KEYS
                [patient],
            )
            for row in await cursor.fetchall():
                values = {name: _value(name, item, sources) for name, item in row.items()}
                derived[table, str(row[key])] = values
    return derived


def differences(before: _Rows, after: _Rows) -> tuple[Difference, ...]:
    """Return the rows that differ, by table and key."""
    return tuple(_differing(before, after))


def _differing(before: _Rows, after: _Rows) -> Iterator[Difference]:
    order = list(KEYS)
    for table, key in sorted(
        before.keys() | after.keys(), key=lambda entry: (order.index(entry[0]), entry[1])
    ):
        then, now = before.get((table, key)), after.get((table, key))
        created, revised, retracted = _WORDS[table]
        if then is None:
            yield Difference(what=created, key=key, change="new", columns={})
        elif now is None:
            yield Difference(what=retracted, key=key, change="gone", columns={})
        elif then != now:
            columns: dict[str, tuple[Any, Any]] = {}
            for name in sorted(now):
                if then.get(name) != now.get(name):
                    columns[name] = then.get(name), now.get(name)
            yield Difference(what=revised, key=key, change="differs", columns=columns)


def _value(name: str, value: Any, sources: Mapping[int, Source]) -> Any:  # noqa: ANN401 - a value
    if name in _SOURCE_COLUMNS and value is not None:
        source = sources[value]
        return "/".join(filter(None, (source.vendor, source.app, source.device)))
    return value.hex() if isinstance(value, bytes) else value
