"""Rules, their input, their findings, and the alerts that rest on findings.

This module holds values only. Rules are evaluated in `alerts.registry`, and alerts change in
`alerts.lifecycle`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from model.alerting.rule_rows import (
    PainRating,
    RhythmNotice,
    SessionBrief,
    SignAnswer,
    Watermark,
    Weighing,
)
from model.derived.days import Day, Week
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Prescription, WrittenTimes
from model.schemas.prescription_bounds import Bounds


class Tier(StrEnum):
    """How soon a clinician should look at an alert.

    A: on the same working day. B: on the worklist, within two working days. C: in a digest.
    """

    A = "A"
    B = "B"
    C = "C"


class AlertState(StrEnum):
    """The state of an alert; `alerts.lifecycle.transitions` lists the moves between states."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    RETRACTED = "retracted"
    EXPIRED = "expired"


class Action(StrEnum):
    """What may happen to an alert: the kind of a move.

    RAISE begins an alert. Judging makes WORSEN (its tier rises), RETRACT (no evidence is left) and
    RESTORE (evidence that it had lost holds again, and gives it back or makes it as grave as it
    was). Time makes WAKE, ESCALATE (nobody has acknowledged it) and EXPIRE, and the budget DEMOTE
    and, on a later working day, PROMOTE. All others are a clinician's.
    """

    RAISE = "raise"
    WORSEN = "worsen"
    RETRACT = "retract"
    RESTORE = "restore"
    WAKE = "wake"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    DEMOTE = "demote"
    PROMOTE = "promote"
    ACKNOWLEDGE = "acknowledge"
    CLAIM = "claim"
    HAND_OVER = "hand_over"
    START = "start"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    REOPEN = "reopen"


# While an alert of its family is in one of these states, a patient gets no second one.
LIVE_STATES: frozenset[AlertState] = frozenset(
    {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS, AlertState.SNOOZED}
)


# A person has acknowledged it, or works on it.
TAKEN_UP_STATES = frozenset({AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS})

# A person has dealt with the patient's training as such: what came before is no news any more.
_RENEWING = frozenset({"contacted", "plan changed"})


def is_contact(resolution: str) -> bool:
    """Return whether an alert was resolved by a contact with the patient or a change of plan.

    `resolution` is the reason as it is stored, which a colon may separate from a note.
    """
    return resolution.partition(":")[0].strip() in _RENEWING


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One occasion on which a rule is met.

    `key` names the occasion (a report's record, a Monday), so judging the same occasion again gives
    the same finding. `at_ms` is the measured time (epoch ms) at which the rule began to be met.
    `from_ms` is the start of the earliest data that the finding rests on. `fresh` says that the
    finding may raise an alert now; it may do so until `fresh_until_ms`. `sentence` is the text that
    a clinician reads.

    `evidence` is for people. It holds JSON values: times, sources, coverage and thresholds, enough
    to judge the finding again by hand. No code bases a decision on it.
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
    sentence: str = ""  # the judge sets it, and why the finding raises no alert
    suppressed: str = ""

    @property
    def name(self) -> str:
        """The rule and the key: by it an alert holds its findings, each once."""
        return f"{self.rule}:{self.key}"

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """What sorts findings by time; rule and key decide between equal times."""
        return self.at_ms, self.rule, self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSentence:
    """What words a finding of an alert anew: its rule and evidence, and the sentence it has."""

    alert: str
    rule: str
    rule_version: int
    sentence: str
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInput:
    """Everything that the rules may read about a patient.

    `now_ms` is the current time (epoch ms). Rules read no other clock, so a judgement can be
    repeated exactly. `recorded` holds when each version of a prescription was recorded: a rule must
    raise nothing about what happened before. `earlier_weeks` lie before the look-back of all other
    rows, for rules that compare with the beginning of a prescription. `settings` are the thresholds
    that are set for the patient, and `restricted` the times [from, until) in epoch ms in which
    nothing may be raised. `contacts` are the times (epoch ms, in order) at which a clinician
    resolved an alert of a family of rules by a contact, see `is_contact`. `cardiac` is whether the
    heart profile of today names a disease of the heart. `weighings` and `rhythm_notices` are there
    only for whose prescription turns a rule on. `silent_patients` are, by vendor, the patients
    without data for two days and all whom it delivered to lately; only vendors of silent patients
    are counted.
    """

    patient: str
    zone: str
    now_ms: int
    prescriptions: tuple[Prescription, ...]
    weeks: tuple[Week, ...]
    days: tuple[Day, ...]
    sessions: tuple[SessionBrief, ...]
    pain: tuple[PainRating, ...]
    watermarks: tuple[Watermark, ...]
    recorded: WrittenTimes = field(default_factory=dict)
    earlier_weeks: tuple[Week, ...] = ()
    signs: tuple[SignAnswer, ...] = ()
    settings: RuleSettings = field(default_factory=RuleSettings)
    restricted: tuple[tuple[int, int], ...] = ()
    contacts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    cardiac: bool = False
    weighings: tuple[Weighing, ...] = ()
    rhythm_notices: tuple[RhythmNotice, ...] = ()
    silent_patients: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # What several rules work out of this input, by `alerts.worked_out`. It is no part of the value:
    # `replace` makes an input with none of it.
    worked_out: dict[Any, Any] = field(init=False, default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldThreshold:
    """A threshold that follows from a field of a prescription: its value `plus` a number."""

    field: str
    plus: float

    def of(self, prescription: Prescription) -> float:
        """Return the threshold under a prescription."""
        value: float = getattr(prescription, self.field)
        return value + self.plus


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: when it is met, the sentence for a finding, and when to judge again.

    A patient has at most one live alert for each `family`. `tier` is the gravest tier that a
    finding of the rule can have. A changed threshold or predicate needs a new `version`. The
    `thresholds` are our defaults, not clinical facts. A prescription may set those that
    `overridable` names, within bounds. The others bound the data that is judged and do not judge
    it. Of each pair of `in_order` the first threshold must not be above the second. `prescribed`
    are thresholds that follow from a field of a prescription. After a clinician has contacted the
    patient or changed the plan, a rule that is `renewed` counts only what began afterwards. A rule
    that is `about_missed` tells of what was not done or not delivered: it is held back while a
    pause lasts, and raises nothing while a history is loaded. Others are held back where their
    occasion lies in a pause.

    `predicate` yields the findings for a patient's rows. `sentence` makes the text of a finding
    from its evidence. `next_due` returns the times (epoch ms) at which the result may change
    without new data.
    """

    id: str
    family: str
    version: int
    tier: Tier
    title: str
    thresholds: Mapping[str, float]
    overridable: Mapping[str, Bounds]
    in_order: tuple[tuple[str, str], ...]
    cooldown_days: int
    prescribed: Mapping[str, FieldThreshold]
    renewed: bool
    # A function gets its own row, so that each threshold is written once: in the row.
    predicate: Callable[[RuleInput, "Rule"], Iterable[Finding]]
    sentence: Callable[[Mapping[str, Any]], str]
    next_due: Callable[[RuleInput, "Rule"], Iterable[int]]
    about_missed: bool = False
    nudges: bool = False  # the patient is asked to open the app when it raises an alert


@dataclass(frozen=True, slots=True, kw_only=True)
class LostFinding:
    """A finding that an alert has lost, and when (epoch ms): it may hold again.

    Its tier is the gravest that it has had, and what it rests on is of its latest form. A finding
    that only became milder is lost in its grave form, and the alert has it still.
    """

    finding: Finding
    lost_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it is stored.

    `findings` holds, by key, the findings that the alert rests on and that still hold. `assignee`
    is the subject of the clinician who took it, "" for nobody. `unseen_since_ms` is when it last
    became open, None once a person has acknowledged it; since then it was passed on `escalations`
    times. `taken_up_tier` is the tier that it had when a person last took it up (acknowledged,
    claimed or began it), None for never. `mutes` says up to when (epoch ms) a clinician has snoozed
    it at a tier. `is_demoted` says that its rule had exceeded the budget, so that evidence of tier
    B leaves it at C. `lost` are the findings that it has had and that do not hold now, or not as
    gravely. Of a retracted alert `findings` are all that it ever had, and `retracted_from` is the
    state it had.
    """

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
    assignee: str = ""
    unseen_since_ms: int | None = None
    taken_up_tier: Tier | None = None
    escalations: int = 0
    snoozed_until_ms: int | None = None
    mutes: Mapping[Tier, int] = field(default_factory=dict)
    is_demoted: bool = False
    retracted_from: AlertState | None = None
    lost: Mapping[str, LostFinding] = field(default_factory=dict)
