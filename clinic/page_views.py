"""What the pages and the API show of a patient, a session and an alert, as values. Pure."""

from dataclasses import dataclass

from clinic.pages.curve import Curve
from clinic.pages.heatmap import Heatmap
from clinic.pages.weeks import WeekView
from clinic.worklist.needs import Need
from model.connection_state import ConnectionState
from model.derived.sessions import Session, SourceSelection
from model.facts import Source
from model.intensity import HeartProfile
from model.notes.annotation import Annotation, PinnedNote
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Prescription
from storage.reads.shown_values import (
    AlertBrief,
    AlertPage,
    AuditReads,
    AuditRow,
    DroppedRow,
    FactRow,
    PatientBrief,
    ReportRow,
    SourceRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorConnection:
    """How an account at a vendor is connected: its state, and since when (epoch ms).

    Of `announced` fetches of the time before it was linked, `fetched` have ended, and `requested`
    were taken by a vendor that only pushes; `received_ms` is when something came last.
    """

    connector: str
    state: ConnectionState
    since_ms: int | None
    link_expires_ms: int | None
    received_ms: int | None
    fetched: int
    requested: int
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """All that the page of a patient shows.

    `need` and `reason` are those of the patient's row of the worklist.
    `in_force` is what is prescribed today, `prescriptions` all versions, newest first. `calendar`
    has a square for each date of twelve weeks, and `weeks` has the same weeks, the running one
    last. `settings` are the thresholds that are set for the patient. Weeks and pain are oldest
    first, sessions and audit newest first. `audit` is what was done
    with the data, `readers` who read them on which date. `notes` are the versions of the pinned
    note, newest first.
    """

    patient: PatientBrief
    name: str
    now_ms: int
    freshness: str
    silent: bool
    need: Need
    reason: str
    in_force: tuple[Prescription, ...]
    prescriptions: tuple[Prescription, ...]
    alerts: tuple[AlertBrief, ...]
    past_alerts: tuple[AlertBrief, ...]
    weeks: tuple[WeekView, ...]
    calendar: Heatmap
    pain: tuple[ReportRow, ...]
    sessions: tuple[Session, ...]
    sources: tuple[SourceRow, ...]
    connections: tuple[VendorConnection, ...]
    dropped: tuple[DroppedRow, ...]
    audit: tuple[AuditRow, ...]
    readers: tuple[AuditReads, ...]
    annotations: tuple[Annotation, ...]
    notes: tuple[PinnedNote, ...]
    settings: RuleSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session with its curve, the facts that it was derived from and the reports about it.

    `facts` are the first of `fact_count`.
    `selections` are the sources selected for its minutes, `prescribed` what is in force on its
    date, `profile` the patient's heart profile of that date.
    `measured` has each metric with each source that measured it, selected or not.
    """

    patient: PatientBrief
    name: str
    session: Session
    curve: Curve
    facts: tuple[FactRow, ...]
    fact_count: int
    reports: tuple[ReportRow, ...]
    selections: tuple[SourceSelection, ...]
    prescribed: tuple[Prescription, ...] = ()
    profile: HeartProfile | None = None
    measured: tuple[tuple[str, Source], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert with its frozen evidence and its history.

    `audit` is what was done with it, `readers` who read it on which date in `unit_zone`, the zone
    of the care unit.
    """

    name: str
    now_ms: int
    unit_zone: str
    page: AlertPage
    audit: tuple[AuditRow, ...]
    readers: tuple[AuditReads, ...]
