"""Words for parts of a prescription, in the reader's language. Pure."""

from collections.abc import Sequence

from clinic.pages import words
from model.prescription import WEEKDAYS, ProgressionStep
from model.words.language import _, ngettext


def weekday_words(days: Sequence[str]) -> str:
    """Return weekdays in their order, with commas between."""
    return ", ".join(words.weekday(WEEKDAYS.index(day)) for day in WEEKDAYS if day in days)


def step_words(step: ProgressionStep) -> str:
    """Return what a step of a progression changes, but for the intensity."""
    changes: list[str] = []
    if step.sessions_per_week is not None:
        times = step.sessions_per_week
        changes.append(ngettext("%(num)s session a week", "%(num)s sessions a week", times))
    if step.weekdays is not None:
        changes.append(_("on %(days)s", days=weekday_words(step.weekdays)))
    if step.minutes_per_session is not None:
        changes.append(_("%(minutes)s min a session", minutes=step.minutes_per_session))
    if step.dose_min_per_week is not None:
        dose = words.number(step.dose_min_per_week)
        text = _("dose %(minutes)s min (moderate + 2 × vigorous)", minutes=dose)  # noqa: RUF001
        changes.append(text)
    return ", ".join(changes)
