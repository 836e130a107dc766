"""The thresholds of a rule on a date: its own, or those that a prescription sets instead."""

from collections.abc import Iterable
from datetime import date

from model.alert import Rule
from model.prescription import Prescription, in_force
from model.schemas.prescription_check import within


def thresholds_on(rule: Rule, prescriptions: Iterable[Prescription], day: date) -> dict[str, float]:
    """Return a rule's thresholds on a local date, overridden by the prescriptions in force.

    A threshold that a prescription may not set is ignored, as is one out of its bounds: such a
    prescription is refused when it is written (`alerts.prescribing`).
    """
    # A copy: the thresholds of the rule itself are the same for all patients.
    thresholds = dict(rule.thresholds)
    for prescription in in_force(prescriptions, day):
        overrides = (prescription.rules or {}).get(rule.id, {})
        for name, bounds in rule.overridable.items():
            value = overrides.get(name)
            if value is not None and within(value, bounds):
                thresholds[name] = value
    return thresholds
