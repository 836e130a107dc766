"""Rule P8, no more answers about pain (clinical definition section 4).

A question without an answer is never a rating of 0. A patient who has never answered is not asked,
as far as is known here, and so is not silent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alerts.occasions import Occasion, finding_of, fresh_until
from alerts.pain import Ratings, ratings_read
from alerts.wording import limit_number
from model.alert import Finding, Rule, RuleInput, Tier
from model.alerting.rule_rows import SessionBrief
from model.calendar import HOUR_MS
from model.words.language import _


def _no_answers(on: RuleInput, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for each run of sessions without an answer, after an earlier answer."""
    ratings = ratings_read(on)
    enough = int(rule.thresholds["sessions"])
    silent: list[SessionBrief] = []
    for session in _ended(on, rule):
        if _is_answered(session, ratings, rule):
            silent = []
            continue
        silent.append(session)
        # "equal" and not "at least": a longer silence is the same silence
        if len(silent) == enough and any(row.at_ms < silent[0].start_ms for row in ratings):
            yield _finding(on, rule, silent)


def _ended(on: RuleInput, rule: Rule) -> list[SessionBrief]:
    """Return the sessions after which there was time to answer, in the order of time."""
    ended = [row for row in on.sessions if _answer_until_ms(row, rule) <= on.now_ms]
    return sorted(ended, key=lambda row: (row.start_ms, row.id))


def _answer_until_ms(session: SessionBrief, rule: Rule) -> int:
    return session.end_ms + int(rule.thresholds["answer_hours"] * HOUR_MS)


def _is_answered(session: SessionBrief, ratings: Ratings, rule: Rule) -> bool:
    until_ms = _answer_until_ms(session, rule)
    # an answer that names no session, but came in its time, is an answer all the same
    return any(
        row.session == session.id or session.start_ms <= row.at_ms < until_ms for row in ratings
    )


def _finding(on: RuleInput, rule: Rule, silent: Sequence[SessionBrief]) -> Finding:
    """Return the finding of some sessions, of which the last is its key."""
    at_ms = _answer_until_ms(silent[-1], rule)
    fresh_until_ms = fresh_until(rule, at_ms)
    return finding_of(
        on,
        rule,
        Occasion(
            key=silent[-1].id,
            at_ms=at_ms,
            from_ms=silent[0].start_ms,
            fresh_until_ms=fresh_until_ms,
            session=silent[-1].id,
        ),
        {
            "sessions": [row.id for row in silent],
            "dates": [row.local_date.isoformat() for row in silent],
            "thresholds": dict(rule.thresholds),
        },
    )


def _sentence(evidence: Mapping[str, Any]) -> str:
    return _(
        "No answer about pain for %(sessions)s sessions in a row, on %(dates)s (rule P8: none "
        "within %(hours)s hours of each).",
        sessions=len(evidence["dates"]),
        dates=", ".join(evidence["dates"]),
        hours=limit_number(evidence["thresholds"]["answer_hours"]),
    )


def _next_due(on: RuleInput, rule: Rule) -> tuple[int, ...]:
    """Return until when an answer is waited for, for each session."""
    return tuple(_answer_until_ms(row, rule) for row in on.sessions)


NO_ANSWERS = Rule(
    id="P8",
    family="answers",
    version=1,
    tier=Tier.C,
    title="No more answers about pain",
    thresholds={"sessions": 3, "answer_hours": 24, "look_back_days": 56, "fresh_days": 14},
    overridable={},
    in_order=(),
    cooldown_days=14,
    prescribed={},
    renewed=False,
    predicate=_no_answers,
    sentence=_sentence,
    next_due=_next_due,
)
