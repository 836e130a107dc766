"""The thresholds of a rule as they are set for a patient, and whom a change of a default affects.

The first of these that is set counts: a prescription's threshold, the patient's own, that of the
patient's profile, the care unit's default, and the rule's own (`alerts.thresholds`). What follows
from a field of a prescription is set there and nowhere else, and so is whether a rule about the
heart is on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from alerts.ruling.profiles import PROFILES
from model.alert import Rule, RuleInput
from model.prescribing.rule_settings import (
    PROFILE,
    SHADOW,
    RuleSetting,
    RuleSettings,
    SettingValues,
)
from model.prescription import Prescription
from model.schemas.prescription_bounds import Bounds, bounds_text, is_countable, within
from model.words.language import _

_OPT_IN = "on"  # set by a prescription only
_LONGEST_WHY = 500


def settable(rule: Rule) -> Mapping[str, Bounds]:
    """Return the bounds of the thresholds of a rule that a unit or a clinician may set, by name."""
    left_out = {*rule.prescribed, _OPT_IN}
    return {name: bounds for name, bounds in rule.overridable.items() if name not in left_out}


def as_set(on: RuleInput, rule: Rule) -> Rule:
    """Return a rule with the thresholds that are set for a patient."""
    values = set_values(on.settings, rule)
    return replace(rule, thresholds={**rule.thresholds, **values}) if values else rule


def set_values(settings: RuleSettings, rule: Rule) -> dict[str, float]:
    """Return the thresholds of a rule that are set for a patient, by name."""
    values: dict[str, float] = {}
    for layer in _layers(settings):
        for name, bounds in settable(rule).items() if rule.id in layer else ():
            value = layer[rule.id].get(name)
            # what is out of bounds was refused when it was written, and bounds may have changed
            if value is not None and within(value, bounds):
                values[name] = value
    return values


def _layers(settings: RuleSettings) -> Iterator[SettingValues]:
    """Yield what is set, the weakest first."""
    yield settings.unit
    if settings.profile in PROFILES:
        yield PROFILES[settings.profile].values
    yield settings.own


def setting_problems(change: RuleSetting, rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """Return why a change cannot be made, a sentence for each reason; empty when it can be."""
    problems: list[str] = []
    if not 0 < len(change.why.strip()) <= _LONGEST_WHY:
        problems.append(_("`why` must say why, in at most %(most)s characters", most=_LONGEST_WHY))
    if not change.why.isprintable():
        problems.append(_("`why` must be plain text on one line"))
    if change.name == PROFILE and not change.rule:
        if change.word not in ("", *PROFILES) or not change.patient:
            known = ", ".join(PROFILES)
            problems.append(_("`profile` must be one of %(known)s, of a patient", known=known))
        if change.value is not None:
            problems.append(_("`value` may not be there for a profile"))
        return tuple(problems)
    if change.word:
        problems.append(_("`word` may be there for a profile only"))
    rule = rules.get(change.rule)
    if rule is None:
        known = ", ".join(sorted(rules))
        return (*problems, _("`%(field)s` must be one of %(known)s", field="rule", known=known))
    return (*problems, *_value_problems(change, rule))


def _value_problems(change: RuleSetting, rule: Rule) -> Iterator[str]:
    if change.name == SHADOW:
        if change.patient or change.value not in (None, 0, 1):
            yield _("`shadow` must be 0 or 1, of a care unit")
        return
    bounds = settable(rule).get(change.name)
    if bounds is None:
        allowed = ", ".join(settable(rule)) or "nothing"
        yield _(
            "`name` must be one of what rule %(rule)s lets set: %(allowed)s",
            rule=rule.id,
            allowed=allowed,
        )
    elif change.value is not None and not within(change.value, bounds):
        yield _("`%(field)s` must be %(bounds)s", field="value", bounds=bounds_text(bounds))
    elif change.value is not None and not is_countable(change.name, change.value):
        yield _("`%(field)s` must be a whole number", field="value")
    elif change.value is not None:
        resulting = {**rule.thresholds, change.name: change.value}
        for low, high in rule.in_order:
            if change.name in (low, high) and resulting[low] > resulting[high]:
                yield _("`%(field)s` must not be above `%(other)s`", field=low, other=high)


def is_affected(
    settings: RuleSettings,
    prescriptions: Iterable[Prescription],
    change: RuleSetting,
    rules: Mapping[str, Rule],
) -> bool:
    """Return whether a patient gets another threshold when a default of the unit changes.

    A patient with a figure of the profile, the clinician or a prescription keeps that.
    """
    rule = rules[change.rule]
    if change.name == SHADOW:
        return (change.rule in settings.shadow) != bool(change.value)
    for row in prescriptions:
        if change.name in (row.rules or {}).get(rule.id, {}):
            return False
    unit = {rule_id: dict(values) for rule_id, values in settings.unit.items()}
    of_rule = unit.setdefault(rule.id, {})
    of_rule.pop(change.name, None)
    if change.value is not None:
        of_rule[change.name] = change.value
    after = set_values(replace(settings, unit=unit), rule)
    own = rule.thresholds[change.name]
    return after.get(change.name, own) != set_values(settings, rule).get(change.name, own)
