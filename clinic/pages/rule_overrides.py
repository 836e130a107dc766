"""What a prescription sets of the rules, beside what the rules have without it. Pure."""

from collections.abc import Iterator

from alerts.registry import RULE
from model.prescription import Prescription


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
