"""The figures of a follow-up summary. Pure.

They are measured in the same way as on the pages and by the rules. What is not known is None, and
missing data never counts as not done. Below a minimum of data there is no summary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import median

from alerts.adherence import known_days
from alerts.pain import PAIN_SCALE, RATED_PHASES
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from clinic.answers.adherence import Average, Measured, TotalShape, measured, total_of
from model.calendar import local_date, week_bounds
from model.derived.days import Week
from model.notes.annotation import Annotation
from model.prescription import Prescription, in_force
from model.words.language import _, ngettext
from storage.reads.views import AlertBrief, PatientBrief, ReportRow

LEAST_WEEKS = 2
KNOWN_DAYS = int(LOW_ADHERENCE.thresholds["known_days"])
# The usual pain of a time is the median of this many days, of so many answers at the least.
PAIN_DAYS, PAIN_ANSWERS = 14, 3
# Points of the scale: the smallest change that studies call meaningful (clinical definition 4).
MEANINGFUL_POINTS = 2.0
_DAYS = 7


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of the period is known.

    `days` have passed. `known_days` of them were worn for ten hours or answered, `worn_days` worn.
    `known_intensity` is the share of the exercised time whose intensity is known, None without
    exercise.
    """

    days: int
    known_days: int
    worn_days: int
    known_intensity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A follow-up of a patient from `first` to `last` (inclusive), made at `made_ms` by `author`.

    Adherence is over the weeks that have ended and in which a prescription held on all days:
    `weeks` of them, `known_weeks` of them known on four days or more. `sessions` and `sessions_due`
    are sums over the weeks in which both are known, `minutes` and `minutes_due` likewise.
    `alerts` were raised in the period, oldest first.
    """

    patient: PatientBrief
    name: str
    first: date
    last: date
    made_ms: int
    author: str
    prescriptions: tuple[Prescription, ...]
    weeks: int
    known_weeks: int
    sessions: int
    sessions_due: int
    minutes: float
    minutes_due: float
    a_freq: Average | None
    a_time: Average | None
    a_int: Average | None
    a_dose: Average | None
    a_strength: Average | None
    coverage: Coverage
    pain: tuple[PainChange, ...]
    alerts: tuple[AlertBrief, ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpInput:
    """What a follow-up is made of. `mondays` are the weeks of the period, oldest first."""

    patient: PatientBrief
    name: str
    author: str
    now_ms: int
    mondays: Sequence[date]
    prescriptions: Sequence[Prescription]
    weeks: Sequence[Week]
    pain: Sequence[ReportRow]
    alerts: Sequence[AlertBrief]
    annotations: Sequence[Annotation]


class TooLittleDataError(ValueError):
    """Too little is known for a summary; the text says what is missing and what to do."""


def follow_up(given: FollowUpInput) -> FollowUp:
    """Return the follow-up of a patient; raises `TooLittleDataError` below the minimum of data."""
    zone = given.patient.zone
    held = _held(given)
    known = sum(map(_is_known, held))
    _require_data(given, len(held), known)
    # The same weeks that the averages are over.
    counted = [item for item in held if item.done.frequency is not None]
    timed = [item for item in held if item.done.time is not None]
    first = given.mondays[0]
    last = local_date(given.now_ms, zone)
    total: TotalShape = total_of(held)
    return FollowUp(
        patient=given.patient,
        name=given.name,
        first=first,
        last=last,
        made_ms=given.now_ms,
        author=given.author,
        prescriptions=_prescribed(given.prescriptions, last, held),
        weeks=len(held),
        known_weeks=known,
        sessions=sum(item.credited.sessions for item in counted),
        sessions_due=sum(item.due.sessions for item in counted),
        minutes=sum(item.credited.minutes for item in timed),
        minutes_due=sum(item.due.minutes for item in timed),
        a_freq=total.a_freq,
        a_time=total.a_time,
        a_int=total.a_int,
        a_dose=total.a_dose,
        a_strength=total.a_strength,
        coverage=_coverage(given, first, last),
        pain=tuple(_pain(given.pain, first, last)),
        alerts=_raised(given.alerts, first, zone),
        annotations=tuple(item for item in given.annotations if item.last >= first),
    )


def _held(given: FollowUpInput) -> list[Measured]:
    """Return the weeks that have ended, against the prescriptions that held on all their days."""
    by_monday = {week.monday: week for week in given.weeks}
    held: list[Measured] = []
    for monday in given.mondays:
        item = measured(by_monday.get(monday), given.prescriptions, monday)
        # Sessions of the running week may still be to come.
        if item is not None and given.now_ms >= week_bounds(monday, given.patient.zone)[1]:
            held.append(item)
    return held


def _is_known(item: Measured) -> bool:
    least = min(map(partial(known_days, item.week), item.due.parts))
    return least >= KNOWN_DAYS


def _require_data(given: FollowUpInput, weeks: int, known: int) -> None:
    if not given.prescriptions:
        raise TooLittleDataError(
            _("There is no summary: nothing is prescribed, so there is nothing to compare with.")
        )
    if known >= LEAST_WEEKS:
        return
    weeks_known = ngettext(
        "%(num)s week that has ended is known on %(days)s days or more",
        "%(num)s weeks that have ended are known on %(days)s days or more",
        known,
        days=KNOWN_DAYS,
    )
    raise TooLittleDataError(
        _(
            "There is no summary: %(known)s, of %(weeks)s with a prescription, and a summary needs "
            "%(least)s. Ask the patient about the missing days, or wait for data.",
            known=weeks_known,
            weeks=weeks,
            least=LEAST_WEEKS,
        )
    )


def _prescribed(
    prescriptions: Sequence[Prescription], last: date, held: Sequence[Measured]
) -> tuple[Prescription, ...]:
    """Return what is prescribed at the end, or was in the last week that had a prescription."""
    return in_force(prescriptions, last) or held[-1].due.prescriptions


def _coverage(given: FollowUpInput, first: date, last: date) -> Coverage:
    known = worn = 0
    exercised = unknown = 0
    for week in given.weeks:
        if week.monday < first:
            continue
        known += week.known_days
        worn += week.valid_days
        exercised += week.zones.total
        unknown += week.zones.unknown - week.exertion_ms
    return Coverage(
        days=(last - first).days + 1,
        known_days=known,
        worn_days=worn,
        known_intensity=1 - unknown / exercised if exercised else None,
    )


def _pain(pain: Sequence[ReportRow], first: date, last: date) -> Iterable[PainChange]:
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


def _raised(alerts: Sequence[AlertBrief], first: date, zone: str) -> tuple[AlertBrief, ...]:
    raised = [alert for alert in alerts if local_date(alert.raised_ms, zone) >= first]
    return tuple(sorted(raised, key=lambda alert: (alert.raised_ms, alert.id)))
