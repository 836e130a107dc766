"""The chain from a day or a week to the sessions and payloads that it is the sum of. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from alerts.adherence import Standing, known_days, least_known_days
from alerts.due import Due
from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_lines import (
    day_text,
    duration_text,
    session_text,
    sessions_text,
    tenths,
    week_text,
    zones_text,
)
from kadens.derivation.evidence_words import (
    answer_words,
    fact_words,
    payload_path,
    payload_words,
    selection_lines,
    source_words,
    under_heading,
)
from model.calendar import HOUR_MS, day_bounds, local_date, rfc3339
from model.derived.algorithm import VALID_WEAR_MIN
from model.derived.days import Day, DayState, Week
from model.derived.sessions import SourceSelection
from model.facts import DaySummary, Report
from model.prescribing.credit import has_strength

STATE_REASONS: Mapping[DayState, str] = {
    DayState.BLOCKED: "no consent held on this date",
    DayState.PAUSED: "every prescription in force is paused on this date",
    DayState.ACTIVE: "a session counts on this date",
    DayState.NO_DATA: "no worn source has delivered anything from after the end of this date",
    DayState.NOT_WORN: f"the device was worn for less than {VALID_WEAR_MIN} minutes",
    DayState.REST: "the week asks for nothing here, or could be completed on its other days",
    DayState.NO_ACTIVITY: "a session was due, the device was worn, and none was recorded",
}
_STANDING_WORDS: Mapping[Standing, str] = {
    Standing.ENOUGH: ": both sessions and minutes reach what rule A1 asks for",
    Standing.LOW: ": it stays below what rule A1 asks for, whatever the unknown days held",
    Standing.THIN: ": the days about which nothing is known could have held what is missing",
    Standing.NONE_DUE: ": no whole session was due",
}


def day_chain(derivation: Derivation, day: date) -> Iterator[str]:
    """Yield the steps of a local date: its state, sessions, minutes, steps and wear."""
    yield day_text(derivation, day)
    yield from under_heading("why this state", _state(derivation, day))
    yield from under_heading("sessions", _sessions(derivation, day))
    yield from under_heading("retracted", _retracted(derivation, day))
    row = derivation.conclusions.days.get(day)
    if row is None:
        yield "nothing is recorded about this date"
        return
    yield from under_heading("minutes", _minutes(derivation, row))
    yield from under_heading("steps", _steps(derivation, row))
    yield from under_heading("wear", _wear(derivation, row))
    yield from under_heading("answers", _answers(derivation, day))


def week_chain(derivation: Derivation, first: date) -> Iterator[str]:
    """Yield the steps of a week: its days, what was due, the ratios, and what the rules found."""
    yield week_text(derivation, first)
    yield from under_heading("days", _days(derivation, first))
    yield from under_heading("dose", _dose(derivation, first))
    yield from under_heading("due", _due(derivation, first))
    yield from under_heading("known", _known(derivation, first))
    yield from under_heading("findings", _findings(derivation, first))


def _state(derivation: Derivation, day: date) -> Iterator[str]:
    results = derivation.conclusions
    start_ms, end_ms = day_bounds(day, derivation.manifest.zone)
    state = results.states[day]
    reason = STATE_REASONS.get(state)
    if reason is not None:
        yield f"{state.value.replace('_', ' ')}: {reason}"
    length = (end_ms - start_ms) / HOUR_MS
    span = f"{rfc3339(start_ms)} to {rfc3339(end_ms)}"
    yield f"the date is {span} in {derivation.manifest.zone}, {length:g} hours"
    for source, at_ms in results.state_input.watermarks.items():
        yield f"{source_words(source)} has delivered up to {rfc3339(at_ms)}"


def _sessions(derivation: Derivation, day: date) -> Iterator[str]:
    for session in derivation.conclusions.derived.sessions:
        if session.local_date == day:
            yield session_text(session)


def _retracted(derivation: Derivation, day: date) -> Iterator[str]:
    """Yield what its source took back, with the payload that had reported it."""
    for item in derivation.held.retracted():
        if local_date(item.fact.head.start_ms, derivation.manifest.zone) == day:
            path = payload_path(derivation, item.body)
            yield f"{fact_words(item)}, of {path}: its source deleted it"


def _minutes(derivation: Derivation, row: Day) -> Iterator[str]:
    yield f"{duration_text(row.session_ms)} of sessions, in which overlapping time counts once"
    shared_ms = _exercised_ms(derivation, row.local_date) - row.session_ms
    if shared_ms > 0:
        yield f"{duration_text(shared_ms)} more are of sessions of the same time, or do not count"
    if row.paused_ms:
        elapsed, stood = duration_text(row.elapsed_ms), duration_text(row.paused_ms)
        yield f"their elapsed time is {elapsed}; {stood} of it are paused and in no figure"
    if any(row.zones.as_tuple()):
        yield zones_text(row.zones)
    if row.exertion_ms:
        judged, dose = duration_text(row.exertion_ms), duration_text(row.exertion_dose_ms)
        yield f"of the unknown time {judged} are judged by the reported exertion: dose {dose}"


def _exercised_ms(derivation: Derivation, day: date) -> int:
    """Return the time of all sessions of a date, each without its pauses."""
    exercised_ms = 0
    for row in derivation.conclusions.derived.sessions:
        exercised_ms += row.zones.total if row.local_date == day else 0
    return exercised_ms


def _selections(derivation: Derivation, day: date, metric: str) -> list[SourceSelection]:
    rows = derivation.conclusions.derived.source_selections
    return [row for row in rows if row.local_date == day and row.metric == metric]


def _steps(derivation: Derivation, row: Day) -> Iterator[str]:
    """Yield the day's figure, who counted it in which minutes, and what sources state."""
    if row.steps is None:
        yield "no source counted or stated any"
        return
    stated = row.stated.get("steps")
    counted = "none" if row.steps_counted is None else str(row.steps_counted)
    by_source = "none" if stated is None else f"{stated:g}"
    yield f"{row.steps} is the figure of the date: the greater of counted and stated, never added"
    yield f"counted minute by minute: {counted}; stated by the best ranked source: {by_source}"
    for line in selection_lines(_selections(derivation, row.local_date, "steps")):
        yield f"counted by {line}"
    yield from _stated_steps(derivation, row.local_date)


def _stated_steps(derivation: Derivation, day: date) -> Iterator[str]:
    for item in derivation.held.current_of_kind(DaySummary):
        fact = item.fact
        if isinstance(fact, DaySummary) and fact.local_date == day and "steps" in fact.values:
            who = source_words(fact.head.source)
            steps = f"{fact.values['steps']:g}"
            yield f"{who} states {steps}, in {payload_words(derivation, item.body)}"


def _wear(derivation: Derivation, row: Day) -> Iterator[str]:
    enough = "enough" if row.wear_min >= VALID_WEAR_MIN else "too few"
    yield f"{row.wear_min} minutes worn: {enough} for a valid date ({VALID_WEAR_MIN})"
    for line in selection_lines(_selections(derivation, row.local_date, "heart_rate")):
        yield f"heart rate of {line}"


def _answers(derivation: Derivation, day: date) -> Iterator[str]:
    for item in derivation.held.current_of_kind(Report):
        fact = item.fact
        if local_date(fact.head.start_ms, derivation.manifest.zone) == day:
            path = payload_path(derivation, item.body)
            what = answer_words(fact) if isinstance(fact, Report) else ""
            yield f"{what}, at {rfc3339(fact.head.start_ms)}, of {path}"


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
    for row in due.prescriptions:
        amount = f"{sessions_text(row.sessions_per_week)} of {row.minutes_per_session} min a week"
        types = ", ".join(row.types) or "every type"
        yield f"prescription {row.id} version {row.version}: {amount}, of {types}"
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
    yield from _known_dates(row, None if item is None else item.due)
    if row.recalled_until is not None:
        yield f"the patient told of {row.recalled_sessions} sessions up to {row.recalled_until}"
    yield f"a date is known when it was worn for {VALID_WEAR_MIN} minutes or answered"
    if item is not None and item.standing is Standing.THIN:
        yield "while too little is known, no ratio below 100 % is told: it may still grow"


def _known_dates(week: Week, due: Due | None) -> Iterator[str]:
    """Yield how many dates of a week are known, and by what; `due` is what was prescribed."""
    parts = () if due is None else due.parts
    of_all = " for every prescription" if len(parts) > 1 else ""
    carried = sum(day.carried and not day.known for day in week.days)
    more = f", {carried} more with a phone carried" if carried else ""
    how = f"{week.valid_days} worn, {week.answered_days} answered{more}"
    yield f"{least_known_days(week, due)} dates are known{of_all}: {how}"
    if len(parts) > 1:
        of_each = [f"{part.last.id} {known_days(week, part)}" for part in parts]
        yield f"of each prescription: {', '.join(of_each)}"
    if carried:
        yield "a phone that is carried for as long makes a date known for walks, hikes and runs"


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
