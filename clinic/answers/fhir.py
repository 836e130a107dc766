"""A patient's data as a FHIR R4 bundle, made from rows that were read. Pure.

It shows what the pages show: sessions, weeks, pain and alerts, each with what it rests on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fhir_r4.alerts import alert_resources
from fhir_r4.elements import FhirResource, bundle, known_patient, linked
from fhir_r4.observations import (
    PainAnswer,
    device_of,
    pain_observations,
    session_observations,
    week_observations,
)
from model.alert import Action, AlertState
from model.derived.algorithm import ALGORITHM
from model.derived.days import Week
from model.derived.sessions import Session
from model.facts import Instrument
from model.messages.alert_event import AlertSnapshot, FindingState
from model.prescribing.implicated import implicated_versions
from model.prescription import Prescription
from storage.reads.shown_values import AlertPage, FindingRow, ReportRow

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirRows:
    """The rows of a patient that a bundle is made from."""

    pseudonym: str
    sessions: Sequence[Session]
    weeks: Sequence[Week]
    reports: Sequence[ReportRow]
    alerts: Sequence[AlertPage]
    prescriptions: Sequence[Prescription] = ()


def fhir_bundle(values: FhirRows, now_ms: int) -> FhirResource:
    """Return a bundle of type `collection`, with the patient by pseudonym only."""
    subject = known_patient(values.pseudonym)
    devices = {made["id"]: made for made in map(device_of, _algorithms(values))}
    resources = [subject, *devices.values()]
    panels: list[tuple[Session, FhirResource]] = []
    for session in values.sessions:
        device = device_of(session.algorithm)
        panel, *members = session_observations(session, subject, device)
        panels.append((session, panel))
        resources += [panel, *members]
    for week in values.weeks:
        resources += week_observations(
            week, subject, device_of(week.algorithm), _panels_of(week, panels)
        )
    resources += pain_observations(_pain(values.reports), subject)
    for page in values.alerts:
        # the patient is there already
        resources += alert_resources(snapshot_of(page, values.prescriptions))[1:]
    return bundle("collection", linked(resources), now_ms)


def snapshot_of(page: AlertPage, prescriptions: Iterable[Prescription]) -> AlertSnapshot:
    """Return an alert as it is now, in the form in which its changes are sent.

    `prescriptions` are all versions of the patient's.
    """
    alert, findings = page.alert, tuple(map(_finding, page.findings))
    return AlertSnapshot(
        alert=alert.id,
        patient=alert.pseudonym,
        family=alert.family,
        rule=alert.rule,
        rule_version=alert.rule_version,
        tier=alert.tier,
        state=alert.state,
        raised_ms=alert.raised_ms,
        changed_ms=alert.changed_ms,
        sentence=alert.sentence,
        resolution=alert.resolution,
        retraction=_retraction(page),
        snoozed_until_ms=alert.snoozed_until_ms,
        findings=findings,
        owner=alert.assignee,
        owner_name=alert.assignee_name,
        prescriptions=implicated_versions(alert.family, findings, prescriptions, page.patient.zone),
    )


def _retraction(page: AlertPage) -> str:
    """Return why an alert is withdrawn, "" for one that is not."""
    if page.alert.state != AlertState.RETRACTED:
        return ""
    reasons = [move.reason for move in page.moves if move.kind == Action.RETRACT]
    return reasons[-1] if reasons else ""


def _finding(row: FindingRow) -> FindingState:
    return FindingState(
        rule=row.rule,
        rule_version=row.rule_version,
        key=row.key,
        tier=row.tier,
        at_ms=row.at_ms,
        sentence=row.sentence,
        evidence=row.evidence,
        current=row.current,
        session=row.session,
    )


def _algorithms(values: FhirRows) -> list[str]:
    """Return the versions that derived the rows, each once and in order."""
    versions = {ALGORITHM}
    versions.update(session.algorithm for session in values.sessions)
    versions.update(week.algorithm for week in values.weeks)
    return sorted(versions)


def _panels_of(week: Week, panels: Iterable[tuple[Session, FhirResource]]) -> list[FhirResource]:
    """Return the sessions that a week counts."""
    mine: list[FhirResource] = []
    for session, panel in panels:
        if session.counts and week.monday <= session.local_date < week.monday + _WEEK:
            mine.append(panel)
    return mine


def _pain(reports: Iterable[ReportRow]) -> Iterable[PainAnswer]:
    for row in reports:
        if row.instrument == Instrument.PAIN and row.value is not None:
            yield PainAnswer(
                record=row.record,
                at_ms=row.at_ms,
                phase=row.phase,
                value=row.value,
                scale=row.scale,
                site=row.site,
            )
