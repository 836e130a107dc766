"""Spot checks of the log: which accesses are drawn, and when a sample is overdue. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

MOST_DRAWN = 1000


class AccessVerdict(StrEnum):
    """What a reviewer found of an access."""

    JUSTIFIED = "justified"
    UNCLEAR = "unclear"  # somebody must be asked
    UNJUSTIFIED = "unjustified"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSample:
    """A sample: when and by whom it was drawn, how much of it is judged, and by when it is due."""

    number: int
    drawn_ms: int
    drawn_by: str
    since_ms: int
    until_ms: int
    seed: int
    due_ms: int
    size: int
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledAccess:
    """An access of a sample, with its verdict; None while nobody has judged it."""

    row: int
    verdict: str | None
    reason: str
    reviewer: str | None
    reviewed_ms: int | None


def drawn_rows(numbers: Sequence[int], size: int, seed: int) -> tuple[int, ...]:
    """Return the rows of a sample in order: the same seed draws the same from the same rows."""
    # in the order of a hash of seed and row, which nobody can steer towards a row
    shuffled = sorted(numbers, key=lambda number: sha256(f"{seed}:{number}".encode()).digest())
    return tuple(sorted(shuffled[:size]))


def may_judge(actor: str, reviewer: str) -> bool:
    """Return whether a reviewer may judge an access of an actor (subjects): nobody their own."""
    return actor != reviewer


def names_patient(comment: str, named: Sequence[str]) -> bool:
    """Return whether a comment has one of the words for the patient in it; "" is no word.

    A comment outlives the patient's erasure, so none may name them.
    """
    lowered = comment.casefold()
    return any(name.casefold() in lowered for name in named if name)


def sample_state(sample: AuditSample, now_ms: int) -> str:
    """Return how far a sample is, in a word: done, open, or OVERDUE."""
    if sample.judged == sample.size:
        return "done"
    return "OVERDUE" if now_ms > sample.due_ms else "open"
