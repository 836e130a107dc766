"""What judging a patient leads to: the steps of alerts, and when to judge again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from model.alert import Action, AlertState, Finding, Tier
from model.messages.contact import Digest


class StepKind(StrEnum):
    """What happens to an alert: it is raised, retracted or restored, or findings come or go.

    Time alone wakes, escalates and expires it. It is promoted where the budget has room.
    """

    RAISE = "raise"
    APPEND = "append"
    DROP = "drop"
    RETRACT = "retract"
    RESTORE = "restore"
    WAKE = "wake"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change to an alert that follows from judging or from time.

    `alert` is the id of the alert, None for RAISE. For RAISE, RESTORE and APPEND the `findings`
    become current and replace those with the same rule and key. For DROP and RETRACT they cease to
    be current. `moves` are the transitions that the step is; evidence that only joins an alert is
    none. `responsible` are those who have to act after it. `snoozed_until_ms` is set where the step
    leaves the alert snoozed. The other fields describe the alert after the step.
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
    moves: tuple[Action, ...] = ()
    responsible: tuple[str, ...] = ()
    snoozed_until_ms: int | None = None
    is_demoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementResult:
    """The result of judging a patient: the steps, and when to judge again.

    `next_due_ms` is in epoch ms; None means that only new data can change the result. The working
    day of the care unit, whose budget new alerts count against, began at `day_from_ms`, and the
    next begins at `day_until_ms`. The `promotions` follow the steps where that budget has room.
    `zone` is the unit's, and `digest_ms` when its next digests go out. `held` are the findings that
    raise no alert although their rule is met, `outages` the vendors whose silence held one back, as
    in `RuleInput.silent_patients`. `nudge` names a nudge that is due, "" for none.
    """

    steps: tuple[Step, ...]
    next_due_ms: int | None
    day_from_ms: int = 0
    day_until_ms: int = 0
    promotions: tuple[Step, ...] = ()
    held: tuple[Finding, ...] = ()
    outages: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    zone: str = "UTC"
    digest_ms: Mapping[Digest, int] = field(default_factory=dict)
    nudge: str = ""
