"""The form of a prescription: texts of its fields, and the content that they say. Pure.

Names of fields are the paths of `PrescriptionContent`, so that a problem finds its field. Shares of
heart rate are percent on the page and fractions in the model.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from clinic.prescribing.bodies import PrescriptionContent
from model import codec
from model.prescription import STEPPED, Intensity, Prescription, ProgressionStep
from model.words.language import N_, _, translated
from web.mistakes import mistakes_in
from web.problems import Violation

FREE_STEPS = 2  # rows of the progression that are left for more
_PERCENT = frozenset({"hrr", "hrmax"})
_LISTS = ("types", "weekdays")
# Fields that the form has no place for keep what the prescription before it says.
_KEPT = ("pauses", "rules", "progression_from", "form", "renews")
_TEXTS = ("activity", "reason", "function", "balance")
_INTEGERS = (
    "sessions_per_week",
    "minutes_per_session",
    "most_minutes_per_session",
    "strength_days",
    "pain_limit",
    "max_per_day",
)
_NUMBERS = ("dose_min_per_week", "hr_ceiling", "rpe_ceiling")
_STEP_INTEGERS = ("from_week", "sessions_per_week", "minutes_per_session")

FIELD_LABELS: dict[str, str] = {
    "activity": N_("Activity, in your words"),
    "types": N_("Sessions that count"),
    "sessions_per_week": N_("Times a week"),
    "weekdays": N_("On these days"),
    "max_per_day": N_("Sessions that count on one day, at most"),
    "strength_days": N_("Days a week with strength training"),
    "minutes_per_session": N_("Minutes each time, at least"),
    "most_minutes_per_session": N_("Minutes each time, at most"),
    "dose_min_per_week": N_("Dose a week: moderate minutes + 2 × vigorous"),  # noqa: RUF001
    "intensity.method": N_("Measured by"),
    "intensity.low": N_("From"),
    "intensity.high": N_("Up to"),
    "hr_ceiling": N_("Heart rate not above"),
    "rpe_ceiling": N_("Exertion not above"),
    "rpe_scale": N_("On the scale"),
    "pain_limit": N_("Acceptable pain, at most"),
    "cardiac": N_("Heart disease: alerts about it come earlier"),
    "from_week": N_("From week"),
    "valid_from": N_("First day"),
    "valid_to": N_("Last day"),
    "reason": N_("Reason for the prescription"),
    "diagnoses": N_("Codes of diagnoses, with commas between"),
    "function": N_("Function: what the patient can do"),
    "balance": N_("Balance"),
    "follow_up.who": N_("Who follows up"),
    "follow_up.how": N_("How"),
    "follow_up.on": N_("On which day"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormErrors:
    """What is wrong with a form: texts by field, and those of no field that it has."""

    by_field: Mapping[str, str]
    general: tuple[str, ...]

    def of(self, name: str) -> str:
        """Return the text of a field, "" when it is right."""
        return self.by_field.get(name, "")

    def __bool__(self) -> bool:
        """Return whether anything is wrong."""
        return bool(self.by_field or self.general)


# The fields of a pause and of an end, with the labels that they have there.
SHORT_FORMS: dict[str, str] = {"first": N_("From"), "last": N_("To"), "why": N_("Because of")}
NO_ERRORS = FormErrors(by_field={}, general=())


def blank_prescription(today: date, last: date) -> Prescription:
    """Return what a new form begins with: 30 minutes three times a week, of moderate exertion."""
    return Prescription(
        id="",
        version=1,
        valid_from=today,
        valid_to=last,
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="rpe_cr10", low=3, high=5),
    )


def typed_fields(prescription: Prescription) -> dict[str, list[str]]:
    """Return the texts of a form's fields that say what a prescription says."""
    fields: dict[str, list[str]] = {
        "valid_from": [prescription.valid_from.isoformat()],
        "valid_to": [prescription.valid_to.isoformat()],
        "types": list(prescription.types),
        "weekdays": list(prescription.weekdays),
        "diagnoses": [", ".join(prescription.diagnoses)],
        "rpe_scale": [prescription.rpe_scale],
        "cardiac": ["yes"] if prescription.cardiac else [],
    }
    for name in (*_INTEGERS, *_NUMBERS):
        fields[name] = [_shown(getattr(prescription, name))]
    for name in _TEXTS:
        fields[name] = [getattr(prescription, name)]
    _type_intensity(fields, "intensity", prescription.intensity)
    plan = prescription.follow_up
    fields["follow_up.who"] = [plan.who if plan else ""]
    fields["follow_up.how"] = [plan.how if plan else ""]
    fields["follow_up.on"] = [plan.on.isoformat() if plan and plan.on else ""]
    for number, step in enumerate(prescription.progression):
        _type_step(fields, f"progression.{number}", step)
    return fields


def _type_step(fields: dict[str, list[str]], path: str, step: ProgressionStep) -> None:
    for name in _STEP_INTEGERS:
        fields[f"{path}.{name}"] = [_shown(getattr(step, name))]
    if step.intensity is not None:
        _type_intensity(fields, f"{path}.intensity", step.intensity)


def _type_intensity(fields: dict[str, list[str]], path: str, intensity: Intensity) -> None:
    times = 100 if intensity.method in _PERCENT else 1
    fields[f"{path}.method"] = [intensity.method]
    fields[f"{path}.low"] = [_shown(intensity.low * times)]
    fields[f"{path}.high"] = [_shown(intensity.high * times)]


def _shown(number: float | None) -> str:
    # six digits: 0.57 * 100 is 56.99999999999999
    return "" if number is None else f"{number:g}"


def content_typed(
    fields: Mapping[str, Sequence[str]], before: Prescription
) -> tuple[PrescriptionContent | None, FormErrors]:
    """Return the content that a form's fields say, or None and what is wrong with them.

    `before` is what the form began with: what has no field is taken from it.
    """
    content = _kept_content(before)
    for name in (*_TEXTS, "valid_from", "valid_to", "rpe_scale"):
        content[name] = _text(fields, name)
    for name in (*_INTEGERS, *_NUMBERS):
        content[name] = _number(_text(fields, name))
    for name in _LISTS:
        content[name] = list(fields.get(name, ()))
    content["cardiac"] = _text(fields, "cardiac") == "yes"
    content["diagnoses"] = list(filter(None, map(str.strip, _text(fields, "diagnoses").split(","))))
    content["intensity"] = _intensity(fields, "intensity", _text(fields, "intensity.method"))
    content["progression"] = _steps(fields, before)
    plan = {name: _text(fields, f"follow_up.{name}") for name in ("who", "how", "on")}
    content["follow_up"] = {**plan, "on": plan["on"] or None} if any(plan.values()) else None
    # Times a week may be left to the days that were chosen.
    if content["sessions_per_week"] is None and content["weekdays"]:
        content["sessions_per_week"] = len(content["weekdays"])
    try:
        return PrescriptionContent.model_validate(content), NO_ERRORS
    except ValidationError as error:
        return None, _errors(mistakes_in(error))


def _kept_content(before: Prescription) -> dict[str, Any]:
    members = codec.loads(codec.dumps(codec.plain(before)))
    return {"id": before.id, **{name: members[name] for name in _KEPT}}


def _steps(fields: Mapping[str, Sequence[str]], before: Prescription) -> list[dict[str, Any]]:
    """Return the steps in whose row something was written; others keep what had no field."""
    steps: list[dict[str, Any]] = []
    for number in range(len(before.progression) + FREE_STEPS):
        path = f"progression.{number}"
        step: dict[str, Any] = {}
        for name in _STEP_INTEGERS:
            step[name] = _number(_text(fields, f"{path}.{name}"))
        if _text(fields, f"{path}.intensity.low") or _text(fields, f"{path}.intensity.high"):
            method = _text(fields, "intensity.method")
            step["intensity"] = _intensity(fields, f"{path}.intensity", method)
        if all(value is None for value in step.values()):
            continue
        steps.append({**_rest_of_step(before, number), **step})
    return steps


def _rest_of_step(before: Prescription, number: int) -> dict[str, Any]:
    if number >= len(before.progression):
        return {}
    step = before.progression[number]
    hidden = set(STEPPED) - {*_STEP_INTEGERS, "intensity"}
    members: dict[str, Any] = codec.plain(replace(step, intensity=None))
    return {name: members[name] for name in sorted(hidden)}


def _intensity(fields: Mapping[str, Sequence[str]], path: str, method: str) -> dict[str, Any]:
    share = 100 if method in _PERCENT else 1
    result: dict[str, Any] = {"method": method}
    for name in ("low", "high"):
        value = _number(_text(fields, f"{path}.{name}"))
        # ten digits: 0.57 is written as 57, and must be 0.57 again
        result[name] = round(value / share, 10) if isinstance(value, float | int) else value
    return result


def _text(fields: Mapping[str, Sequence[str]], name: str) -> str:
    values = fields.get(name, ())
    return values[0].strip() if values else ""


def _number(text: str) -> float | int | str | None:
    """Return the number that a text is, None for an empty one, and the text where it is none."""
    if not text:
        return None
    try:
        # Python reads 1_0 as ten; nobody means that
        value = float(text.replace(",", ".").replace("_", " _ "))
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def violations_by_field(
    violations: Sequence[Violation], fields: Collection[str] = FIELD_LABELS
) -> FormErrors:
    """Return what `clinic.prescribing.writing` refused, by the fields of a form."""
    return _errors([(row.name, row.detail) for row in violations], fields)


def invalid_fields(error: ValidationError) -> FormErrors:
    """Return what is wrong with the fields of a short form, such as a date that is none."""
    return _errors(mistakes_in(error), SHORT_FORMS)


def _errors(
    mistakes: Sequence[tuple[str, str]], fields: Collection[str] = FIELD_LABELS
) -> FormErrors:
    by_field: dict[str, str] = {}
    general: list[str] = []
    for path, text in mistakes:
        name = path if path in fields else _field_of(path)
        sentence = _plain_words(text)
        if name:
            by_field.setdefault(name, sentence)
        else:
            general.append(f"{path} {sentence}")
    return FormErrors(by_field=by_field, general=tuple(general))


def _field_of(path: str) -> str:
    """Return the field of the form that a path leads to, "" where the form has none."""
    if path in FIELD_LABELS:
        return path
    first, *rest = path.split(".")
    if first != "progression" or not rest:
        return first if first in FIELD_LABELS else ""
    # A step is a row; what has no field of its own is said at the beginning of the row.
    number, *name = rest
    field = name[0] if name and name[0] in _STEP_INTEGERS else "from_week"
    if name[:1] == ["intensity"]:
        field = "intensity.high" if name[-1] == "high" else "intensity.low"
    return f"progression.{number}.{field}"


def _plain_words(text: str) -> str:
    """Return a sentence about a field with the labels of the form in place of the fields' names."""
    words: list[str] = []
    labels = {**FIELD_LABELS, **SHORT_FORMS}
    # every second piece stood between two marks, and is a name
    for number, piece in enumerate(text.split("`")):
        is_name = number % 2 == 1
        words.append(
            f"\u201c{translated(labels[piece])}\u201d" if is_name and piece in labels else piece
        )
    return "".join(words)


def label_of_field(name: str) -> str:
    """Return the label of a field in the reader's language."""
    parts = name.split(".")
    if parts[0] == "progression":
        return _("Step %(number)s", number=int(parts[1]) + 1)
    return translated(FIELD_LABELS[name])
