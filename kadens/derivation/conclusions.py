"""Derives and judges what is held of one patient: sessions, days, weeks and findings. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import TypeVar

from alerts.registry import judge
from clinic.answers.adherence import Measured, measured
from clinic.answers.briefs import session_brief
from clinic.answers.days import reach
from kadens.derivation.held_facts import HeldFacts
from kadens.derivation.manifest import Manifest
from model.alert import Finding, RuleInput
from model.alerting.rule_rows import SessionBrief, Watermark
from model.calendar import DAY_MS, local_date, monday
from model.columns.window import Window
from model.derived.changes import Derived
from model.derived.days import Day, DayState, Week
from model.facts import AttributedFact, Report
from model.prescribing.blocked_dates import blocked_among
from model.prescription import Prescription
from storage.alerts.report_answers import is_cardiac, pain_ratings, sign_answers
from storage.alerts.rhythm_notices import notices_in
from storage.alerts.rule_inputs import EARLIER_DAYS, LOOK_BACK_DAYS
from storage.alerts.rule_samples import turns_rule_on
from storage.alerts.weighings import weighings_in
from stream.compute.day_states import DayStateInput, day_states
from stream.compute.derive import derive
from stream.compute.row_changes import day_changes, week_changes
from stream.compute.wear import is_on_patient, is_worn_all_day

_T = TypeVar("_T")

MOST_DATES = 4_000  # listed between the first and the last; a clock in 1989 must not list 37 years
_PATIENT_ID = 0  # the only patient's, in the keys of rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusions:
    """Everything that follows from a manifest.

    `days` and `weeks` have a row where something is known. `states` has every date that is listed,
    `measured` the weeks that a prescription covers completely. `dates` and `mondays` are in order.
    """

    window: Window
    derived: Derived
    days: Mapping[date, Day]
    weeks: Mapping[date, Week]
    dates: tuple[date, ...]
    mondays: tuple[date, ...]
    states: Mapping[date, DayState]
    state_input: DayStateInput
    measured: Mapping[date, Measured]
    findings: tuple[Finding, ...]


def conclude(manifest: Manifest, held: HeldFacts) -> Conclusions:
    """Return what the worker would store, and what the rules say of it at the manifest's `now`."""
    # A single window over everything: rows do not depend on which dates are derived together. They
    # do not depend on consent either: what was prescribed is kept. What is due without consent is
    # nothing, so adherence and rules take `effective_prescriptions`.
    window = held.window(manifest.profiles, manifest.prescriptions)
    derived = derive(window)
    days, weeks = day_and_week_rows(window, derived)
    dates = _listed_dates(days, local_date(manifest.now_ms, manifest.zone))
    mondays = tuple(sorted(set(map(monday, dates))))
    state_input = _state_input(manifest, held, days, dates)
    return Conclusions(
        window=window,
        derived=derived,
        days=days,
        weeks=weeks,
        dates=dates,
        mondays=mondays,
        states=day_states(dates, state_input),
        state_input=state_input,
        measured=_measured(weeks, mondays, manifest.effective_prescriptions),
        findings=judge(rule_input(manifest, held, derived, days, weeks)),
    )


def day_and_week_rows(window: Window, derived: Derived) -> tuple[dict[date, Day], dict[date, Week]]:
    """Return the rows that storage would hold, by date and Monday."""
    dates = list(product((_PATIENT_ID,), window.dates))
    # Compared with an empty table the changes are all rows; dates without anything have none.
    _, after = day_changes({}, {_PATIENT_ID: derived}, dates)
    return _by_date(after), _by_date(week_changes({}, after).put)


def _by_date(rows: Mapping[tuple[int, date], _T]) -> dict[date, _T]:
    """Return the rows of the only patient in the order of their dates."""
    return {day: row for (_, day), row in sorted(rows.items())}


def _listed_dates(days: Iterable[date], today: date) -> tuple[date, ...]:
    """Return every date from the first with a row to today, and those with a row after today."""
    with_row = sorted(days)
    if not with_row or (today - with_row[0]).days > MOST_DATES:
        return tuple(with_row)
    # From a Monday on, because the first week is judged with all of its days.
    first = monday(with_row[0])
    return tuple(sorted({*with_row, *_from_on(first, (today - first).days + 1)}))


def _from_on(first: date, number: int) -> Iterator[date]:
    """Yield so many dates from one on."""
    for ahead in range(number):
        yield first + timedelta(days=ahead)


def _state_input(
    manifest: Manifest, held: HeldFacts, days: Mapping[date, Day], dates: Sequence[date]
) -> DayStateInput:
    return DayStateInput(
        days=days,
        prescriptions=manifest.prescriptions,
        blocked=blocked_among(_reached(dates), manifest.gaps),
        since_ms=held.worn_since_ms(),
        watermarks=held.watermarks,
        zone=manifest.zone,
        today=local_date(manifest.now_ms, manifest.zone),
    )


def _reached(dates: Sequence[date]) -> list[date]:
    """Return every date of the weeks that dates lie in."""
    if not dates:
        return []
    reached: set[date] = set()
    for first in set(map(monday, dates)):
        reached.update(_from_on(first, 7))
    first, last = reach(sorted(dates))
    return [day for day in sorted(reached) if first <= day <= last]


def _measured(
    weeks: Mapping[date, Week], mondays: Iterable[date], prescriptions: Sequence[Prescription]
) -> dict[date, Measured]:
    """Return each week against all prescriptions together, where they cover it completely."""
    measured_weeks: dict[date, Measured] = {}
    for first in mondays:
        item = measured(weeks.get(first), prescriptions, first)
        if item is not None:
            measured_weeks[first] = item
    return measured_weeks


def rule_input(
    manifest: Manifest,
    held: HeldFacts,
    derived: Derived,
    days: Mapping[date, Day],
    weeks: Mapping[date, Week],
) -> RuleInput:
    """Return what the rules may look at, as storage loads it for the worker."""
    since = local_date(manifest.now_ms, manifest.zone) - timedelta(days=LOOK_BACK_DAYS)
    earliest = since - timedelta(days=EARLIER_DAYS - LOOK_BACK_DAYS)
    # By record, as storage does: a pain answer names the record of its session.
    by_record: dict[str, SessionBrief] = {}
    briefs: list[SessionBrief] = []
    for row in derived.sessions:
        brief = session_brief(row)
        if row.local_date >= since and brief is not None:
            by_record[row.record] = brief
            briefs.append(brief)
    reports = _recent_reports(held, manifest.now_ms)
    columns = held.columns if turns_rule_on(manifest.prescriptions) else ()
    return RuleInput(
        patient=held.patient,
        zone=manifest.zone,
        now_ms=manifest.now_ms,
        prescriptions=manifest.effective_prescriptions,
        recorded=manifest.recorded,
        weeks=tuple(week for first, week in weeks.items() if first >= since),
        earlier_weeks=tuple(week for first, week in weeks.items() if earliest <= first < since),
        days=tuple(row for day, row in days.items() if day >= since),
        sessions=tuple(briefs),
        pain=pain_ratings(reports, manifest.zone, by_record),
        signs=sign_answers(reports, manifest.zone),
        cardiac=is_cardiac(manifest.profiles, local_date(manifest.now_ms, manifest.zone)),
        weighings=weighings_in(columns, manifest.now_ms),
        rhythm_notices=notices_in(columns, manifest.now_ms),
        watermarks=_rule_watermarks(held, manifest.now_ms),
    )


def _recent_reports(held: HeldFacts, now_ms: int) -> list[AttributedFact]:
    since_ms = now_ms - LOOK_BACK_DAYS * DAY_MS
    reports = [item for item in held.current_of_kind(Report) if item.fact.head.start_ms >= since_ms]
    return sorted(reports, key=lambda item: (item.fact.head.start_ms, item.fact.head.record))


def _rule_watermarks(held: HeldFacts, now_ms: int) -> tuple[Watermark, ...]:
    """Return how far each vendor has delivered; a clock that is ahead counts up to now.

    What a manifest names is complete, so none of it is a history that is still being loaded.
    """
    latest: dict[tuple[str, bool, bool, str], int] = {}
    for source, at_ms in held.watermarks.items():
        all_day = is_worn_all_day(source)
        # A rule waits for each device that is worn all day. Of other sources a vendor has delivered
        # when one of them has.
        device = (source.device or source.app) if all_day else ""
        key = source.vendor, is_on_patient(source), all_day, device
        latest[key] = max(latest.get(key, 0), at_ms)
    return tuple(
        Watermark(vendor=vendor, time_ms=min(at_ms, now_ms), worn=worn, all_day=day, device=device)
        for (vendor, worn, day, device), at_ms in sorted(latest.items())
    )
