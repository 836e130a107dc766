"""Which figures of a prescription cannot be: numbers, weekdays, intensity and ceilings. Pure.

The same holds for the figures that a step of a progression reaches.
"""

from collections.abc import Iterator

from model.prescription import WEEKDAYS, Intensity, Prescription
from model.schemas.prescription_bounds import (
    INTENSITY_BOUNDS,
    LEAST_SHARE,
    NUMBER_BOUNDS,
    OPTIONAL_BOUNDS,
    RPE_SCALES,
    Bounds,
    bounds_text,
    within,
)
from model.words.language import _

_SCALE_OF = {"rpe_cr10": "borg-cr10", "rpe_6_20": "borg-6-20"}
_SHARES = frozenset({"hrr", "hrmax"})


def wrong_numbers(prescription: Prescription) -> Iterator[str]:
    """Yield the numbers outside of their bounds, as (field, reason)."""
    for name, bounds in NUMBER_BOUNDS.items():
        value = getattr(prescription, name)
        # only the weekly dose may be left out
        if value is not None and not within(value, bounds):
            yield in_bounds(name, bounds)
    if prescription.sessions_per_week > 7 * prescription.max_per_day:
        yield _("`sessions_per_week` must be at most seven times `max_per_day`")


def wrong_intensity(field: str, intensity: Intensity) -> Iterator[str]:
    """Yield what is wrong with a range of intensity, as (field, reason)."""
    bounds = INTENSITY_BOUNDS.get(intensity.method)
    if bounds is None:
        yield _(
            "`%(field)s` must be one of %(known)s",
            field=f"{field}.method",
            known=", ".join(INTENSITY_BOUNDS),
        )
        return
    for name in ("low", "high"):
        if not within(getattr(intensity, name), bounds):
            yield _(
                "`%(field)s` must be %(bounds)s for %(method)s",
                field=f"{field}.{name}",
                bounds=bounds_text(bounds),
                method=intensity.method,
            )
    if intensity.method in _SHARES:
        yield from _tiny_shares(field, intensity)
    if intensity.low >= intensity.high:
        yield _("`%(low)s` must be below `%(high)s`", low=f"{field}.low", high=f"{field}.high")


def _tiny_shares(field: str, intensity: Intensity) -> Iterator[str]:
    """Yield the shares below 10 %; only the lower end may be 0, for "up to"."""
    for name, least in (("low", 0.0), ("high", -1.0)):
        if least < getattr(intensity, name) < LEAST_SHARE:
            yield _(
                "`%(field)s` must be at least 10 %%: 40 to 60 %% is typed as 40 and 60 on the "
                "page, and as 0.4 and 0.6 in a file",
                field=f"{field}.{name}",
            )


def wrong_weekdays(prescription: Prescription) -> Iterator[str]:
    """Yield what is wrong with the days of the week, as (field, reason)."""
    days = prescription.weekdays
    if not set(days) <= set(WEEKDAYS) or len(set(days)) < len(days):
        yield _("`weekdays` must be among %(known)s, each once", known=", ".join(WEEKDAYS))
    elif days and not _fit_weekdays(prescription):
        yield _(
            "`weekdays` must be as many as `sessions_per_week`, or each have the same number of "
            "sessions, at most `max_per_day`"
        )


def _fit_weekdays(prescription: Prescription) -> bool:
    each, left_over = divmod(prescription.sessions_per_week, len(prescription.weekdays))
    return left_over == 0 and 1 <= each <= prescription.max_per_day


def wrong_ceilings(prescription: Prescription) -> Iterator[str]:
    """Yield what is wrong with the ceilings, as (field, reason)."""
    for name, bounds in OPTIONAL_BOUNDS.items():
        value = getattr(prescription, name)
        if value is not None and not within(value, bounds):
            yield in_bounds(name, bounds)
    most = prescription.most_minutes_per_session
    if most is not None and most < prescription.minutes_per_session:
        yield _not_below("most_minutes_per_session", "minutes_per_session")
    ceiling, scale = prescription.rpe_ceiling, RPE_SCALES.get(prescription.rpe_scale)
    if scale is None:
        yield _(
            "`%(field)s` must be one of %(known)s", field="rpe_scale", known=", ".join(RPE_SCALES)
        )
    elif ceiling is not None and not within(ceiling, scale):
        yield _(
            "`rpe_ceiling` must be %(bounds)s on %(scale)s",
            bounds=bounds_text(scale),
            scale=prescription.rpe_scale,
        )
    intensity = prescription.intensity
    hr_ceiling = prescription.hr_ceiling
    if hr_ceiling is not None and intensity.method == "bpm" and hr_ceiling < intensity.high:
        yield _not_below("hr_ceiling", "intensity.high")
    is_same_scale = _SCALE_OF.get(intensity.method) == prescription.rpe_scale
    if ceiling is not None and is_same_scale and ceiling < intensity.high:
        yield _not_below("rpe_ceiling", "intensity.high")


def in_bounds(field: str, bounds: Bounds) -> str:
    """Return the reason of a number outside of its bounds."""
    return _("`%(field)s` must be %(bounds)s", field=field, bounds=bounds_text(bounds))


def at_most(field: str, most: int) -> str:
    """Return the reason of a list that is too long."""
    return _("`%(field)s` must be a list of at most %(most)s", field=field, most=most)


def _not_below(field: str, other: str) -> str:
    return _("`%(field)s` must not be below `%(other)s`", field=field, other=other)
