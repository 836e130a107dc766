"""Rule P8: sessions after which nobody answered any more, just inside and just outside."""

from collections.abc import Sequence

import pytest

from alerts.registry import judge, next_due
from alerts.rules.pain.p8_no_answers import NO_ANSWERS
from model.alert import RuleInput
from model.alerting.rule_rows import PainRating, SessionBrief
from model.calendar import DAY_MS, HOUR_MS, local_date
from tests.alerts.rules.ratings import PAIN_NOW, pain_input, rated
from tests.rows import values_of


def _sessions(count: int, last_hours_ago: float = 24) -> tuple[SessionBrief, ...]:
    """Return sessions of an hour, a day apart; the last ended some hours ago."""
    sessions = []
    for number in range(count):
        end_ms = PAIN_NOW - int(last_hours_ago * HOUR_MS) - (count - 1 - number) * DAY_MS
        sessions.append(
            SessionBrief(
                id=f"s{number}",
                start_ms=end_ms - HOUR_MS,
                end_ms=end_ms,
                local_date=local_date(end_ms, "UTC"),
                type="walking",
            )
        )
    return tuple(sessions)


_EARLIER = rated("e", 24 * 20, 1)


def _judged(sessions: Sequence[SessionBrief], *pain: PainRating) -> list[str]:
    return values_of(judge(_input(sessions, *pain), (NO_ANSWERS,)), "key")


def _input(sessions: Sequence[SessionBrief], *pain: PainRating) -> RuleInput:
    return pain_input(*pain, sessions=tuple(sessions))


def test_three_sessions_without_an_answer() -> None:
    assert _judged(_sessions(3), _EARLIER) == ["s2"]
    assert _judged(_sessions(2), _EARLIER) == []
    assert _judged(_sessions(5), _EARLIER) == ["s2"]  # once for each silence


def test_who_never_answered_is_not_asked() -> None:
    assert _judged(_sessions(3)) == []


@pytest.mark.parametrize(("hours_ago", "held"), [(24, True), (23.99, False)])
def test_there_is_a_day_for_the_answer(hours_ago: float, *, held: bool) -> None:
    sessions = _sessions(3, hours_ago)
    assert _judged(sessions, _EARLIER) == (["s2"] if held else [])
    due = next_due(_input(sessions, _EARLIER), (NO_ANSWERS,))
    assert due == (None if held else sessions[-1].end_ms + DAY_MS)


def test_an_answer_ends_a_silence() -> None:
    assert _judged(_sessions(3), _EARLIER, rated("r", 47, 0)) == []
    assert _judged(_sessions(3), _EARLIER, rated("r", 1, 0, session="s1")) == []


def test_the_sentence() -> None:
    (finding,) = judge(_input(_sessions(3), _EARLIER), (NO_ANSWERS,))
    assert finding.sentence == (
        "No answer about pain for 3 sessions in a row, on 2026-11-20, 2026-11-21, 2026-11-22 "
        "(rule P8: none within 24 hours of each)."
    )
