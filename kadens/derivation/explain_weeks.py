"""The chain from a week to its days, what was due in it, and what follows from it. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from alerts.adherence import Standing
from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_lines import (
    day_text,
    duration_text,
    tenths,
    week_text,
    zones_text,
)
from kadens.derivation.due_words import due_lines
from kadens.derivation.evidence_words import under_heading
from kadens.derivation.known_words import known_lines
from model.calendar import day_bounds
from model.derived.algorithm import VALID_WEAR_MIN
from model.prescribing.credit import has_strength

_STANDING_WORDS: Mapping[Standing, str] = {
    Standing.ENOUGH: ": both sessions and minutes reach what rule A1 asks for",
    Standing.LOW: ": it stays below what rule A1 asks for, whatever the unknown days held",
    Standing.THIN: ": the days about which nothing is known could have held what is missing",
    Standing.NONE_DUE: ": no whole session was due",
}


def week_chain(derivation: Derivation, first: date) -> Iterator[str]:
    """Yield the steps of a week: its days, what was due, the ratios, and what the rules found."""
    yield week_text(derivation, first)
    yield from under_heading("days", _days(derivation, first))
    yield from under_heading("dose", _dose(derivation, first))
    yield from under_heading("due", _due(derivation, first))
    yield from under_heading("known", _known(derivation, first))
    yield from under_heading("findings", _findings(derivation, first))


def _days(derivation: Derivation, first: date) -> Iterator[str]:
    for number in range(7):
        day = first + timedelta(days=number)
        if day in derivation.conclusions.states:
            yield day_text(derivation, day)
            row = derivation.conclusions.days.get(day)
            if row is not None and row.session_ms:
                yield f"  {zones_text(row.zones)}"


def _dose(derivation: Derivation, first: date) -> Iterator[str]:
    """Yield what the dose of the week's sessions is the sum of, whatever is prescribed."""
    row = derivation.conclusions.weeks.get(first)
    if row is None or not row.dose_min:
        return
    yield f"{round(row.dose_min, 1):g} min: moderate minutes and twice the vigorous ones"
    yield f"measured: {zones_text(row.zones)}"
    if row.exertion_ms:
        judged, dose = duration_text(row.exertion_ms), duration_text(row.exertion_dose_ms)
        yield f"of the unknown time {judged} are judged by the reported exertion: dose {dose}"


def _due(derivation: Derivation, first: date) -> Iterator[str]:
    """Yield what was prescribed for the week, and each ratio as done over due."""
    item = derivation.conclusions.measured.get(first)
    if item is None:
        yield "nothing: no prescription holds on all seven days"
        return
    due, done = item.due, item.credited
    yield from due_lines(due)
    if due.paused_days:
        yield f"{due.paused_days} days of a pause or without consent are taken off"
    recalled = f", {done.recalled_sessions} of them only told of" if done.recalled_sessions else ""
    yield f"sessions: {done.sessions} done of {due.sessions} due{recalled}"
    yield f"minutes: {duration_text(done.zones.total)} done of {due.minutes:g} due"
    if due.dose_min is not None:
        amount = f"{tenths(done.dose_min)} done of {tenths(due.dose_min)} due"
        yield f"dose: {amount}, moderate minutes and twice the vigorous ones"
    if done.range_known_ms:
        within, compared = duration_text(done.in_range_ms), duration_text(done.range_known_ms)
        yield f"intensity: {within} in the prescribed range, of {compared} that could be compared"
    if due.strength_days:
        days, wanted = item.week.days, due.strength_days
        strength = sum(has_strength(day.by_type) for day in days)
        yield f"strength: {strength} days done of {wanted} due"
    yield f"standing: {item.standing.value}{_STANDING_WORDS[item.standing]}"


def _known(derivation: Derivation, first: date) -> Iterator[str]:
    row = derivation.conclusions.weeks.get(first)
    if row is None:
        yield "no date of the week is known"
        return
    item = derivation.conclusions.measured.get(first)
    due = None if item is None else item.due
    yield from known_lines(row, derivation.conclusions.days.values(), due)
    if row.recalled_until is not None:
        yield f"the patient told of {row.recalled_sessions} sessions up to {row.recalled_until}"
    yield f"a date is known when it was worn for {VALID_WEAR_MIN} minutes or answered"
    yield "a date that is known for several reasons is counted for the first of them"
    if item is not None and item.standing is Standing.THIN:
        yield "while too little is known, no ratio below 100 % is told: it may still grow"


def _findings(derivation: Derivation, first: date) -> Iterator[str]:
    """Yield the findings that rest on something of this week."""
    # A finding may rest on weeks before and after, and is shown with each of them.
    start_ms = day_bounds(first, derivation.manifest.zone)[0]
    end_ms = day_bounds(first + timedelta(days=6), derivation.manifest.zone)[1]
    for item in derivation.conclusions.findings:
        # what ends at this Monday's midnight is about the week before
        is_after = item.at_ms > start_ms or item.from_ms >= start_ms
        if item.from_ms < end_ms and is_after:
            yield f"{item.rule} {item.key}: {item.sentence}"
