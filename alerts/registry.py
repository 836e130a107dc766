"""The list of rules, and the function that judges a patient by all of them.

No alert is raised here; `alerts.lifecycle` decides what findings do to alerts.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from alerts.occasions import fresh_until, loaded_at
from alerts.rated_days import rated_days_unknown
from alerts.rules.adherence.a1_low_adherence import LOW_ADHERENCE
from alerts.rules.adherence.a2_interruption import INTERRUPTION
from alerts.rules.adherence.a3_cannot_catch_up import CANNOT_CATCH_UP
from alerts.rules.adherence.a4_never_started import NEVER_STARTED
from alerts.rules.adherence.a5_drift import DRIFT
from alerts.rules.adherence.a6_overdose import OVERDOSE
from alerts.rules.adherence.a7_intensity_off import INTENSITY_OFF
from alerts.rules.adherence.a8_good_weeks import GOOD_WEEKS
from alerts.rules.data.d1_silence import SILENCE, is_vendor_outage
from alerts.rules.heart.h1_ceiling import CEILING
from alerts.rules.heart.h2_resting_rise import RESTING_RISE
from alerts.rules.heart.h3_resting_high import RESTING_HIGH
from alerts.rules.heart.h4_weight_gain import WEIGHT_GAIN
from alerts.rules.heart.h5_rhythm_notice import RHYTHM
from alerts.rules.heart.h6_symptom import SYMPTOM
from alerts.rules.pain.p1_high_pain import HIGH_PAIN
from alerts.rules.pain.p2_not_settled import NOT_SETTLED
from alerts.rules.pain.p3_weekly_rise import WEEKLY_RISE
from alerts.rules.pain.p4_flare import FLARE
from alerts.rules.pain.p5_red_flag import RED_FLAG
from alerts.rules.pain.p6_pain_with_load import PAIN_WITH_LOAD
from alerts.rules.pain.p7_less_pain import LESS_PAIN
from alerts.rules.pain.p8_no_answers import NO_ANSWERS
from alerts.ruling.settings import as_set
from alerts.ruling.suppression import OUTAGE, suppressed
from alerts.worked_out import findings_of
from model.alert import Finding, Rule, RuleInput

# To add a rule, name it here: nothing else lists them.
RULES: tuple[Rule, ...] = (
    HIGH_PAIN,
    NOT_SETTLED,
    WEEKLY_RISE,
    FLARE,
    RED_FLAG,
    PAIN_WITH_LOAD,
    LESS_PAIN,
    NO_ANSWERS,
    LOW_ADHERENCE,
    INTERRUPTION,
    CANNOT_CATCH_UP,
    NEVER_STARTED,
    DRIFT,
    OVERDOSE,
    INTENSITY_OFF,
    GOOD_WEEKS,
    SILENCE,
    CEILING,
    RESTING_RISE,
    RESTING_HIGH,
    WEIGHT_GAIN,
    RHYTHM,
    SYMPTOM,
)

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}  # by id


def judge(on: RuleInput, rules: Iterable[Rule] = RULES) -> tuple[Finding, ...]:
    """Return every occasion within the look-back on which one of `rules` is met, by rule and time.

    A finding that is `fresh` may raise an alert now; one that is `suppressed` raises none. The
    order of rows within `on` does not matter.
    """
    findings: list[Finding] = []
    on = rated_days_unknown(on)
    for rule in rules:
        findings += map(partial(_finished, on, rule), findings_of(on, rule))
    return tuple(findings)


def of_alerts(on: RuleInput, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings on which alerts may rest: those of rules that are not in shadow."""
    return tuple(finding for finding in findings if finding.rule not in on.settings.shadow)


def held_back(on: RuleInput, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that would have raised an alert by now, and were suppressed.

    What is too old to raise one is not held back: a history that was loaded late tells of a past.
    """
    return tuple(row for row in findings if row.suppressed and _is_young(on, row))


def _is_young(on: RuleInput, finding: Finding) -> bool:
    rule = as_set(on, RULE[finding.rule])
    # a rule about weeks is fresh until the next week is judged, and looks back no further
    return "fresh_days" not in rule.thresholds or on.now_ms <= fresh_until(rule, finding.at_ms)


def silences_among(held: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a silence that goes on: a later one stands in the place of it."""
    return tuple(finding for finding in held if finding.rule == SILENCE.id)


def outages_of(on: RuleInput, held: Iterable[Finding]) -> dict[str, tuple[int, int]]:
    """Return the vendors whose outage held a finding back, with their silent and all patients."""
    if not any(finding.suppressed == OUTAGE for finding in held):
        return {}
    silent = on.silent_patients
    return {vendor: silent[vendor] for vendor in silent if is_vendor_outage(on, SILENCE, vendor)}


def next_due(on: RuleInput, rules: Iterable[Rule] = RULES) -> int | None:
    """Return the epoch ms at which the result can change without new data, None for never.

    A finding that only stops being fresh is not such a change, because nothing follows from it.
    """
    times: list[int] = []
    on = rated_days_unknown(on)
    for rule in rules:
        times += rule.next_due(on, as_set(on, rule))
        if rule.about_missed:
            times.append(loaded_at(on))
    # A time that has passed has been judged already; taking it again would never end.
    return min((at for at in times if at > on.now_ms), default=None)


def _finished(on: RuleInput, rule: Rule, finding: Finding) -> Finding:
    # while a history is loaded, what comes next may show that nothing was missed; an alert that is
    # there already stays until then
    waits = rule.about_missed and on.now_ms < loaded_at(on)
    sentence = rule.sentence(finding.evidence)
    done = replace(finding, sentence=sentence, fresh=finding.fresh and not waits)
    return suppressed(on, rule, done)
