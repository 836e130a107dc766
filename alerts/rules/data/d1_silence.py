"""Rule D1, a patient whose worn devices deliver nothing any more (clinical section 5.2).

Silence is no failure and no miss: somebody looks whether the watch is worn and syncs. It is found
by the clock, without any new data. Where a vendor delivers nothing to many patients at once, that
is the vendor's fault and one notice for operations, and no alert of any patient.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.ruling.suppression import OUTAGE
from alerts.thresholds import thresholds_on
from alerts.waiting_for_data import as_recorded
from alerts.wording import limit_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import Watermark
from model.calendar import DAY_MS, local_date, midnight, rfc3339
from model.prescription import in_force
from model.words.language import _

_DAY = timedelta(days=1)


def _silence(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield one finding when nothing worn has delivered for long enough, while a plan runs."""
    last = last_delivered(on)
    today = local_date(on.now_ms, on.zone)
    if last is None or not in_force(on.prescriptions, today):
        return
    thresholds = thresholds_on(rule, as_recorded(on), today)
    at_ms = last.time_ms + int(thresholds["silent_days"] * DAY_MS)
    if on.now_ms >= at_ms:
        finding = _finding(on, rule, last, at_ms, thresholds)
        is_held = is_vendor_outage(on, rule, last.vendor)
        yield replace(finding, fresh=False, suppressed=OUTAGE) if is_held else finding


def last_delivered(on: RuleInput) -> Watermark | None:
    """Return the latest watermark of a worn source, None when nothing worn ever delivered."""
    worn = [mark for mark in on.watermarks if mark.worn]
    return max(worn, key=lambda mark: (mark.time_ms, mark.vendor), default=None)


def is_vendor_outage(on: RuleInput, rule: Rule, vendor: str) -> bool:
    """Return whether a vendor delivers nothing to too many patients at once."""
    silent, patients = on.silent_patients.get(vendor, (0, 0))
    enough = silent >= rule.thresholds["outage_patients"]
    return enough and silent >= rule.thresholds["outage_share"] * patients


def _finding(
    on: RuleInput, rule: Rule, last: Watermark, at_ms: int, thresholds: Mapping[str, float]
) -> Finding:
    """Return the finding of a silence, whose last instant is its key."""
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=rfc3339(last.time_ms),
            at_ms=at_ms,
            from_ms=last.time_ms,
            fresh_until_ms=fresh_until_ms,
        ),
        {
            "vendor": last.vendor,
            "last": local_date(last.time_ms, on.zone).isoformat(),
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "Nothing from a worn device since %(last)s (rule D1: for %(days)s days). Is it worn, and "
        "does it sync?",
        last=evidence["last"],
        days=limit_number(evidence["thresholds"]["silent_days"]),
    )


def _next_due(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return when the silence is long enough, and the next midnight while a vendor is silent."""
    last = last_delivered(on)
    if last is None:
        return ()
    today = local_date(on.now_ms, on.zone)
    days = thresholds_on(rule, as_recorded(on), today)["silent_days"]
    times = [last.time_ms + int(days * DAY_MS)]
    if is_vendor_outage(on, rule, last.vendor):
        times.append(midnight(today + _DAY, on.zone))
    return tuple(times)


SILENCE = Rule(
    id="D1",
    family="data",
    version=1,
    tier=Tier.C,
    title="Silent for a week",
    thresholds={
        "silent_days": 7,
        "outage_patients": 5,  # silent for two days, at least, for an outage of the vendor
        "outage_share": 0.5,  # of the vendor's patients
        "look_back_days": 56,
        "fresh_days": 14,
    },
    overridable={"silent_days": (3, 28)},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_silence,
    sentence=_sentence,
    next_due=_next_due,
    about_missed=True,
)
