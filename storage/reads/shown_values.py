"""What the clinician door shows, as small frozen values.

Patients are known by pseudonym, never by the id of a row. Values whose names end in `_ms` are epoch
milliseconds in UTC. Local dates are dates in the patient's zone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from model.derived.days import Week
from model.derived.sessions import Session, SourceSelection
from model.facts import Source
from model.prescription import Prescription
from storage.notes.reviews import ReviewRow
from storage.reads.connections import ConnectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientBrief:
    """A patient as shown in lists and at the top of a page.

    `last_data_ms` is the latest measured instant of any source, None without data. `worn` is True
    when a source also records in the background. Only then do days without data mean anything.
    """

    pseudonym: str
    zone: str
    care_unit: str
    created_ms: int
    last_data_ms: int | None
    worn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBrief:
    """An alert in its present state.

    `assignee` is the subject of the clinician who took it, "" for nobody. `last_move` is the number
    of its latest move: an action that names an older one is refused. `useful` is what the clinician
    who resolved it thought of it. `is_demoted` says that it waits in the digest for a working day
    whose budget has room for it.
    """

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
    assignee: str = ""
    assignee_name: str = ""
    last_move: int = 0
    useful: bool | None = None
    is_demoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """A patient on the worklist.

    Live alerts are in order of tier, then oldest first. `review` is the latest mark "reviewed", and
    `contacted_ms` when the patient was contacted last about an alert.
    """

    patient: PatientBrief
    alerts: tuple[AlertBrief, ...]
    prescriptions: tuple[Prescription, ...]
    connections: tuple[ConnectionRow, ...] = ()
    review: ReviewRow | None = None
    contacted_ms: int | None = None
    tags: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A patient's report; `value` is on `scale`.

    `session` is the record of the session that the report names, "" for none. A mark of a clinician
    is a row as well, with the `vendor` of `model.marks`; a mark has a `reason`, and `at_ms` is the
    start of its session.
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
    reason: str
    vendor: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A device of a vendor, and the latest measured instant that it has delivered (`time_ms`)."""

    vendor: str
    device: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedRow:
    """How many bodies of a connector were dropped without consent, and when they came."""

    connector: str
    bodies: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A line of the audit log of a patient: who did what, and when."""

    at_ms: int
    actor: str
    role: str
    care_unit: str
    action: str
    object: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReads:
    """What a person read of a patient on a local date: how often, and from when to when.

    `objects` are the kinds of what was read, such as patient or session. `origins` say from where:
    each has a door, and the class of the address.
    """

    local_date: date
    actor: str
    role: str
    care_unit: str
    reads: int
    first_ms: int
    last_ms: int
    objects: tuple[str, ...]
    origins: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """A stored fact that a number is based on.

    `body` is the SHA-256 (hex) of the payload that the fact comes from. `kept_bytes` is the size of
    that payload, None when it is not kept.
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
    """A finding of an alert, with the evidence as it was when the finding was added."""

    key: str
    rule: str
    rule_version: int
    tier: str
    at_ms: int
    session: str | None
    evidence: dict[str, Any]
    current: bool
    added_ms: int
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """A move of an alert; `kind` is an action, "" in old rows.

    `responsible` are the names of those who have to act after it, none for everybody, and
    `subjects` their subjects.
    """

    at_ms: int
    actor: str
    from_state: str | None
    to_state: str
    reason: str
    kind: str = ""
    actor_name: str = ""
    responsible: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertNote:
    """A clinician's note about an alert; `is_shared` when the patient may read it too."""

    id: int
    at_ms: int
    author: str
    author_name: str
    text: str
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """Everything on a patient's page; sessions newest first, weeks and pain oldest first."""

    patient: PatientBrief
    prescriptions: tuple[Prescription, ...]
    alerts: tuple[AlertBrief, ...]
    past_alerts: tuple[AlertBrief, ...]
    weeks: tuple[Week, ...]
    pain: tuple[ReportRow, ...]
    sessions: tuple[Session, ...]
    sources: tuple[SourceRow, ...]
    dropped: tuple[DroppedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpan:
    """A session by its id, from `start_ms` to `end_ms` (epoch ms, exclusive)."""

    id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSheet:
    """A session and what it was derived from.

    `heart` has (epoch ms, beats per minute), with a single value for each instant. `selections` are
    the source selections of its minutes, cut at its start and end, in order of metric and time.
    `fact_count` counts all facts, of which `facts` are at most the first 200.
    `reports` are those that name it, and those that may belong to it or to another of the sessions
    `near` it by their time.
    """

    patient: PatientBrief
    session: Session
    heart: tuple[tuple[int, float], ...]
    facts: tuple[FactRow, ...]
    fact_count: int
    reports: tuple[ReportRow, ...]
    near: tuple[SessionSpan, ...]
    selections: tuple[SourceSelection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """An alert with its findings, its moves and the notes about it, oldest first."""

    patient: PatientBrief
    alert: AlertBrief
    findings: tuple[FindingRow, ...]
    moves: tuple[MoveRow, ...]
    notes: tuple[AlertNote, ...] = ()
