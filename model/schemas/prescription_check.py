"""Checks a prescription against the bounds of what it may say. Pure.

What a prescription may say about rules is checked in `alerts.prescribing`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from model.calendar import FIRST_DATE, LAST_DATE
from model.prescription import STEPPED, Prescription, ProgressionStep, stepped
from model.schemas.prescription_bounds import (
    DIAGNOSIS_PATTERN,
    FOLLOW_UP_LENGTH,
    FORM_PATTERN,
    FROM_WEEK,
    LONGEST_WHY,
    MOST_DIAGNOSES,
    MOST_PRESCRIBED_PAUSES,
    MOST_STEPS,
    PRESCRIPTION_ID_PATTERN,
    RENEWS_PATTERN,
    STEP_BOUNDS,
    TEXT_LENGTHS,
    within,
)
from model.schemas.prescription_figures import (
    at_most,
    in_bounds,
    wrong_ceilings,
    wrong_intensity,
    wrong_numbers,
    wrong_weekdays,
)
from model.words.activities import TYPES
from model.words.language import _

# With halves of surrogate pairs, which no store takes, and signs that turn the order of reading.
CONTROL_CHARACTERS = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_STRENGTH = "strength"


def prescription_problems(prescription: Prescription) -> tuple[str, ...]:
    """Return the problems of a prescription, a sentence for each; empty when it can be kept.

    A sentence names its field and never repeats a value.
    """
    problems = [
        *_wrong_words(prescription),
        *_wrong_texts(prescription),
        *wrong_numbers(prescription),
        *wrong_intensity("intensity", prescription.intensity),
        *_wrong_dates(prescription),
        *wrong_weekdays(prescription),
        *wrong_ceilings(prescription),
        *_wrong_strength(prescription),
        *_asks_for_nothing(prescription),
    ]
    # The rest compares what is right by itself: one mistake must not give two sentences.
    if not problems:
        problems += [*_wrong_pauses(prescription), *_wrong_progression(prescription)]
    return tuple(problems)


def _wrong_words(prescription: Prescription) -> Iterator[str]:
    if not PRESCRIPTION_ID_PATTERN.fullmatch(prescription.id):
        yield _(
            "`id` must be 1 to 64 characters: letters a-z, digits, '.', '_' and '-', the first a "
            "letter or digit"
        )
    if not set(prescription.types) <= set(TYPES):
        yield _(
            "`%(field)s` must be among %(known)s", field="types", known=", ".join(sorted(TYPES))
        )
    if not RENEWS_PATTERN.fullmatch(prescription.renews):
        yield _(
            "`renews` must be the id and version of a prescription, such as rx-1/2, or left out"
        )
    elif prescription.renews == f"{prescription.id}/{prescription.version}":
        yield _("`renews` must name another version than this one")
    if not FORM_PATTERN.fullmatch(prescription.form):
        yield _("`form` must have the characters of an id, or be left out")
    if len(prescription.diagnoses) > MOST_DIAGNOSES:
        yield at_most("diagnoses", MOST_DIAGNOSES)
    if not all(map(DIAGNOSIS_PATTERN.fullmatch, prescription.diagnoses)):
        yield _("`diagnoses` must be codes of letters, digits, '.' and '-', such as M17.1")


def _wrong_texts(prescription: Prescription) -> Iterator[str]:
    for name, longest in TEXT_LENGTHS.items():
        yield from _wrong_text(name, getattr(prescription, name), longest)
    plan = prescription.follow_up
    if plan is not None:
        yield from _wrong_text("follow_up.who", plan.who, FOLLOW_UP_LENGTH)
        yield from _wrong_text("follow_up.how", plan.how, FOLLOW_UP_LENGTH)
    for number, pause in enumerate(prescription.pauses):
        yield from _wrong_text(f"pauses.{number}.why", pause.why, LONGEST_WHY)


def _wrong_text(name: str, text: str, longest: int) -> Iterator[str]:
    if len(text) > longest:
        yield _("`%(field)s` must have at most %(longest)s characters", field=name, longest=longest)
    # Line breaks are among them: a text is a line on every page, and in every file.
    if CONTROL_CHARACTERS.search(text):
        yield _("`%(field)s` must not have control characters", field=name)


def _asks_for_nothing(prescription: Prescription) -> Iterator[str]:
    amounts = (
        prescription.sessions_per_week,
        prescription.strength_days,
        prescription.dose_min_per_week,
        prescription.progression,
    )
    if not any(amounts):
        yield _("`sessions_per_week` must not be 0 where no dose and no strength day is asked for")


def _wrong_dates(prescription: Prescription) -> Iterator[str]:
    for name, day in _dates(prescription):
        if not FIRST_DATE <= day <= LAST_DATE:
            yield _(
                "`%(field)s` must be a date from %(first)s to %(last)s",
                field=name,
                first=FIRST_DATE,
                last=LAST_DATE,
            )
    if prescription.valid_from > prescription.valid_to:
        yield _not_after("valid_from", "valid_to")
    for number, pause in enumerate(prescription.pauses):
        if pause.first > pause.last:
            yield _not_after(f"pauses.{number}.first", f"pauses.{number}.last")
    begun = prescription.progression_from
    if begun is not None and begun > prescription.valid_from:
        yield _not_after("progression_from", "valid_from")
    plan = prescription.follow_up
    if plan is not None and plan.on is not None and plan.on < prescription.valid_from:
        yield _("`follow_up.on` must not be before `valid_from`")


def _dates(prescription: Prescription) -> Iterator[tuple[str, date]]:
    """Yield each date of a prescription with the name of its field."""
    yield "valid_from", prescription.valid_from
    yield "valid_to", prescription.valid_to
    if prescription.progression_from is not None:
        yield "progression_from", prescription.progression_from
    if prescription.follow_up is not None and prescription.follow_up.on is not None:
        yield "follow_up.on", prescription.follow_up.on
    for number, pause in enumerate(prescription.pauses):
        yield f"pauses.{number}.first", pause.first
        yield f"pauses.{number}.last", pause.last


def _wrong_strength(prescription: Prescription) -> Iterator[str]:
    """Yield more strength days than weekdays, where strength is all that counts."""
    days = len(prescription.weekdays)
    if days and prescription.types == (_STRENGTH,) and prescription.strength_days > days:
        yield _("`strength_days` must not be more than the days of `weekdays`")


def _wrong_pauses(prescription: Prescription) -> Iterator[str]:
    if len(prescription.pauses) > MOST_PRESCRIBED_PAUSES:
        yield at_most("pauses", MOST_PRESCRIBED_PAUSES)
    for number, pause in enumerate(prescription.pauses):
        if pause.last < prescription.valid_from or pause.first > prescription.valid_to:
            yield _(
                "`%(field)s` must lie between `valid_from` and `valid_to`", field=f"pauses.{number}"
            )


def _wrong_progression(prescription: Prescription) -> Iterator[str]:
    """Yield what is wrong with the steps, each by itself and as what it makes of the rest."""
    steps = prescription.progression
    if len(steps) > MOST_STEPS:
        yield at_most("progression", MOST_STEPS)
        return
    before = 1
    for number, step in enumerate(steps):
        field = f"progression.{number}"
        wrong = list(_wrong_step(field, step, before))
        # A step that is wrong by itself would spoil what follows.
        yield from wrong or _wrong_result(field, prescription, step)
        before = step.from_week


def _wrong_step(field: str, step: ProgressionStep, before: int) -> Iterator[str]:
    if not within(step.from_week, FROM_WEEK):
        yield in_bounds(f"{field}.from_week", FROM_WEEK)
    elif step.from_week <= before:
        yield _(
            "`%(field)s` must be after the week of the step before it", field=f"{field}.from_week"
        )
    for name, bounds in STEP_BOUNDS.items():
        value = getattr(step, name)
        if value is not None and not within(value, bounds):
            yield in_bounds(f"{field}.{name}", bounds)
    if step.intensity is not None:
        yield from wrong_intensity(f"{field}.intensity", step.intensity)
    if all(getattr(step, name) is None for name in STEPPED):
        yield _("`%(field)s` must change something", field=field)


def _wrong_result(field: str, prescription: Prescription, step: ProgressionStep) -> Iterator[str]:
    begun = prescription.progression_from or prescription.valid_from
    first = begun + timedelta(weeks=step.from_week - 1)
    if first > prescription.valid_to:
        yield _("`%(field)s` must begin by `valid_to`", field=f"{field}.from_week")
        return
    result = replace(stepped(prescription, first), progression=())
    for problem in (
        *wrong_numbers(result),
        *wrong_weekdays(result),
        *wrong_ceilings(result),
    ):
        yield _("`%(field)s` makes a contradiction: %(problem)s", field=field, problem=problem)


def _not_after(field: str, other: str) -> str:
    return _("`%(field)s` must not be after `%(other)s`", field=field, other=other)
