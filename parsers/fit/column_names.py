"""Names of the columns of a group: from the profile, from components, and of developer fields.

A developer may choose any name, so a name alone never says what kind of column it is, and a field
of the profile may have stand-ins. It must never read a value.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from parsers.fit import profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.fit.layout import Column, Layout

TIMESTAMP = "timestamp"
_CHAIN = 2  # compressed_speed_distance -> speed -> enhanced_speed


def apart(columns: dict[str, Column], kinds: dict[str, str]) -> dict[str, Column]:
    """Return the columns of a further table, and add their kinds to `kinds`.

    A name whose kind differs from the kind in `kinds` ends in its own kind (`name:text`).
    """
    for name, column in columns.items():
        kinds.setdefault(name, column.kind)
    return {
        name if kinds[name] == column.kind else f"{name}:{column.kind}": column
        for name, column in columns.items()
    }


def names_by_native(tables: Sequence[dict[str, Column]]) -> dict[str, list[str]]:
    """Return the names of the developer fields that override a profile field, by its name."""
    values: dict[str, list[str]] = {}
    for columns in tables:
        for name, column in columns.items():
            names = values.setdefault(column.native, []) if column.native else [name]
            if name not in names:
                names.append(name)
    return values


# Files of a maker repeat the same few layouts, and these answers depend on the layout alone.
@lru_cache(maxsize=512)
def direct_columns(layout: Layout) -> dict[str, Column]:
    """Return the columns of a layout whose values are ready as they are stored."""
    made = {TIMESTAMP, *profile.expansions(layout.number)}
    return {name: column for name, column in layout.columns.items() if name not in made}


@lru_cache(maxsize=512)
def layout_names(layout: Layout, *, positions: bool) -> dict[str, None]:
    """Return the names of the columns of a layout alone, as `shown_names` does."""
    return shown_names(layout.number, [layout.columns], positions=positions)


def shown_names(
    number: int, tables: Sequence[dict[str, Column]], *, positions: bool
) -> dict[str, None]:
    """Return the names of the columns that may be shown and of those from their components."""
    names: dict[str, None] = {}
    for columns in tables:
        for name, column in columns.items():
            if positions or not column.position:
                names[name] = None
            if column.native:
                names[column.native] = None
    expansions = profile.expansions(number)
    for _ in range(_CHAIN):
        for target, sources in expansions.items():
            if any(source.source in names for source in sources):
                names[target] = None
    if "timestamp_16" in names:
        names[TIMESTAMP] = None
    return names
