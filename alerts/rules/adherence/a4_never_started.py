"""Rule A4, never started: no session since the prescription began (clinical section 5.3).

Every day since the beginning must be known, so that nothing that nobody saw is taken for nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.missed.findings import left_out_words, run_finding
from alerts.missed.runs import days_judged_ms, missed_runs
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import limit_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import local_date
from model.prescription import first_dates
from model.words.language import _


def _never_started(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each prescription with no session in its first days."""
    prescriptions = as_recorded(on)
    thresholds = thresholds_on(rule, prescriptions, local_date(on.now_ms, on.zone))
    begun = first_dates(prescriptions)
    for run in missed_runs(on, thresholds, least_due=1, least_days=int(thresholds["days"])):
        if run.days[0] == begun[run.prescription.id]:
            yield run_finding(on, rule, run, thresholds)


def _sentence(evidence: Mapping[str, Any]) -> str:
    begun = _(
        "No session since the prescription began on %(first)s: %(days)s days of which the data is "
        "in, %(missed)s sessions due (rule A4: none in the first %(limit)s days).",
        **{name: evidence[name] for name in ("days", "first", "missed")},
        limit=limit_number(evidence["thresholds"]["days"]),
    )
    return " ".join([begun, *left_out_words(evidence)])


NEVER_STARTED = Rule(
    id="A4",
    family="adherence",
    version=1,
    tier=Tier.B,
    title="Never started",
    thresholds={
        "days": 10,  # since the beginning
        "look_back_days": 56,
        "fresh_days": 28,
        "lag_hours": 36,  # for data that comes late
        "answer_hours": 24,  # for the patient to answer about hours in which nothing was worn
    },
    overridable={"days": (8, 28)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=True,
    predicate=_never_started,
    sentence=_sentence,
    next_due=days_judged_ms,
    about_missed=True,
)
