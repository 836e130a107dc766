"""What a client sends about a prescription: the content of a draft, a renewal, a pause, an end.

Types are checked here, by the door. What contradicts itself is found by `alerts.prescribing`.
"""

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from clinic.answers.json_types import JsonBool, JsonDate, JsonInteger, JsonNumber
from model.prescription import (
    FollowUpPlan,
    Intensity,
    Pause,
    Prescription,
    ProgressionStep,
)

MethodName: TypeAlias = Literal["hrr", "hrmax", "bpm", "rpe_cr10", "rpe_6_20", "watts", "cadence"]
WeekdayName: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PauseReason: TypeAlias = Literal["illness", "holiday", "clinician"]


class Sent(BaseModel):
    """Base of what is sent: a field that is not known is a mistake of the client."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class SentIntensity(Sent):
    """The range of intensity, from `low` up to `high`."""

    method: MethodName
    low: JsonNumber
    high: JsonNumber

    def value(self) -> Intensity:
        """Return it as the model has it."""
        return Intensity(method=self.method, low=self.low, high=self.high)


class SentStep(Sent):
    """What changes from a week on; what is left out stays as it was."""

    from_week: JsonInteger
    sessions_per_week: JsonInteger | None = None
    weekdays: tuple[WeekdayName, ...] | None = None
    minutes_per_session: JsonInteger | None = None
    most_minutes_per_session: JsonInteger | None = None
    dose_min_per_week: JsonNumber | None = None
    intensity: SentIntensity | None = None

    def value(self) -> ProgressionStep:
        """Return it as the model has it."""
        fields = {name: getattr(self, name) for name in SentStep.model_fields}
        fields["intensity"] = None if self.intensity is None else self.intensity.value()
        return ProgressionStep(**fields)


class SentPause(Sent):
    """The local dates of a pause, both included, and its reason in words."""

    first: JsonDate
    last: JsonDate
    why: str = Field(default="", max_length=200)


class SentFollowUp(Sent):
    """Who follows up, how, and on which local date."""

    who: str = Field(default="", max_length=200)
    how: str = Field(default="", max_length=200)
    on: JsonDate | None = None


class PrescriptionContent(Sent):
    """All that a clinician writes of a prescription; the fields are those of its JSON Schema.

    Without an `id` it is a new prescription. With the id of a stored one it is its next version.
    """

    id: str = Field(default="", max_length=64)
    valid_from: JsonDate
    valid_to: JsonDate
    sessions_per_week: JsonInteger
    minutes_per_session: JsonInteger
    intensity: SentIntensity
    types: tuple[str, ...] = ()
    weekdays: tuple[WeekdayName, ...] = ()
    most_minutes_per_session: JsonInteger | None = None
    dose_min_per_week: JsonNumber | None = None
    strength_days: JsonInteger = 0
    pain_limit: JsonInteger = 5
    hr_ceiling: JsonNumber | None = None
    rpe_ceiling: JsonNumber | None = None
    rpe_scale: Literal["borg-cr10", "borg-6-20"] = "borg-cr10"
    max_per_day: JsonInteger = 1
    cardiac: JsonBool = False
    progression: tuple[SentStep, ...] = ()
    progression_from: JsonDate | None = None
    pauses: tuple[SentPause, ...] = ()
    rules: dict[str, dict[str, JsonNumber]] | None = None
    reason: str = ""
    diagnoses: tuple[str, ...] = ()
    function: str = ""
    balance: str = ""
    activity: str = ""
    form: str = ""
    follow_up: SentFollowUp | None = None
    renews: str = ""

    def prescription(self, key: str, version: int) -> Prescription:
        """Return it as a version of the prescription with the id `key`, not checked yet."""
        plan = self.follow_up
        fields = {name: getattr(self, name) for name in PrescriptionContent.model_fields}
        return Prescription(
            **fields
            | {
                "id": key,
                "version": version,
                "intensity": self.intensity.value(),
                "progression": tuple(step.value() for step in self.progression),
                "pauses": tuple(Pause(**pause.model_dump()) for pause in self.pauses),
                "follow_up": None if plan is None else FollowUpPlan(**plan.model_dump()),
            }
        )


class RenewalBody(Sent):
    """Renew a prescription on new dates; `version` is the newest that the client knows."""

    version: JsonInteger
    valid_from: JsonDate
    valid_to: JsonDate


class PauseBody(Sent):
    """Pause a prescription; `version` is the newest that the client knows."""

    version: JsonInteger
    first: JsonDate
    last: JsonDate
    why: PauseReason


class EndBody(Sent):
    """End a prescription with a last local date; `version` is the newest that the client knows."""

    version: JsonInteger
    last: JsonDate
