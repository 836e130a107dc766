"""Rule A2, an interruption: several due sessions in a row were missed (clinical section 5.3).

Only days of which the data is in count as missed, see `alerts.missed.runs`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.missed.findings import left_out_words, run_finding
from alerts.missed.runs import days_judged_ms, missed_runs
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import limit_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.calendar import DAY_MS, local_date, midnight
from model.words.language import _


def _interruption(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each run of known days on which enough sessions were due and missed.

    After a contact with the patient the count begins anew, so that a run that goes on is news.
    """
    thresholds = thresholds_on(rule, as_recorded(on), local_date(on.now_ms, on.zone))
    earliest_ms = on.now_ms - rule.thresholds["look_back_days"] * DAY_MS
    for run in missed_runs(on, thresholds, least_due=int(thresholds["missed"])):
        if midnight(run.days[0], on.zone) >= earliest_ms:
            yield run_finding(on, rule, run, thresholds)


def _sentence(evidence: Mapping[str, Any]) -> str:
    texts = [_missed_words(evidence), *left_out_words(evidence)]
    if "contacted" in evidence:
        contacted = evidence["contacted"]
        texts.append(_("Counted from the day after the contact of %(date)s.", date=contacted))
    return " ".join(texts)


def _missed_words(evidence: Mapping[str, Any]) -> str:
    return _(
        "No session on %(days)s days of which the data is in, from %(first)s to %(last)s, while "
        "%(missed)s were due (rule A2: %(enough)s due sessions in a row).",
        **{name: evidence[name] for name in ("days", "first", "last", "missed")},
        enough=limit_number(evidence["thresholds"]["missed"]),
    )


INTERRUPTION = Rule(
    id="A2",
    family="adherence",
    version=2,
    tier=Tier.B,
    title="Interruption",
    thresholds={
        "missed": 3,  # due sessions in a row
        "look_back_days": 56,
        "fresh_days": 14,
        "lag_hours": 36,  # for data that comes late
        "answer_hours": 24,  # for the patient to answer about hours in which nothing was worn
    },
    overridable={"missed": (2, 12)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=True,
    predicate=_interruption,
    sentence=_sentence,
    next_due=days_judged_ms,
    about_missed=True,
)
