"""Rule H5, a vendor's own notice about rhythm, passed on word for word (clinical section 5.4).

It reads no rhythm and adds no judgement: that there is a notice is all that it knows. That there is
none means nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.heart import thresholds_if_on
from alerts.occasions import Occasion, finding_of, fresh_until
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import RhythmNotice
from model.calendar import local_date, local_time, rfc3339
from model.vendors.rhythm_notices import NOTICE_NAMES, RHYTHM_NOTICE, NoticeName
from model.words.language import _


def _rhythm_notice(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each notice whose time has come."""
    for notice in on.rhythm_notices:
        day = local_date(notice.at_ms, on.zone)
        thresholds = thresholds_if_on(on, rule, day)
        if thresholds is not None and notice.at_ms <= on.now_ms:
            yield _finding(on, rule, notice, thresholds)


def _finding(
    on: RuleInput, rule: Rule, notice: RhythmNotice, thresholds: Mapping[str, float]
) -> Finding:
    day = local_date(notice.at_ms, on.zone)
    name = NOTICE_NAMES.get(notice.vendor)
    # a vendor that is not listed is named as it is stored: no notice is passed over
    name = name or NoticeName(title=notice.vendor, verbatim=RHYTHM_NOTICE)
    return finding_of(
        on,
        rule,
        Occasion(
            key=f"{notice.vendor} {rfc3339(notice.at_ms)}",
            at_ms=notice.at_ms,
            from_ms=notice.at_ms,
            fresh_until_ms=fresh_until(rule, notice.at_ms),
        ),
        {
            "vendor": name.title,
            "verbatim": name.verbatim,
            "local": f"{day.isoformat()} {local_time(notice.at_ms, on.zone)}",
            "thresholds": dict(thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        'A notice of %(vendor)s, in its own words "%(verbatim)s", of %(local)s (rule H5). Kadens '
        "reads no rhythm: a person must look at the notice.",
        vendor=evidence["vendor"],
        verbatim=evidence["verbatim"],
        local=evidence["local"],
    )


def _next_due(on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return when the time of each notice comes, in epoch ms: a watch's clock may be ahead."""
    return tuple(notice.at_ms for notice in on.rhythm_notices)


RHYTHM = Rule(
    id="H5",
    family="heart",
    version=1,
    tier=Tier.B,
    title="Notice about rhythm, by the vendor",
    # An export comes when a person makes it: a notice may raise an alert as long as it is read.
    thresholds={"on": 0, "look_back_days": 28, "fresh_days": 28},
    overridable={"on": (0, 1)},
    in_order=(),
    cooldown_days=0,
    prescribed={},
    renewed=False,
    predicate=_rhythm_notice,
    sentence=_sentence,
    next_due=_next_due,
)
