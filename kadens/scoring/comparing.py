"""Compares what became of a cohort with what is true of it. Pure.

An event is found by the first alert of its family that was raised while it held or within seven
days after, or to which evidence of that time was added while it was open. The alert must be at
least as urgent: A and B are for the worklist, C is for the digest. An alert of tier A or B is false
when no such event of its family held as it was raised, nor in the seven days before.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import median
from typing import Any, get_args

from kadens.scoring.cohort_files import (
    CohortFiles,
    CohortTruth,
    TruthEvent,
    TruthSession,
    TruthWeek,
    ZoneName,
)
from kadens.scoring.playing import PlayedCohort
from model.calendar import DAY_MS, MINUTE_MS, local_date, monday
from storage.reads.raised_alerts import DerivedSession, RaisedAlert

_URGENT = frozenset({"A", "B"})
# An alert may be raised so long after an event has ended: late data, the lag, and the answer that
# is waited for.
_AFTER_MS = 7 * DAY_MS
_WEEKS_A_YEAR = 365.25 / 7
_ADHERENCE = "adherence"
_WEEK = timedelta(days=7)
_ENOUGH = 0.8
_SAME = 0.5  # of the shorter of two sessions, from which they are one session


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """An event, and when an alert first showed it (epoch ms), None where none did."""

    event: TruthEvent
    shown_ms: int | None


def compare(cohort: CohortFiles, played: PlayedCohort) -> dict[str, Any]:
    """Return the figures of `kadens score` as JSON values; null where there is nothing to count."""
    truth = cohort.truth
    urgent = [alert for alert in played.alerts if alert.tier in _URGENT]
    matches = [_match(event, played.alerts) for event in truth.events if event.observable]
    by_event = _grouped(matches)
    # against all events: an alert that guessed right is not false, whatever the data showed
    false = [alert for alert in urgent if not _holds(alert, truth.events)]
    weeks = _patient_weeks(cohort)
    delays = list(_delays_days(matches))
    return {
        "sensitivity": _share(matches),
        "sensitivity_by_event": {name: _share(own) for name, own in by_event.items()},
        "events_by_kind": {name: len(own) for name, own in by_event.items()},
        "not_observable": sum(not event.observable for event in truth.events),
        "false_per_patient_week": _ratio(len(false), weeks),
        "false_per_patient_year": _ratio(len(false) * _WEEKS_A_YEAR, weeks),
        "from_missing_data": _from_missing_data(cohort, false),
        "median_delay_days": round(median(delays), 3) if delays else None,
        "ppv_by_rule": _ppv_by_rule(urgent, truth.events),
        "alerts": len(urgent),
        "alerts_per_clinician_day": _ratio(len(urgent), _working_days(cohort)),
        "patients": len(cohort.patients),
        "patient_weeks": round(weeks, 1),
        "sessions": compare_sessions(truth, played.sessions),
        "missed": [_missed(match) for match in matches if match.shown_ms is None],
        "false": [_false(alert) for alert in false],
    }


def _match(event: TruthEvent, alerts: Iterable[RaisedAlert]) -> _Match:
    shown: list[int] = []
    for alert in alerts:
        if alert.patient == event.patient:
            shown += _times_shown(alert, event)
    return _Match(event=event, shown_ms=min(shown, default=None))


def _times_shown(alert: RaisedAlert, event: TruthEvent) -> Iterator[int]:
    """Yield when an alert showed an event: as it was raised, and as evidence of it was added."""
    if _is_of(alert, event):
        yield alert.raised_ms
    # a patient has one open alert of a family: what comes while it is open is added to it
    if alert.family == event.family and alert.tier in _URGENT:
        for at_ms, added_ms in alert.added:
            in_time = event.from_ms <= added_ms <= event.until_ms + _AFTER_MS
            if in_time and event.from_ms <= at_ms <= event.until_ms:
                yield added_ms


def _is_of(alert: RaisedAlert, event: TruthEvent) -> bool:
    is_within = event.from_ms <= alert.raised_ms <= event.until_ms + _AFTER_MS
    # an alert in the digest does not tell of what a clinician must see at once
    is_as_urgent = (alert.tier in _URGENT) or event.tier not in _URGENT
    return alert.family == event.family and is_within and is_as_urgent


def _holds(alert: RaisedAlert, events: Iterable[TruthEvent]) -> bool:
    """Return whether an event worth its tier held when an alert was raised, observable or not."""
    for event in events:
        # what is enough for the digest does not excuse an alert on the worklist
        is_worth = event.tier in _URGENT or alert.tier not in _URGENT
        if event.patient == alert.patient and is_worth and _is_of(alert, event):
            return True
    return False


def _grouped(matches: Iterable[_Match]) -> dict[str, list[_Match]]:
    grouped: dict[str, list[_Match]] = defaultdict(list)
    for match in matches:
        grouped[match.event.event].append(match)
    return dict(sorted(grouped.items()))


def _share(matches: Sequence[_Match]) -> float | None:
    return _ratio(sum(match.shown_ms is not None for match in matches), len(matches))


def _delays_days(matches: Iterable[_Match]) -> Iterator[float]:
    """Yield by how many days each shown event was shown after it could be known, 0 for before."""
    for match in matches:
        if match.shown_ms is not None:
            # an alert before it could be known was lucky, and must not make up for a late one
            yield max(0, match.shown_ms - match.event.knowable_ms) / DAY_MS


def _ratio(part: float, total: float) -> float | None:
    return round(part / total, 5) if total else None


def _patient_weeks(cohort: CohortFiles) -> float:
    span_ms = cohort.head.ends_ms - cohort.head.begins_ms
    return len(cohort.patients) * span_ms / (7 * DAY_MS)


def _working_days(cohort: CohortFiles) -> float:
    """Return the working days of all clinicians, one for each 100 patients."""
    span_days = (cohort.head.ends_ms - cohort.head.begins_ms) / DAY_MS
    clinicians = max(1, round(len(cohort.patients) / 100))
    return clinicians * span_days * 5 / 7


def _from_missing_data(cohort: CohortFiles, false: Iterable[RaisedAlert]) -> int:
    """Return how many false alerts about adherence rest on sessions that nobody recorded.

    In the week of the alert, or one of the two before it, enough was done, and not enough recorded.
    """
    zones = {person.patient: person.zone for person in cohort.patients}
    weeks = {(week.patient, week.monday): week for week in cohort.truth.weeks}
    count = 0
    for alert in false:
        if alert.family != _ADHERENCE:
            continue
        this_week = monday(local_date(alert.raised_ms, zones[alert.patient]))
        count += any(_is_unrecorded(weeks, alert.patient, this_week - n * _WEEK) for n in range(3))
    return count


def _is_unrecorded(weeks: Mapping[tuple[str, date], TruthWeek], patient: str, first: date) -> bool:
    week = weeks.get((patient, first))
    if week is None:
        return False
    return week.done >= _ENOUGH * week.due > week.recorded


def _ppv_by_rule(
    alerts: Iterable[RaisedAlert], events: Sequence[TruthEvent]
) -> dict[str, float | None]:
    """Return the share of the alerts of each rule that told of an event."""
    right: dict[str, list[bool]] = defaultdict(list)
    for alert in alerts:
        right[alert.rule].append(_holds(alert, events))
    return {rule: _ratio(sum(own), len(own)) for rule, own in sorted(right.items())}


def _missed(match: _Match) -> dict[str, Any]:
    event = match.event
    return {
        "patient": event.patient,
        "event": event.event,
        "from_ms": event.from_ms,
        "knowable_ms": event.knowable_ms,
        "until_ms": event.until_ms,
    }


def _false(alert: RaisedAlert) -> dict[str, Any]:
    return {"patient": alert.patient, "rule": alert.rule, "raised_ms": alert.raised_ms}


def compare_sessions(truth: CohortTruth, sessions: Iterable[DerivedSession]) -> dict[str, Any]:
    """Return how many of the true sessions that were recorded were found, and how exactly.

    `boundary_p95_s` is over the starts and ends of those found, in seconds. The error of zones is
    over sessions whose true zones are known: half of the sum of absolute differences, because a
    minute in a wrong zone is missing in another one.
    """
    by_patient: dict[str, list[DerivedSession]] = defaultdict(list)
    for session in sessions:
        by_patient[session.patient].append(session)
    # what no device saw cannot be found, and says nothing of how well sessions are found
    recorded = [row for row in truth.sessions if row.recorded]
    edges_s: list[float] = []
    errors_min: list[float] = []
    count = 0
    for row in recorded:
        derived = _best(row, by_patient[row.patient])
        if derived is None:
            continue
        count += 1
        edges_s += [
            abs(derived.start_ms - row.start_ms) / 1000,
            abs(derived.end_ms - row.end_ms) / 1000,
        ]
        if row.zones_ms is not None:
            errors_min.append(_zone_error_min(row.zones_ms, derived.zones_ms))
    return {
        "true": len(recorded),
        "found": _ratio(count, len(recorded)),
        "boundary_p95_s": _p95(edges_s),
        "zone_error_minutes_p95": _p95(errors_min),
    }


def _best(row: TruthSession, sessions: Iterable[DerivedSession]) -> DerivedSession | None:
    """Return the session that shares most time with a true one, None where it shares too little."""
    near = [session for session in sessions if _common_ms(row, session) > 0]
    if not near:
        return None
    best = max(near, key=partial(_common_ms, row))
    # of the shorter, so that a true walk of an hour is not found by a session of all day
    shorter_ms = min(row.end_ms - row.start_ms, best.end_ms - best.start_ms)
    return best if _common_ms(row, best) >= _SAME * shorter_ms else None


def _common_ms(row: TruthSession, session: DerivedSession) -> int:
    return min(row.end_ms, session.end_ms) - max(row.start_ms, session.start_ms)


def _zone_error_min(truth: Mapping[ZoneName, int], derived: Mapping[str, int]) -> float:
    # a zone that the truth leaves out held nothing
    zones = get_args(ZoneName)
    total_ms = sum(abs(truth.get(name, 0) - derived.get(name, 0)) for name in zones)
    return total_ms / 2 / MINUTE_MS


def _p95(values: Sequence[float]) -> float | None:
    """Return the value below which 95 % of the values lie (nearest rank)."""
    if not values:
        return None
    rank = -(-95 * len(values) // 100)
    return round(sorted(values)[rank - 1], 3)
