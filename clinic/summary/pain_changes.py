"""How the pain of a patient changed over a period, by the patient's own answers. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from alerts.pain import PAIN_SCALE, RATED_PHASES
from storage.reads.shown_values import ReportRow

# The usual pain of a time is the median of this many days, of so many answers at the least.
PAIN_DAYS, PAIN_ANSWERS = 14, 3
# Points of the scale: the smallest change that studies call meaningful (clinical definition 4).
MEANINGFUL_POINTS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PainChange:
    """The median pain of a phase in the first and in the last days of the period.

    A median of fewer than three answers is None. `answers` is how many answers of the period have
    this phase. `meaningful` says whether the change reaches `MEANINGFUL_POINTS`.
    """

    phase: str
    answers: int
    first: float | None
    last: float | None
    change: float | None
    meaningful: bool | None


def pain_changes(pain: Sequence[ReportRow], first: date, last: date) -> Iterator[PainChange]:
    """Yield the change of each phase that was answered, in the order of a session."""
    early, late = first + timedelta(days=PAIN_DAYS), last - timedelta(days=PAIN_DAYS)
    for phase in RATED_PHASES:
        rated = [row for row in pain if _is_rating(row, phase.value) and row.local_date >= first]
        if not rated:
            continue
        before = _median(row for row in rated if row.local_date < early)
        after = _median(row for row in rated if row.local_date > late)
        change = None if before is None or after is None else after - before
        yield PainChange(
            phase=phase.value,
            answers=len(rated),
            first=before,
            last=after,
            change=change,
            meaningful=None if change is None else abs(change) >= MEANINGFUL_POINTS,
        )


def _is_rating(row: ReportRow, phase: str) -> bool:
    # An answer on another scale is another figure, and an open question is no answer.
    return row.phase == phase and row.scale == PAIN_SCALE and row.value is not None


def _median(rated: Iterable[ReportRow]) -> float | None:
    values = [row.value for row in rated if row.value is not None]
    return median(values) if len(values) >= PAIN_ANSWERS else None
