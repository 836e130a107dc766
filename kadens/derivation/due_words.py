"""How what was due in a week is reckoned, so that a reader can follow it by hand. Pure.

Clinical definition section 5.1. Each date asks for a seventh of its week, and the sum is rounded
down. A new version or a step of a progression within the week counts from its date on, and a date
of a pause asks for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from alerts.due import Due, PrescriptionDue
from kadens.derivation.derived_lines import sessions_text
from model.prescription import Prescription, paused, sevenths_due, week_of_progression

_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Dates in a row with the same figures; on those of a pause nothing is due."""

    row: Prescription
    dates: tuple[date, ...]
    is_paused: bool

    @property
    def sevenths(self) -> list[int]:
        """Return what each date asks for that asks for something."""
        shares = [] if self.is_paused else [sevenths_due(self.row, day) for day in self.dates]
        return [share for share in shares if share]


def due_lines(due: Due) -> Iterator[str]:
    """Yield what each prescription asks for, with its reckoning where it changed in the week."""
    for part in due.parts:
        runs = _runs(part)
        if len(runs) == 1 and not runs[0].is_paused:
            yield f"{_name(runs[0])}: {_amount(runs[0].row)}"
        else:
            yield from map(_run_text, runs)
            yield from _reckoning(part, [run for run in runs if not run.is_paused])


def _runs(part: PrescriptionDue) -> list[_Run]:
    """Return the dates of the week in runs, in each of which the same holds."""
    runs: list[_Run] = []
    for day, row in sorted(part.by_day.items()):
        is_paused = paused(row, day)
        if runs and (runs[-1].row, runs[-1].is_paused) == (row, is_paused):
            runs[-1] = _Run(row=row, dates=(*runs[-1].dates, day), is_paused=is_paused)
        else:
            runs.append(_Run(row=row, dates=(day,), is_paused=is_paused))
    return runs


def _run_text(run: _Run) -> str:
    span = f"{_name(run)}, {run.dates[0]} to {run.dates[-1]}"
    if run.is_paused:
        return f"{span}: a pause or no consent, nothing is due"
    shares = run.sevenths
    asks = f"{len(shares)} x {shares[0]}/7 = {sum(shares)}/7 sessions" if shares else "0 sessions"
    return f"{span}: {_amount(run.row)}: {asks}"


def _name(run: _Run) -> str:
    """Return a version, and the step of its progression that has been reached on some dates."""
    name = f"prescription {run.row.id} version {run.row.version}"
    week = week_of_progression(run.row, run.dates[0])
    reached = [step.from_week for step in run.row.progression if step.from_week <= week]
    return f"{name} with the step of week {reached[-1]}" if reached else name


def _amount(row: Prescription) -> str:
    """Return what a version asks for in a week, in words."""
    parts = [f"{sessions_text(row.sessions_per_week)} of {row.minutes_per_session} min a week"]
    if row.weekdays:
        parts.append(f"on {' '.join(row.weekdays)}")
    if row.dose_min_per_week is not None:
        parts.append(f"a dose of {row.dose_min_per_week:g} min")
    if row.strength_days:
        parts.append(f"{row.strength_days} days with strength training")
    return f"{', '.join(parts)}, of {', '.join(row.types) or 'every type'}"


def _reckoning(part: PrescriptionDue, runs: Sequence[_Run]) -> Iterator[str]:
    """Yield how sessions, minutes, dose and days of strength training come from some runs."""
    name, total = f"prescription {part.last.id}", sum(sum(run.sevenths) for run in runs)
    shares = " + ".join(f"{sum(run.sevenths)}/7" for run in runs) or "0/7"
    yield f"{name}: {shares} = {total}/7, of which {part.sessions} are full sessions"
    if part.sessions:
        minutes = _products((sum(run.sevenths), run.row.minutes_per_session) for run in runs)
        yield f"{name}: {part.sessions} x ({minutes}) / {total} = {part.minutes:g} min"
    if part.dose_min:
        times = f"{part.sessions} x " if total else ""
        dose = _products((len(run.dates), run.row.dose_min_per_week or 0) for run in runs)
        yield f"{name}: dose {times}({dose}) / {total or _WEEK} = {part.dose_min:g} min"
    if any(run.row.strength_days for run in runs):
        days = _products((len(run.dates), run.row.strength_days) for run in runs)
        yield f"{name}: strength ({days}) / 7, of which {part.strength_days} are full days"


def _products(pairs: Iterable[tuple[float, float]]) -> str:
    return " + ".join(f"{number:g} x {figure:g}" for number, figure in pairs)
