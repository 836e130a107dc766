"""How often a patient exercised in a week: the question, and the answer that it becomes. Pure.

The answer makes a week known for which nothing has measured (clinical definition section 5.2). It
is asked for each report and never assumed: a week without an answer is not a week of nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from model.calendar import monday
from model.facts import Instrument
from model.prescription import Prescription
from model.schemas.report_body import MOST_RECALLED, WEEK_SCALE
from model.words.language import N_

_TUESDAY = 1
_MOST_SHOWN = 10


class QuestionWeek(StrEnum):
    """The week that is asked about."""

    RUNNING = "running"
    LAST = "last"


WEEK_QUESTIONS: Mapping[QuestionWeek, str] = {
    QuestionWeek.RUNNING: N_("How many times have you exercised this week, since Monday?"),
    QuestionWeek.LAST: N_("How many times did you exercise last week, from Monday to Sunday?"),
}


def week_of_question(today: date) -> QuestionWeek:
    """Return the week to ask about: the one before until a week is judged, on its second day."""
    return QuestionWeek.LAST if today.weekday() <= _TUESDAY else QuestionWeek.RUNNING


def times_a_week(prescribed: Iterable[Prescription]) -> int:
    """Return how many sessions a week are prescribed in all, 0 where nothing is."""
    return sum(row.sessions_per_week for row in prescribed)


def week_numbers(prescribed: int) -> list[int]:
    """Return the numbers to choose among; they reach at least as far as what is prescribed."""
    return list(range(min(MOST_RECALLED, max(_MOST_SHOWN, prescribed)) + 1))


def week_reports(
    counts: Mapping[QuestionWeek, int | None], prefix: str, shown: datetime
) -> Iterator[dict[str, object]]:
    """Yield the answer about each week that has one; `shown` is when it was asked, local."""
    for week, count in counts.items():
        if count is not None:
            scaled = {"instrument": Instrument.WEEK.value, "value": count, "scale": WEEK_SCALE}
            yield {"id": f"{prefix}-week-{week.value}", **scaled, **_until(week, shown)}


def _until(week: QuestionWeek, shown: datetime) -> dict[str, object]:
    if week is QuestionWeek.RUNNING:
        return {}
    # within Sunday: the midnight after it is of the next week already
    sunday = monday(shown.date()) - timedelta(days=1)
    ended = datetime.combine(sunday, time(23, 59, 59), tzinfo=shown.tzinfo)
    return {"ended_at": ended.isoformat(timespec="seconds")}
