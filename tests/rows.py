"""Views of rows for tests: an attribute or a cell of each, those of a type, those with a value.

A view keeps the order of the rows and leaves out nothing that it was not asked to leave out.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from model.facts import AttributedFact, Fact

_T = TypeVar("_T")


def values_of(rows: Iterable[object], *names: str) -> list[Any]:
    """Return an attribute of each row, or a tuple of several.

    A name may lead into the attribute: `head.record`.
    """
    return list(map(attrgetter(*names), rows))


def cells_of(rows: Iterable[Any], *keys: int | str) -> list[Any]:
    """Return what each row has at a position or key, or a tuple of several."""
    return list(map(itemgetter(*keys), rows))


def of_type(kind: type[_T], rows: Iterable[object]) -> list[_T]:
    """Return the rows of a type."""
    return [row for row in rows if isinstance(row, kind)]


def matching(rows: Iterable[_T], **wanted: object) -> list[_T]:
    """Return the rows whose attributes have the wanted values."""
    look = attrgetter(*wanted)
    values = next(iter(wanted.values())) if len(wanted) == 1 else tuple(wanted.values())
    return [row for row in rows if look(row) == values]


def keyed(rows: Iterable[_T], name: str) -> dict[Any, _T]:
    """Return the rows by an attribute of each."""
    return {getattr(row, name): row for row in rows}


def entries_of(row: Mapping[str, _T], names: Iterable[str]) -> dict[str, _T]:
    """Return the entries of a row that have these names, in the order of the names."""
    return {name: row[name] for name in names}


def without(row: Mapping[str, _T], *names: str) -> dict[str, _T]:
    """Return the entries of a row that have other names."""
    return {name: value for name, value in row.items() if name not in names}


def value_of_each(rows: Mapping[str, object], name: str) -> dict[str, Any]:
    """Return an attribute of each row, by the key of the row."""
    return {key: getattr(row, name) for key, row in rows.items()}


def with_fact(kind: type[Fact], facts: Iterable[AttributedFact]) -> tuple[AttributedFact, ...]:
    """Return the attributed facts whose fact is of a type."""
    return tuple(item for item in facts if isinstance(item.fact, kind))


def lines_by_patient(columns: str, more: str = "") -> str:
    """Return the query for columns of the audit lines that a patient wrote, by the pseudonym."""
    lines = "from audit a join patient p on p.id = a.patient"
    by = "where p.pseudonym = %s and a.role = 'patient'"
    return f"select {columns} {lines} {by} {more} order by a.id"
