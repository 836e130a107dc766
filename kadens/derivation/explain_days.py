"""The chain from a day to the sessions and payloads that it is the sum of. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_lines import (
    day_text,
    duration_text,
    session_text,
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
from model.derived.days import Day, DayState
from model.derived.sessions import SourceSelection
from model.facts import DaySummary, Report
from model.prescription import Prescription, in_force, paused, sevenths_due

STATE_REASONS: Mapping[DayState, str] = {
    DayState.BLOCKED: "no consent held on this date",
    DayState.PAUSED: "every prescription in force is paused on this date",
    DayState.ACTIVE: "a session counts on this date",
    DayState.NO_DATA: "no worn source has delivered anything from after the end of this date",
    DayState.NOT_WORN: f"the device was worn for less than {VALID_WEAR_MIN} minutes",
    DayState.REST: "no session is prescribed for this date",
    DayState.NO_ACTIVITY: "a session was due, the device was worn, and none was recorded",
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


def _state(derivation: Derivation, day: date) -> Iterator[str]:
    results = derivation.conclusions
    start_ms, end_ms = day_bounds(day, derivation.manifest.zone)
    state = results.states[day]
    reason = STATE_REASONS[state]
    if state is DayState.REST:
        reason = _rest_reason(day, results.state_input.prescriptions) or reason
    yield f"{state.value.replace('_', ' ')}: {reason}"
    length = (end_ms - start_ms) / HOUR_MS
    span = f"{rfc3339(start_ms)} to {rfc3339(end_ms)}"
    yield f"the date is {span} in {derivation.manifest.zone}, {length:g} hours"
    for source, at_ms in results.state_input.watermarks.items():
        yield f"{source_words(source)} has delivered up to {rfc3339(at_ms)}"


def _rest_reason(day: date, prescriptions: Iterable[Prescription]) -> str:
    """Return why prescriptions ask for nothing on a date without a session; "" where none asks."""
    reasons: dict[str, None] = {}  # each once, in the order of the prescriptions
    for row in in_force(prescriptions, day):
        if row.sessions_per_week and not paused(row, day):
            reasons[_rest_under(row, day)] = None
    return "; ".join(reasons)


def _rest_under(row: Prescription, day: date) -> str:
    if not row.weekdays:
        return "the week could still be completed on its other days"
    if not sevenths_due(row, day):
        return f"prescription {row.id} asks for sessions on {' '.join(row.weekdays)} only"
    return f"what prescription {row.id} asks for on this weekday other dates held, or may have held"


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
