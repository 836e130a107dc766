"""Why a finding raises no alert although its rule is met, such as a rule in shadow. Pure.

Clinical definition section 6: in a pause and in the first days of a prescription only tier A is
raised, and under a restriction, an objection or without consent nothing. A rule in shadow is judged
and stored, and raises nothing.
"""

from dataclasses import replace
from datetime import date

from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import local_date
from model.prescribing.blocked_dates import RESTRICTED, with_own_pauses
from model.prescription import all_paused, just_begun

IN_PAUSE = "pause"
IN_FIRST_DAYS = "first days"
IN_SHADOW = "shadow"
OUTAGE = "outage of the vendor"


def suppressed(on: RuleInput, rule: Rule, finding: Finding) -> Finding:
    """Return a finding, no longer fresh and with the reason where it raises no alert."""
    why = _why(on, rule, finding)
    if not why:
        return finding
    until_ms = finding.fresh_until_ms
    # What is held back by its own date was never fresh, so no alert may be kept alive by it. An
    # alert from before a pause stays.
    if not (why == IN_SHADOW or (why == IN_PAUSE and rule.about_missed)):
        until_ms = min(until_ms, finding.at_ms)
    return replace(finding, fresh=False, fresh_until_ms=until_ms, suppressed=why)


def _why(on: RuleInput, rule: Rule, finding: Finding) -> str:
    if any(start_ms <= finding.at_ms < end_ms for start_ms, end_ms in on.restricted):
        return RESTRICTED
    if finding.tier is not Tier.A:
        # a finding at midnight is of the day that ended with it
        day = local_date(finding.at_ms - 1, on.zone)
        if _is_paused(on, rule, day):
            return IN_PAUSE
        if just_begun(on.prescriptions, day):
            return IN_FIRST_DAYS
    return IN_SHADOW if rule.id in on.settings.shadow else ""


def _is_paused(on: RuleInput, rule: Rule, day: date) -> bool:
    """Return whether a pause excuses a finding of a date.

    Adherence is judged from weeks in which a few paused days may lie, so today decides. Answers
    count on their date, also on one that is blocked in part.
    """
    if rule.about_missed:
        return all_paused(on.prescriptions, local_date(on.now_ms, on.zone))
    return all_paused(with_own_pauses(on.prescriptions), day)
