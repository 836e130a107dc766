"""The figures of a follow-up summary. Pure.

They are measured in the same way as on the pages and by the rules. What is not known is None, and
missing data never counts as not done. Below a minimum of data there is no summary.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from alerts.adherence import least_known_days
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from clinic.answers.adherence import Average, Measured, TotalShape, measured, total_of
from clinic.summary.alert_deeds import AlertDeed, alert_deeds
from clinic.summary.pain_changes import PainChange, pain_changes
from model.calendar import local_date, week_bounds
from model.derived.days import Week
from model.intensity import HeartProfile
from model.notes.annotation import Annotation
from model.prescription import Prescription, in_force
from model.words.language import _, ngettext
from storage.reads.shown_values import AlertBrief, MoveRow, PatientBrief, ReportRow
from stream.compute.intensity.range_needs import RangeNeed, range_needs

LEAST_WEEKS = 2
KNOWN_DAYS = int(LOW_ADHERENCE.thresholds["known_days"])


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
class SummedDue:
    """What was due in the weeks that have ended, known or not; a dose where one is prescribed."""

    sessions: int
    minutes: float
    dose_min: float
    strength_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A follow-up of a patient from `first` to `last` (inclusive), made at `made_ms` by `author`.

    Adherence is over the weeks that have ended and in which a prescription held on all days:
    `weeks` of them, `known_weeks` of them known on four days or more. `sessions` and `sessions_due`
    are sums over the weeks in which both are known, `minutes` and `minutes_due` likewise; `due` is
    over all of `weeks`. `range_needs` is what the prescribed range lacks on the last day.
    `alerts` were raised in the period, oldest first, and `deeds` are what was done about them.
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
    due: SummedDue
    a_freq: Average | None
    a_time: Average | None
    a_int: Average | None
    a_dose: Average | None
    a_strength: Average | None
    range_needs: tuple[RangeNeed, ...]
    coverage: Coverage
    pain: tuple[PainChange, ...]
    alerts: tuple[AlertBrief, ...]
    deeds: tuple[AlertDeed, ...]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpInput:
    """What a follow-up is made of. `mondays` are the weeks of the period, oldest first.

    `profile` is the heart profile of the last day, and `moves` has those of each alert by its id.
    """

    patient: PatientBrief
    name: str
    author: str
    now_ms: int
    mondays: Sequence[date]
    prescriptions: Sequence[Prescription]
    profile: HeartProfile | None
    weeks: Sequence[Week]
    pain: Sequence[ReportRow]
    alerts: Sequence[AlertBrief]
    moves: Mapping[str, Sequence[MoveRow]]
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
    prescribed = _prescribed(given.prescriptions, last, held)
    alerts = _raised(given.alerts, first, zone)
    return FollowUp(
        patient=given.patient,
        name=given.name,
        first=first,
        last=last,
        made_ms=given.now_ms,
        author=given.author,
        prescriptions=prescribed,
        weeks=len(held),
        known_weeks=known,
        sessions=sum(item.credited.sessions for item in counted),
        sessions_due=sum(item.due.sessions for item in counted),
        minutes=sum(item.credited.minutes for item in timed),
        minutes_due=sum(item.due.minutes for item in timed),
        due=_summed_due(held),
        a_freq=total.a_freq,
        a_time=total.a_time,
        a_int=total.a_int,
        a_dose=total.a_dose,
        a_strength=total.a_strength,
        range_needs=_range_needs(prescribed, given.profile, last),
        coverage=_coverage(given, first, last),
        pain=tuple(pain_changes(given.pain, first, last)),
        alerts=alerts,
        deeds=alert_deeds(alerts, given.moves),
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
    least = least_known_days(item.week, item.due)
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


def _summed_due(held: Iterable[Measured]) -> SummedDue:
    sessions = strength_days = 0
    minutes = dose_min = 0.0
    for item in held:
        sessions += item.due.sessions
        minutes += item.due.minutes
        strength_days += item.due.strength_days
        # the sum of a week is not known where one of its prescriptions names no dose
        dose_min += sum(part.dose_min or 0.0 for part in item.due.parts)
    return SummedDue(
        sessions=sessions, minutes=minutes, dose_min=dose_min, strength_days=strength_days
    )


def _range_needs(
    prescribed: Iterable[Prescription], profile: HeartProfile | None, last: date
) -> tuple[RangeNeed, ...]:
    needs = (range_needs(row.intensity, profile, last) for row in prescribed)
    return tuple(dict.fromkeys(chain.from_iterable(needs)))


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


def _raised(alerts: Sequence[AlertBrief], first: date, zone: str) -> tuple[AlertBrief, ...]:
    raised = [alert for alert in alerts if local_date(alert.raised_ms, zone) >= first]
    return tuple(sorted(raised, key=lambda alert: (alert.raised_ms, alert.id)))
