"""Finds the versions of one workout that its source stated under several ids.

Some senders give a workout a new id when they tell it again: first half of it, later all of it. The
same source, the same type family and nearly the same start make them one workout, and of its
versions the one that was stated last counts, shorter or longer. Under one id of a vendor the source
may differ, because some senders leave the device out when they tell of a workout again. Where one
message tells of a workout from two sources, the better ranked source counts. A type of no family
agrees with each. Legs of a multisport workout are of other type families or of other times, and
stay. The result does not depend on the order of facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from model.facts import AttributedFact, Workout
from model.versions.version_order import VersionOrder
from model.words.activities import BESIDE_OTHERS, TYPES
from stream.compute.series.sources import source_order

SAME_START_MS = 120_000  # devices and portals round the start differently

_ANY_FAMILY = "other"

# Vendor, and the stretch of two minutes in which a workout begins.
_Cell: TypeAlias = tuple[str, int]
# Place among versions, body, rank of the source (greater is better), its name, and record.
_Order: TypeAlias = tuple[VersionOrder, str, int, tuple[str, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkoutVersions:
    """The version of a workout that counts, the records of all of its versions, and the others."""

    attributed: AttributedFact
    records: frozenset[str]
    superseded: tuple[AttributedFact, ...] = ()


def latest_versions(workouts: Iterable[AttributedFact]) -> list[WorkoutVersions]:
    """Return each workout once, from facts of which each has a (source, record) of its own."""
    kept: list[WorkoutVersions] = []
    by_cell: dict[_Cell, list[int]] = defaultdict(list)
    # The last stated comes first and takes the versions around its own start; what is left begins
    # further away and is a workout of its own.
    for attributed in sorted(workouts, key=_order, reverse=True):
        record = frozenset({attributed.fact.head.record})
        position = _version_of(attributed, kept, by_cell)
        if position is None:
            by_cell[_cell(attributed)].append(len(kept))
            kept.append(WorkoutVersions(attributed=attributed, records=record))
        else:
            later = kept[position]
            kept[position] = replace(
                later, records=later.records | record, superseded=(*later.superseded, attributed)
            )
    return kept


def _order(attributed: AttributedFact) -> _Order:
    # With source and record no two facts tie, or the order in which they come would decide.
    head = attributed.fact.head
    rank, name = source_order(head.source)
    return attributed.order, attributed.body, -rank, name, head.record


def _version_of(
    attributed: AttributedFact,
    kept: Sequence[WorkoutVersions],
    by_cell: Mapping[_Cell, Sequence[int]],
) -> int | None:
    """Return the position in `kept` of the workout of which this is an older version, or None."""
    vendor, stretch = _cell(attributed)
    positions: list[int] = []
    for near in (stretch - 1, stretch, stretch + 1):
        positions += by_cell.get((vendor, near), ())
    for position in sorted(positions):
        if _are_versions(kept[position].attributed, attributed):
            return position
    return None


def _cell(attributed: AttributedFact) -> _Cell:
    head = attributed.fact.head
    return head.source.vendor, head.start_ms // SAME_START_MS


def _are_versions(first: AttributedFact, second: AttributedFact) -> bool:
    a, b = first.fact.head, second.fact.head
    if a.source != b.source and a.record != b.record:
        return False
    # A false start of a minute and the run after it are two workouts: neither corrects the other.
    overlap = min(a.end_ms, b.end_ms) > max(a.start_ms, b.start_ms)
    return overlap and abs(a.start_ms - b.start_ms) <= SAME_START_MS and _are_alike(first, second)


def _are_alike(first: AttributedFact, second: AttributedFact) -> bool:
    types = {_type(first), _type(second)}
    if len(types) == 1 or types & BESIDE_OTHERS:
        return len(types) == 1
    families = {TYPES.get(name, _ANY_FAMILY) for name in types}
    # What one message tells of together is no correction: it may be a workout and its legs.
    if first.body != second.body:
        families -= {_ANY_FAMILY}
    return len(families) <= 1


def _type(attributed: AttributedFact) -> str:
    return attributed.fact.type if isinstance(attributed.fact, Workout) else ""
