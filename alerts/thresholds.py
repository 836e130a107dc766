"""The thresholds of a rule on a date: its own, or those that prescriptions set instead."""

from collections.abc import Iterable
from datetime import date

from model.alert import Rule
from model.prescription import Prescription, in_force
from model.schemas.prescription_bounds import within


def thresholds_on(rule: Rule, prescriptions: Iterable[Prescription], day: date) -> dict[str, float]:
    """Return a rule's thresholds on a local date, overridden by the prescriptions in force.

    A threshold that a prescription may not set is ignored, as is one out of its bounds: such a
    prescription is refused when it is written (`alerts.prescribing`).
    """
    # A copy: the thresholds of the rule itself are the same for all patients.
    thresholds = dict(rule.thresholds)
    written = tuple(prescriptions)
    # Most prescriptions set no thresholds, and this is asked for every rating, session and week.
    if not rule.prescribed and not any(row.rules for row in written):
        return _ordered(rule, thresholds)
    held = in_force(written, day)
    for name, threshold in rule.prescribed.items():
        # Of several prescriptions the strictest counts: each states what is acceptable.
        thresholds[name] = min(map(threshold.of, held), default=thresholds[name])
    for prescription in held:
        overrides = (prescription.rules or {}).get(rule.id, {})
        for name, bounds in rule.overridable.items():
            value = overrides.get(name)
            if value is not None and within(value, bounds):
                thresholds[name] = value
    return _ordered(rule, thresholds)


def _ordered(rule: Rule, thresholds: dict[str, float]) -> dict[str, float]:
    """Return thresholds of which none makes another one impossible to reach.

    Each was in order when it was set, but they are set apart: by a care unit, for a patient, in a
    prescription. Three sessions of the last two would be met by nobody.
    """
    for low, high in rule.in_order:
        thresholds[low] = min(thresholds[low], thresholds[high])
    return thresholds
