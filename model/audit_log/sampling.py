"""Spot checks of the log: which accesses are drawn, and when a sample is overdue. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

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
    drawn = random.Random(seed).sample(sorted(numbers), min(size, len(numbers)))  # noqa: S311
    return tuple(sorted(drawn))


def sample_state(sample: AuditSample, now_ms: int) -> str:
    """Return how far a sample is, in a word: done, open, or OVERDUE."""
    if sample.judged == sample.size:
        return "done"
    return "OVERDUE" if now_ms > sample.due_ms else "open"
