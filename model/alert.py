"""Rules, what they may look at, what they find, and the alerts that rest on it. Values only."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from model.derived import Day, Week
from model.facts import Instrument, Phase
from model.prescription import Prescription


class Tier(StrEnum):
    """A: same working day. B: worklist, two working days. C: digest."""

    A = "A"
    B = "B"
    C = "C"


class AlertState(StrEnum):
    """The life of an alert; the moves are the table of `alerts.lifecycle`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    EXPIRED = "expired"


LIVE_STATES: frozenset[AlertState] = frozenset(
    {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS, AlertState.SNOOZED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One occasion on which a rule is met.

    `key` names the occasion (a report's record, a Monday): the same occasion is the same finding
    however often it is judged. `at_ms` is when, in measured time, the rule began to be met, and
    `from_ms` when the earliest thing it rests on began. `fresh` says that it may raise an alert
    now; it may do so until `fresh_until_ms`. `sentence` is what a clinician reads.

    `evidence` is for people: JSON-plain values, times, sources, coverage and thresholds, enough to
    judge it again by hand. No code decides anything by it.
    """

    rule: str
    rule_version: int
    family: str
    key: str
    tier: Tier
    at_ms: int
    from_ms: int
    fresh_until_ms: int
    evidence: dict[str, Any]
    session: str | None = None
    fresh: bool = True
    sentence: str = ""  # the judge sets it


@dataclass(frozen=True, slots=True, kw_only=True)
class PainRating:
    """One pain answer as the rules read it: NRS 0-10, phase, when, and the session it concerns (None: unknown)."""

    record: str
    at_ms: int
    local_date: date
    phase: Phase
    value: float
    scale: str
    session: str | None
    instrument: Instrument = Instrument.PAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBrief:
    """What a rule needs of a session."""

    id: str
    start_ms: int
    end_ms: int
    local_date: date
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """The latest measured instant that a source has delivered."""

    vendor: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInput:
    """Everything the rules may look at for one patient, and nothing else; `now_ms` is the clock."""

    patient: str
    zone: str
    now_ms: int
    prescriptions: tuple[Prescription, ...]
    weeks: tuple[Week, ...]
    days: tuple[Day, ...]
    sessions: tuple[SessionBrief, ...]
    pain: tuple[PainRating, ...]
    watermarks: tuple[Watermark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: when it is met, how that is worded, and when to look again.

    `family`: a patient has at most one live alert a family. `tier` is the gravest one of its
    findings. A changed threshold or predicate gets a new `version`. Every threshold is a default of
    ours and no clinical fact; a prescription may override it by rule id and name.

    `predicate` yields the findings of a patient's rows; `sentence` words one from its evidence;
    `next_due` returns the epoch ms at which its outcome may change without new data.
    """

    id: str
    family: str
    version: int
    tier: Tier
    title: str
    thresholds: Mapping[str, float]
    cooldown_days: int
    predicate: Callable[[RuleInput, "Rule"], Iterable[Finding]]
    sentence: Callable[[Mapping[str, Any]], str]
    next_due: Callable[[RuleInput, "Rule"], Iterable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as stored. `findings` are the occasions it rests on that still hold, by key."""

    id: str
    patient: str
    family: str
    rule: str
    tier: Tier
    state: AlertState
    raised_ms: int
    changed_ms: int
    sentence: str
    findings: dict[str, Finding] = field(default_factory=dict)
    resolution: str = ""


class StepKind(StrEnum):
    """What is done with an alert: raised, findings added or dropped, or the alert retracted."""

    RAISE = "raise"
    APPEND = "append"
    DROP = "drop"
    RETRACT = "retract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One effect of judging. `alert` is the id of the alert it concerns, None for RAISE.

    For RAISE and APPEND the `findings` become current, over those of the same rule and key; for
    DROP and RETRACT they are current no more. The other fields are those of the alert afterwards.
    """

    kind: StepKind
    family: str
    alert: str | None
    findings: tuple[Finding, ...]
    tier: Tier
    state: AlertState
    rule: str
    rule_version: int
    sentence: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementResult:
    """What comes of judging one patient: steps, and when to look again (epoch ms; None: never)."""

    steps: tuple[Step, ...]
    next_due_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A clinician who may get a patient's mail: the address ("" for none), and if responsible."""

    email: str
    responsible: bool
