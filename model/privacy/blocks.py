"""The block between care units: who of another unit may read what a patient's own unit documents.

Pure. A unit reads its own patients. Another unit reads a patient whom it shares, unless the patient
has blocked that. A block is lifted by the patient, or opened for a person and a time.
"""

from dataclasses import dataclass
from enum import StrEnum

from model.calendar import HOUR_MS
from model.schemas.plain_text import text_problem, typed_text

LONGEST_REASON = 500  # characters


class Ground(StrEnum):
    """Why a block is opened for a person: the patient agrees, or it cannot wait for that."""

    CONSENT = "consent"
    EMERGENCY = "emergency"


# How long an opening holds. In an emergency nobody asked the patient, so it is the shorter.
OPEN_MS = {Ground.CONSENT: 24 * HOUR_MS, Ground.EMERGENCY: 4 * HOUR_MS}


class BlockState(StrEnum):
    """What a person of another unit gets of a patient."""

    NOTHING = "nothing"  # as if there were no such patient
    BLOCKED = "blocked"  # that something is blocked, and not what
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFacts:
    """What holds between a patient and a person of another unit at an instant.

    `home` is the patient's own unit. `open_ms` is until when the block is opened, None for closed.
    """

    pseudonym: str
    home: str
    is_shared: bool
    is_blocked: bool
    open_ms: int | None


def guest_standing(facts: GuestFacts | None) -> BlockState:
    """Return what a person of another unit gets; None is a patient whom nobody shares."""
    # the order matters: a block of a patient whom the unit does not share must not show
    if facts is None or not facts.is_shared:
        return BlockState.NOTHING
    if facts.is_blocked and facts.open_ms is None:
        return BlockState.BLOCKED
    return BlockState.OPEN


def open_until_ms(ground: Ground, now_ms: int) -> int:
    """Return until when an opening holds that begins now."""
    return now_ms + OPEN_MS[ground]


def check_reason(reason: str) -> str:
    """Return a reason as it is kept; raises `ValueError` for one that is not kept."""
    plain = typed_text(reason)
    if not plain or text_problem(plain, LONGEST_REASON, allowed="\n"):
        raise ValueError(f"give a reason of 1 to {LONGEST_REASON} characters")
    return plain
