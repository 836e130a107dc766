"""Rule H1, heart rate above the prescribed ceiling (clinical definition section 5.4).

A prescription turns it on by naming a ceiling. It tells of what was recorded, minutes to days
later, and is no alarm.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from alerts.heart import CARDIAC_SIGNS
from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.thresholds import thresholds_on
from alerts.wording import limit_number, short_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import AboveCeiling, SessionBrief, SignAnswer
from model.answered_session import AFTER_SESSION_MS
from model.calendar import DAY_MS, MINUTE_MS
from model.prescribing.recorded import known_at
from model.prescription import Prescription, in_force
from model.words.language import _

_LEAST_MS = 2 * MINUTE_MS  # each of the times above the ceiling has as much


def _above_ceiling(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each session with heart rate above its ceiling.

    It is of tier A where far above, or with a symptom of the heart until six hours after it.

    A ceiling that was recorded after the session says nothing about it.
    """
    since_ms = on.now_ms - rule.thresholds["look_back_days"] * DAY_MS
    for session in on.sessions:
        if not session.above_ceiling or session.start_ms < since_ms:
            continue
        known = known_at(on.prescriptions, on.recorded, session.end_ms)
        ceiling = _ceiling(on, known, session.local_date)
        thresholds = thresholds_on(rule, known, session.local_date)
        if ceiling is not None and thresholds["on"] >= 1:
            yield _finding(on, rule, session, ceiling, thresholds)


def _ceiling(on: RuleInput, known: Iterable[Prescription], day: date) -> float | None:
    """Return the strictest ceiling of the known versions on a date, None where none may judge.

    The times above were found with the ceiling that is in force now. Where it is the lower one,
    they do not tell what was above the one that was known.
    """
    compared, strictest = _strictest(on.prescriptions, day), _strictest(known, day)
    if compared is None or strictest is None or compared < strictest:
        return None
    return strictest


def _strictest(prescriptions: Iterable[Prescription], day: date) -> float | None:
    ceilings = [row.hr_ceiling for row in in_force(prescriptions, day)]
    return min((bpm for bpm in ceilings if bpm is not None), default=None)


def _finding(
    on: RuleInput, rule: Rule, session: SessionBrief, ceiling: float, thresholds: dict[str, float]
) -> Finding:
    times = session.above_ceiling
    at_ms = times[-1].end_ms
    far = any(item.far for item in times)
    signs = sorted({row.sign for row in on.signs if _is_symptom_of(session, row)})
    return finding_of(
        on,
        rule,
        Occasion(
            key=session.id,
            at_ms=at_ms,
            from_ms=session.start_ms,
            fresh_until_ms=fresh_until(rule, at_ms),
            session=session.id,
            tier=Tier.A if far or signs else Tier.B,
        ),
        {
            "local_date": session.local_date.isoformat(),
            "ceiling": ceiling,
            "minutes": sum(map(_length_ms, times)) / MINUTE_MS,
            "samples": sum(item.n for item in times),
            "far": far,
            "signs": signs,
            "thresholds": thresholds,
        },
    )


def _is_symptom_of(session: SessionBrief, answer: SignAnswer) -> bool:
    is_about = session.start_ms <= answer.at_ms <= session.end_ms + AFTER_SESSION_MS
    return is_about and answer.sign in CARDIAC_SIGNS


def _length_ms(item: AboveCeiling) -> int:
    """Return how long heart rate was above, at least the two minutes that were compared.

    Nearly all samples of that time were above, so the first and the last of them may be nearer to
    each other.
    """
    return max(item.end_ms - item.start_ms, _LEAST_MS)


def _sentence(evidence: Mapping[str, Any]) -> str:
    far = ""
    if evidence["far"]:
        far = _(", by 10 or more for 5 minutes")
    return _(
        "Heart rate above the ceiling of %(ceiling)s a minute for %(minutes)s minutes in the "
        "session of %(date)s%(far)s (rule H1: nearly all samples of 2 minutes or more).",
        ceiling=limit_number(evidence["ceiling"]),
        minutes=short_number(evidence["minutes"]),
        date=evidence["local_date"],
        far=far,
    )


def _next_due(_on: RuleInput, _rule: Rule) -> tuple[int, ...]:
    """Return no time: only new data changes what this rule finds."""
    return ()


CEILING = Rule(
    id="H1",
    family="heart",
    version=3,
    tier=Tier.A,  # at the gravest
    title="Heart rate above the ceiling",
    thresholds={
        "on": 1,  # where a prescription names a ceiling
        "look_back_days": 28,
        "fresh_days": 7,
    },
    overridable={"on": (0, 1)},
    in_order=(),
    cooldown_days=7,
    prescribed={},
    renewed=False,
    predicate=_above_ceiling,
    sentence=_sentence,
    next_due=_next_due,
)
