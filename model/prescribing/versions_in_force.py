"""On which dates each version of a prescription holds: until a newer one begins. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from model.prescription import Prescription

_DAY = timedelta(days=1)
_FIRST = attrgetter("first")
_VERSION = attrgetter("version")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInForce:
    """A version and the local dates on which it holds, both included."""

    row: Prescription
    first: date
    last: date


def versions_in_force(versions: Iterable[Prescription]) -> tuple[VersionInForce, ...]:
    """Return the versions of one prescription that hold on some date, in the order of the dates.

    A newer version replaces older ones from its first date on, also where it ends before them: what
    it replaced does not come back.
    """
    in_force: list[VersionInForce] = []
    until = date.max
    for row in sorted(versions, key=_VERSION, reverse=True):
        last = min(row.valid_to, until)
        if row.valid_from <= last:
            in_force.append(VersionInForce(row=row, first=row.valid_from, last=last))
        until = min(until, row.valid_from - _DAY)
    return tuple(sorted(in_force, key=_FIRST))
