"""The check of a prescription, with what it says about rules. Pure.

Every way in which a prescription is written goes through `prescribing_problems`.
"""

from collections.abc import Iterator, Mapping

from alerts.registry import RULE
from model.alert import Rule
from model.prescribing.canonical import prescription_hash
from model.prescription import Prescription
from model.schemas.documents import named_schema, prescription_schema
from model.schemas.from_types import JsonSchema
from model.schemas.prescription_bounds import bounds_text, is_countable, within
from model.schemas.prescription_check import prescription_problems
from model.words.language import _

OVERRIDABLE = {rule.id: rule.overridable for rule in RULE.values()}


def published_prescription() -> JsonSchema:
    """Return the published JSON Schema of a prescription, with its dialect and id."""
    return named_schema("prescription", prescription_schema(OVERRIDABLE))


class UnusablePrescriptionError(ValueError):
    """A prescription that must not be written; `problems` has a sentence for each mistake."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def prescribing_problems(prescription: Prescription) -> tuple[str, ...]:
    """Return the problems of a prescription, a sentence for each; empty when it can be written.

    A sentence names its field and never repeats a value.
    """
    problems = list(prescription_problems(prescription))
    overrides = prescription.rules or {}
    if not overrides.keys() <= RULE.keys():
        known = ", ".join(sorted(RULE))
        problems.append(_("`rules` may name the rules %(known)s, and no others", known=known))
    for rule in RULE.values():
        problems += _of_rule(rule, prescription, overrides.get(rule.id, {}))
    # Only what can be written has a hash: JSON has no NaN.
    if not problems and prescription.sha256 not in {"", prescription_hash(prescription)}:
        problems.append(_("`sha256` must be the hash of this prescription, or left out"))
    return tuple(dict.fromkeys(problems))


def _of_rule(
    rule: Rule, prescription: Prescription, thresholds: Mapping[str, float]
) -> Iterator[str]:
    yield from _out_of_bounds(rule, thresholds)
    prescribed = {name: item.of(prescription) for name, item in rule.prescribed.items()}
    yield from _contradicting(rule, prescribed, thresholds)
    # what the prescription does not set keeps the rule's own value
    resulting = {**rule.thresholds, **prescribed, **thresholds}
    for low, high in rule.in_order:
        if resulting[low] > resulting[high]:
            yield _(
                "`%(field)s` must not be above `%(other)s`",
                field=f"rules.{rule.id}.{low}",
                other=high,
            )


def _out_of_bounds(rule: Rule, thresholds: Mapping[str, float]) -> Iterator[str]:
    for name, value in thresholds.items():
        bounds = rule.overridable.get(name)
        if bounds is None:
            allowed = ", ".join(rule.overridable)
            yield _(
                "`%(field)s` may set %(allowed)s, and nothing else",
                field=f"rules.{rule.id}",
                allowed=allowed,
            )
        elif not within(value, bounds):
            yield _(
                "`%(field)s` must be %(bounds)s",
                field=f"rules.{rule.id}.{name}",
                bounds=bounds_text(bounds),
            )
        elif not is_countable(name, value):
            yield _("`%(field)s` must be a whole number", field=f"rules.{rule.id}.{name}")


def _contradicting(
    rule: Rule, prescribed: Mapping[str, float], thresholds: Mapping[str, float]
) -> Iterator[str]:
    """Yield the thresholds that say another thing than the field that they follow from."""
    for name, item in rule.prescribed.items():
        # one figure in two fields: the field that does not count would be ignored silently
        if thresholds.get(name, prescribed[name]) != prescribed[name]:
            yield _(
                "`%(field)s` must be `%(other)s` + %(plus)s, or left out",
                field=f"rules.{rule.id}.{name}",
                other=item.field,
                plus=f"{item.plus:g}",
            )
