"""Who has to act on an alert now: with whom it is, or who covers while they are away. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alerts.lifecycle.duty import acting_for, present_for
from clinic.page_views import AlertView
from model.messages.alert_move import DutyRoster


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingPeople:
    """The names of who has to act on an alert, none for everybody, and of who is away meanwhile."""

    names: tuple[str, ...]
    absent: tuple[str, ...]


def acting_people(
    view: AlertView, roster: DutyRoster, colleagues: Mapping[str, str], now_ms: int
) -> ActingPeople:
    """Return who has to act on an alert at `now_ms` (epoch ms).

    Its last move says with whom it is; an absence that began since says who acts instead.
    """
    moves, assignee = view.page.moves, view.page.alert.assignee
    people = (assignee,) if assignee else moves[-1].subjects if moves else ()
    acting = acting_for(roster, people, now_ms)
    absent = [subject for subject in people if subject not in acting]
    return ActingPeople(names=_names(acting, colleagues), absent=_names(absent, colleagues))


def away_now(
    roster: DutyRoster, colleagues: Mapping[str, str], now_ms: int
) -> dict[str, tuple[str, ...]]:
    """Return who covers for each colleague (subject) who is away at `now_ms`: names, or none."""
    covers: dict[str, tuple[str, ...]] = {}
    for row in roster.absences:
        if row.from_ms <= now_ms < row.until_ms:
            cover = present_for(row.subject, roster.absences, now_ms)
            covers[row.subject] = _names(filter(None, [cover]), colleagues)
    return covers


def _names(subjects: Iterable[str], colleagues: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(colleagues.get(subject, subject) for subject in subjects)
