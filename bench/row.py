"""A figure of the bench, as it is printed and written."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure of the bench.

    `ratio` is value against baseline and is better when greater. `floor` and `goal` are ratios.
    """

    name: str
    value: float
    unit: str
    baseline: str
    ratio: float | None = None
    floor: float | None = None
    goal: float | None = None

    def plain(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return asdict(self)
