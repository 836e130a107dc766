"""What the clinician door shows, as small frozen values.

They hold pseudonyms and instants, never a surrogate id. Names ending in `_ms` are epoch
milliseconds in UTC; local dates are dates in the patient's zone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from model.derived import Session, SourceSelection, Week
from model.facts import Source
from model.prescription import Prescription


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientBrief:
    """Whose page it is. `last_data_ms` is the latest measured instant of any source, None when there is none.

    `worn` is True when a source records in the background too, so that some days without data say something.
    """

    pseudonym: str
    zone: str
    care_unit: str
    created_ms: int
    last_data_ms: int | None
    worn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBrief:
    """One alert as it is now."""

    id: str
    pseudonym: str
    family: str
    rule: str
    rule_version: int
    tier: str
    state: str
    raised_ms: int
    changed_ms: int
    snoozed_until_ms: int | None
    sentence: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One patient of a care unit.

    Live alerts (tier, then oldest first), the latest weeks (oldest first).
    """

    patient: PatientBrief
    alerts: tuple[AlertBrief, ...]
    weeks: tuple[Week, ...]
    prescriptions: tuple[Prescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One answer of a patient; `value` is on `scale`.

    `session` is the record it names, "" when it names none.
    """

    record: str
    at_ms: int
    local_date: date
    instrument: str
    phase: str
    value: float | None
    scale: str
    session: str
    site: str
    type: str
    equipment: tuple[str, ...]
    vendor: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """How far one source has delivered."""

    vendor: str
    app: str
    device: str
    device_type: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who did what to this patient's data, when."""

    at_ms: int
    actor: str
    role: str
    care_unit: str
    action: str
    object: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One stored fact below a number, with the SHA-256 (hex) of the body that told it.

    `kept_bytes` is the size of that body in the body store, None when it is not kept there.
    """

    kind: str
    record: str
    revision: int
    metric: int
    part: int
    start_ms: int
    end_ms: int
    received_ms: int
    connector: str
    source: Source
    body: str
    kept_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One occasion that an alert rests on, with its evidence frozen when it was added."""

    key: str
    rule: str
    rule_version: int
    tier: str
    at_ms: int
    session: str | None
    evidence: dict[str, Any]
    current: bool
    added_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One step in the life of an alert."""

    at_ms: int
    actor: str
    from_state: str | None
    to_state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """Everything on one patient's page; sessions newest first, weeks and pain oldest first."""

    patient: PatientBrief
    prescriptions: tuple[Prescription, ...]
    alerts: tuple[AlertBrief, ...]
    past_alerts: tuple[AlertBrief, ...]
    weeks: tuple[Week, ...]
    pain: tuple[ReportRow, ...]
    sessions: tuple[Session, ...]
    sources: tuple[SourceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSheet:
    """One session and what it was derived from.

    `heart` is (epoch ms, beats a minute), one value an instant. `choices` are those of its minutes,
    cut at its ends, by metric and time.
    """

    patient: PatientBrief
    session: Session
    heart: tuple[tuple[int, float], ...]
    facts: tuple[FactRow, ...]
    reports: tuple[ReportRow, ...]
    choices: tuple[SourceSelection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """One alert with its findings and its moves."""

    patient: PatientBrief
    alert: AlertBrief
    findings: tuple[FindingRow, ...]
    moves: tuple[MoveRow, ...]
