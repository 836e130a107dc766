"""What care units and clinicians set of the rules. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

SettingValues: TypeAlias = Mapping[str, Mapping[str, float]]  # by rule and by threshold

SHADOW = "shadow"  # the name of the setting of a unit that a rule is judged and raises nothing
PROFILE = "profile"  # the name of the setting of a patient that chooses a profile


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """What holds for a patient: the unit's defaults, the patient's profile and own values.

    A later one of these stands before an earlier one. `shadow` are the rules that are judged and
    stored at the patient's care unit, and raise no alert and no message.
    """

    unit: SettingValues = field(default_factory=dict)
    profile: str = ""
    own: SettingValues = field(default_factory=dict)
    shadow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetting:
    """A change of a setting: who made it, when (epoch ms) and why.

    Without a patient (pseudonym) it is a default of the care unit. `value` is None where the
    setting was taken back. `rule` is "" for a patient's profile, whose name is `word`.
    """

    patient: str
    rule: str
    name: str
    value: float | None
    word: str = ""
    set_ms: int = 0
    set_by: str = ""
    why: str = ""
