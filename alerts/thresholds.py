"""The thresholds of a rule on a date: its own, or those that a prescription sets instead."""

from collections.abc import Iterable
from datetime import date

from model.alert import Rule
from model.prescription import Prescription, in_force

# These bound the data that is judged and do not judge it, so no prescription overrides them.
FIXED = frozenset({"look_back_days", "fresh_days", "lag_hours"})


def thresholds_on(rule: Rule, prescriptions: Iterable[Prescription], day: date) -> dict[str, float]:
    """Return a rule's thresholds on a local date, overridden by the prescriptions in force.

    A name that the rule does not have is ignored.
    """
    # A copy: the thresholds of the rule itself are the same for all patients.
    thresholds = dict(rule.thresholds)
    for prescription in in_force(prescriptions, day):
        for name, value in (prescription.rules or {}).get(rule.id, {}).items():
            if name in thresholds and name not in FIXED:
                thresholds[name] = value
    return thresholds
