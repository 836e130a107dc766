"""The measurements of an attack as rows of a table, and helpers for their numbers.

Pure.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackRow:
    """A line of the table: attack, measured quantity, value, limit, and whether the limit holds.

    Value and limit are texts. `ok` is None where nothing could be measured; `value` then gives the
    reason.
    """

    attack: str
    what: str
    value: str
    limit: str
    ok: bool | None


def quantile(values: Sequence[float], share: float) -> float:
    """Return the least value that `share` (0..1] of all do not exceed; infinite for none."""
    if not values:
        return math.inf
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def at_most(attack: str, what: str, value: float, limit: float, unit: str) -> AttackRow:
    """Return the row of a value that must not exceed a limit."""
    return AttackRow(
        attack=attack,
        what=what,
        value=_number(value, unit),
        limit=f"<= {_number(limit, unit)}",
        ok=value <= limit,
    )


def equal(attack: str, what: str, value: int, wanted: int) -> AttackRow:
    """Return the row of a count that must equal the wanted count."""
    return AttackRow(
        attack=attack, what=what, value=f"{value:,}", limit=f"= {wanted:,}", ok=value == wanted
    )


def holds(attack: str, what: str, *, value: str, limit: str, ok: bool) -> AttackRow:
    """Return the row of a condition."""
    return AttackRow(attack=attack, what=what, value=value, limit=limit, ok=ok)


def skipped(attack: str, what: str, why: str) -> AttackRow:
    """Return the row of what cannot be measured here, with the reason."""
    return AttackRow(attack=attack, what=what, value=f"not measured: {why}", limit="", ok=None)


def shown(attack: str, what: str, value: str) -> AttackRow:
    """Return the row of a figure without a limit, which other rows are compared with."""
    return AttackRow(attack=attack, what=what, value=value, limit="", ok=True)


def attack_table(rows: Sequence[AttackRow]) -> Iterator[str]:
    """Yield the lines of the table."""
    lines = [("attack", "measured", "value", "limit", "ok"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def _cells(row: AttackRow) -> tuple[str, ...]:
    return (
        row.attack,
        row.what,
        row.value,
        row.limit,
        {True: "ok", False: "FAILS", None: "-"}[row.ok],
    )


def _number(value: float, unit: str) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:,.2f} {unit}" if unit == "s" else f"{value:,.0f} {unit}"
