"""What a person answers in the app: after sessions, weekly, to warning signs, of the heart. Pure.

Bodies are real: reports as the app sends them, and the weighings of a scale.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from model.calendar import HOUR_MS, MINUTE_MS, midnight
from model.facts import Instrument, Phase
from simulate.delivery import JSON_TYPE, TO_OPEN_WEARABLES, TO_REPORTS
from simulate.open_wearables_writer import weight_body
from simulate.population.arrival import Arrival, hub_account
from simulate.population.doings import Doings, TrueSession
from simulate.population.heart_course import symptom_ms, weighed
from simulate.population.people import Inhabitant, Recorder, generator
from simulate.report_writer import ReportAnswer, report_body

_WEEK_ANSWERED = 0.9


def session_answers(person: Inhabitant, session: TrueSession) -> Iterator[Arrival]:
    """Yield the report after a session, and that of the next morning."""
    key = f"{person.pseudonym}-{session.start_ms // 1000}"
    at_ms = session.end_ms + 5 * MINUTE_MS
    answers = [
        *_pain(f"{key}-before", session.before, Phase.BEFORE, session.start_ms - 5 * MINUTE_MS),
        *_pain(f"{key}-after", session.pain, Phase.AFTER, at_ms),
    ]
    if person.device is Recorder.HAND:
        answers += [_by_hand(person, session, key), _exertion(session, key)]
    if answers:
        yield _report(person, answers, at_ms + MINUTE_MS, f"{session.start_ms // 1000}-after")
    morning_ms = midnight(session.day + timedelta(days=1), person.zone) + 8 * HOUR_MS
    rated = list(_pain(f"{key}-morning", session.morning, Phase.NEXT_MORNING, morning_ms))
    if rated:
        yield _report(person, rated, morning_ms + MINUTE_MS, f"{session.start_ms // 1000}-morning")


def warning_answers(person: Inhabitant, did: Doings) -> Iterator[Arrival]:
    """Yield the yes to a warning sign, which the app sends at once."""
    if did.warned_ms is not None:
        answer = _yes(person, "warning", did.warned_ms, "chest_pain")
        yield _report(person, [answer], did.warned_ms + MINUTE_MS, "warning")


def _yes(person: Inhabitant, key: str, at_ms: int, sign: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{person.pseudonym}-{key}",
        instrument=Instrument.RED_FLAG,
        answered_ms=at_ms,
        value=1,
        scale="yes-no",
        reason=sign,
    )


def heart_bodies(person: Inhabitant, did: Doings) -> Iterator[Arrival]:
    """Yield the weighings of a scale, and the yes to the question about a symptom of the heart."""
    account = hub_account(person)
    for at_ms, kg in weighed(person, did):
        yield Arrival(
            received_ms=at_ms + 10 * MINUTE_MS,
            connector=TO_OPEN_WEARABLES,
            content_type=JSON_TYPE,
            filename=f"{at_ms // 1000}-scale.json",
            body=weight_body(account, person.zone, at_ms, kg),
            account=account,
        )
    at = symptom_ms(person, did.first)
    if at is not None:
        yield _report(person, [_yes(person, "symptom", at, "breathless_more")], at + MINUTE_MS, "s")


def _pain(key: str, value: int | None, phase: Phase, at_ms: int) -> Iterator[ReportAnswer]:
    if value is not None:
        yield ReportAnswer(
            key=key,
            instrument=Instrument.PAIN,
            answered_ms=at_ms,
            phase=phase,
            value=value,
            scale="nrs-0-10",
        )


def _by_hand(person: Inhabitant, session: TrueSession, key: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{key}-session",
        instrument=Instrument.SESSION,
        answered_ms=session.end_ms + 5 * MINUTE_MS,
        type=person.activity,
        span=(session.start_ms, session.end_ms),
    )


def _exertion(session: TrueSession, key: str) -> ReportAnswer:
    return ReportAnswer(
        key=f"{key}-exertion",
        instrument=Instrument.EXERTION,
        answered_ms=session.end_ms + 5 * MINUTE_MS,
        phase=Phase.AFTER,
        value=session.exertion,
        scale="borg-cr10",
    )


def weekly_answers(person: Inhabitant, did: Doings, seed: int) -> Iterator[Arrival]:
    """Yield the answers to how often a person exercised in a week, mostly given."""
    chance = generator(seed, person.number, 5)
    for sunday, sessions in did.by_week:
        at_ms = midnight(sunday, person.zone) + 21 * HOUR_MS
        is_answered = chance.random() < _WEEK_ANSWERED
        # sessions that end after the answer are told of on their own
        count = sum(session.end_ms <= at_ms for session in sessions)
        if is_answered:
            answer = ReportAnswer(
                key=f"{person.pseudonym}-week-{sunday.isoformat()}",
                instrument=Instrument.WEEK,
                answered_ms=at_ms,
                value=count,
                scale="sessions-this-week",
            )
            yield _report(person, [answer], at_ms + MINUTE_MS, f"week-{sunday.isoformat()}")


def _report(person: Inhabitant, answers: Sequence[ReportAnswer], at_ms: int, name: str) -> Arrival:
    return Arrival(
        received_ms=at_ms,
        connector=TO_REPORTS,
        content_type=JSON_TYPE,
        filename=f"{name}.json",
        body=report_body(person.pseudonym, person.zone, answers),
        account=person.pseudonym,
    )
