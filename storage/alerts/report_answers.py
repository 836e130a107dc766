"""What rules read of reports and profiles, as storage and `derive` give it alike."""

from collections.abc import Iterable, Mapping
from datetime import date
from operator import attrgetter

from model.alerting.rule_rows import PainRating, SessionBrief, SignAnswer
from model.calendar import local_date
from model.facts import AttributedFact, Instrument, Phase, Report
from model.intensity import HeartProfile


def is_cardiac(profiles: Iterable[HeartProfile], today: date) -> bool:
    """Return whether the profile that holds on a date names a disease of the heart."""
    held = [row for row in profiles if row.valid_from <= today]
    last = max(held, key=attrgetter("valid_from"), default=None)
    return last is not None and (last.coronary_disease or last.heart_failure)


def pain_ratings(
    attributed_facts: Iterable[AttributedFact], zone: str, sessions: Mapping[str, SessionBrief]
) -> tuple[PainRating, ...]:
    """Return the pain answers among current reports, each with its session; `sessions` by record.

    `zone` is the patient's IANA zone.
    """
    ratings: list[PainRating] = []
    for item in attributed_facts:
        fact = item.fact
        if not isinstance(fact, Report) or fact.instrument is not Instrument.PAIN:
            continue
        # rules weigh numbers, so a report without one is left out
        if fact.value is not None:
            ratings.append(_rating(fact, fact.value, zone, sessions))
    return tuple(ratings)


def sign_answers(attributed_facts: Iterable[AttributedFact], zone: str) -> tuple[SignAnswer, ...]:
    """Return the answers of yes about warning signs among current reports, by time."""
    answers: list[SignAnswer] = []
    for item in attributed_facts:
        fact = item.fact
        if isinstance(fact, Report) and fact.instrument is Instrument.RED_FLAG and fact.value:
            at_ms = fact.head.start_ms
            answers.append(
                SignAnswer(
                    record=fact.head.record,
                    at_ms=at_ms,
                    local_date=local_date(at_ms, zone),
                    sign=fact.reason,
                )
            )
    return tuple(sorted(answers, key=attrgetter("at_ms", "record")))


def _rating(
    fact: Report, value: float, zone: str, sessions: Mapping[str, SessionBrief]
) -> PainRating:
    # a report names its session, or declares a session of its own under its own record
    session = sessions.get(fact.session) or sessions.get(fact.head.record)
    return PainRating(
        record=fact.head.record,
        at_ms=fact.head.start_ms,
        local_date=local_date(fact.head.start_ms, zone),
        phase=Phase(fact.phase),
        value=value,
        scale=fact.scale,
        session=session.id if session else None,
        instrument=fact.instrument,
    )
