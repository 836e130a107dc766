"""What a prescription, a patient's profile or the care unit sets of the rules. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.registry import RULE, RULES
from alerts.ruling.profiles import PROFILES
from alerts.ruling.settings import set_values
from model.prescribing.rule_settings import RuleSettings
from model.prescription import Prescription
from model.words.language import N_, _, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFigure:
    """A threshold that is set for a patient: its value, that of the rule itself, and by what."""

    rule: str
    name: str
    value: float
    usual: float
    by: str


def set_figures(settings: RuleSettings) -> Iterator[SetFigure]:
    """Yield each threshold that is set for a patient, by the layer that stands before others."""
    for rule in sorted(RULES, key=lambda row: row.id):
        for name, value in sorted(set_values(settings, rule).items()):
            yield SetFigure(
                rule=rule.id,
                name=name,
                value=value,
                usual=rule.thresholds[name],
                by=_by(settings, rule.id, name),
            )


def _by(settings: RuleSettings, rule: str, name: str) -> str:
    if name in settings.own.get(rule, {}):
        return translated(N_("set for the patient"))
    # in the order in which a layer stands before the next
    profile = PROFILES.get(settings.profile)
    if profile is not None and name in profile.values.get(rule, {}):
        return _("by the profile %(title)s", title=translated(profile.title))
    return translated(N_("set for the care unit"))


def overrides(prescription: Prescription) -> Iterator[tuple[str, str, float, float]]:
    """Yield (rule, threshold, value here, value as a rule) for each threshold that is overridden.

    Values that a rule has anyway, and those that no rule reads, are left out.
    """
    for rule_id, thresholds in sorted((prescription.rules or {}).items()):
        rule = RULE.get(rule_id)
        for name, value in sorted(thresholds.items()):
            if rule is None or name not in rule.overridable or name in rule.prescribed:
                continue
            if value != rule.thresholds[name]:
                yield rule_id, name, value, rule.thresholds[name]
