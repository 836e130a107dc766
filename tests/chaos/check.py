"""Checks that a chaos run left the same as the quiet run.

It compares digests, where every acknowledged payload lies, and what the workers logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.digest import QUERIES
from tests.chaos.stage import ChaosStage
from tests.rows import cells_of

_LARGE = "sample"  # its rows are compared by digest only
UNEXPLAINED = (
    "DeadlockDetected",
    "TypeError",
    "KeyError",
    "AttributeError",
    "LogMismatchError",
    "UniqueViolation",
)
_SHOWN = 4
HOLE = "were never delivered"
_BODIES = "select distinct encode(sha256, 'hex'), address, octet_length(sealed) from body"
_HELD = "select distinct headers->>'sha256' from quarantine"
_DEAD = "select distinct sha256 from dead_letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left: digests, rows of all tables but the samples, and where each payload lies."""

    digest: Mapping[str, str]
    tables: Mapping[str, list[tuple[Any, ...]]]
    places: Mapping[str, frozenset[str]]


def outcome(on: ChaosStage) -> Outcome:
    """Return what the run has left now."""
    return Outcome(
        digest=on.rig.digest(),
        tables={name: on.rig.table(name) for name in QUERIES if name != _LARGE},
        places=_places(on),
    )


def differences(on: ChaosStage, wanted: Outcome, value: Outcome) -> list[str]:
    """Return the differences, a line each; empty when the run left what was wanted."""
    return [*_missing(on, wanted, value), *_different(wanted, value), *_unexplained_lines(on)]


def holes(on: ChaosStage) -> int:
    """Return how often the account of offsets noticed that messages had been skipped."""
    return sum(log.read_text(errors="replace").count(HOLE) for log in on.rig.folder.glob("*.log"))


def _places(on: ChaosStage) -> dict[str, frozenset[str]]:
    """Return for each payload where it lies.

    It may be kept (in its row or as a file), among the dead letters, or in quarantine.
    """
    folder = on.rig.folder / "bodies"
    kept = {
        sha
        for sha, address, size in on.rig.rows(_BODIES)
        if size or (folder / address).stat().st_size
    }
    held = set(cells_of(on.rig.rows(_HELD), 0))
    dead = set(cells_of(on.rig.rows(_DEAD), 0))
    where = {"kept": kept, "held": held, "dead": dead}
    names: dict[str, set[str]] = {}
    for name, some in where.items():
        for sha in some:
            names.setdefault(sha, set()).add(name)
    return {sha: frozenset(some) for sha, some in names.items()}


def _missing(on: ChaosStage, wanted: Outcome, value: Outcome) -> list[str]:
    appended = on.cluster.producers.acknowledged
    return [
        f"body {sha[:12]}: {_words(value, sha)}, wanted {_words(wanted, sha)}"
        for sha in sorted(appended | set(value.places))
        if _words(value, sha) != _words(wanted, sha)
        or (sha not in value.places and sha not in on.environment.world.cues)
    ][:_SHOWN]


def _words(of: Outcome, sha: str) -> str:
    return " and ".join(sorted(of.places.get(sha, ()))) or "nowhere"


def _different(wanted: Outcome, value: Outcome) -> list[str]:
    apart = [name for name in wanted.digest if value.digest[name] != wanted.digest[name]]
    return [f"{name} differs{_rows(name, wanted, value)}" for name in apart]


def _rows(name: str, wanted: Outcome, value: Outcome) -> str:
    was, now = wanted.tables.get(name), value.tables.get(name)
    if was is None or now is None:
        return ""
    lost, more = [row for row in was if row not in now], [row for row in now if row not in was]
    return f": {len(lost)} rows missing {lost[:_SHOWN]}, {len(more)} too much {more[:_SHOWN]}"


def _unexplained_lines(on: ChaosStage) -> list[str]:
    """Return lines of the workers' logs that no fault explains."""
    unexplained: list[str] = []
    for log in sorted(on.rig.folder.glob("*.log")):
        lines = filter(_is_unexplained, log.read_text(errors="replace").splitlines())
        unexplained += [f"{log.name}: {line}" for line in lines]
    return unexplained[:_SHOWN]


def _is_unexplained(line: str) -> bool:
    return any(word in line for word in UNEXPLAINED)
