"""Words for parts of a prescription, in the reader's language. Pure."""

from collections.abc import Iterable, Sequence

from clinic.pages import words
from model.prescribing.versions_in_force import versions_in_force
from model.prescription import WEEKDAYS, Intensity, Prescription, ProgressionStep
from model.words.language import N_, _, ngettext, translated

# A range by its method, and what its figures are multiplied with: fractions are shown in percent.
_RANGES: dict[str, tuple[str, int]] = {
    "hrr": (N_("%(low)s to %(high)s %% of heart rate reserve"), 100),
    "hrmax": (N_("%(low)s to %(high)s %% of maximal heart rate"), 100),
    "bpm": (N_("%(low)s to %(high)s beats a minute"), 1),
    "rpe_cr10": (N_("Borg CR10 %(low)s to %(high)s"), 1),
    "rpe_6_20": (N_("Borg 6\u201320: %(low)s to %(high)s"), 1),
    "watts": (N_("%(low)s to %(high)s watts"), 1),
    "cadence": (N_("%(low)s to %(high)s steps or turns a minute"), 1),
}


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


def intensity_words(intensity: Intensity) -> str:
    """Return a range of intensity in words, in the unit of its method."""
    text, times = _RANGES.get(intensity.method, ("%(low)s to %(high)s", 1))
    low, high = words.number(intensity.low * times), words.number(intensity.high * times)
    return translated(text) % {"low": low, "high": high}


def validity_words(prescription: Prescription, versions: Iterable[Prescription]) -> str:
    """Return from when to when a version holds; `versions` may have those of others as well."""
    for in_force in versions_in_force(row for row in versions if row.id == prescription.id):
        if in_force.row.version == prescription.version:
            return words.days(in_force.first, in_force.last)
    return _("replaced from its first day on")
