"""The chain from a session to the payloads that it comes from, a line for each step. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from clinic.pages.session_words import flag
from clinic.pages.words import at
from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_json import paused_ms
from kadens.derivation.derived_lines import duration_text, session_text, zones_text
from kadens.derivation.evidence_words import (
    answer_words,
    fact_words,
    payload_path,
    payload_words,
    selection_lines,
    source_words,
    under_heading,
    version_lines,
)
from kadens.derivation.held_facts import HeldRecord, record_of
from kadens.derivation.sample_words import sample_lines
from model.answered_session import AFTER_SESSION_MS
from model.calendar import rfc3339
from model.derived.sessions import Origin, Session, SourceSelection
from model.fact_properties import made_from
from model.facts import MARKS, AttributedFact, Instrument, Report, Workout
from model.metrics import METRIC
from model.prescribing.credit import is_credited
from model.prescription import in_force
from model.words.borg_scales import on_cr10
from model.words.not_counted import is_no_exercise
from stream.compute.derive import window_candidates
from stream.compute.sessions.candidates import SessionCandidate, as_report, stated_candidates
from stream.compute.sessions.date_inputs import shortest_session_ms
from stream.compute.sessions.marks import marks_of

_HEART = "heart_rate"


def session_chain(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield the steps: payload, fact, candidates, sources, zones, answers, counted or not."""
    yield session_text(session)
    yield from under_heading("reported by", _reported(derivation, session))
    yield from under_heading("candidates for it", _candidates(derivation, session))
    yield from under_heading("samples of", _samples(derivation, session))
    yield from under_heading("heart rate", _heart(session))
    yield from under_heading("intensity", _intensity(session))
    yield from under_heading("answers", _answers(derivation, session))
    yield from under_heading("marks", _marks(derivation, session))
    yield from under_heading("quality", _quality(session))
    yield from under_heading("counted", _counted(derivation, session))


def _reported(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield the facts that declare the session, with their payloads and earlier versions."""
    if session.origin is Origin.DETECTED:
        yield "nobody: it was found in samples that no declared session covers"
    for item in _of_record(derivation, (session.declared_by, session.record)):
        yield f"{fact_words(item)}, by {source_words(item.fact.head.source)}"
        yield f"  in {payload_words(derivation, item.body)}"
        origin = made_from(item.fact) if isinstance(item.fact, Workout) else ""
        if origin:
            yield f"  made from {origin}: no message of a session could be used"
        for line in version_lines(derivation, item):
            yield f"  {line}"


def _of_record(derivation: Derivation, record: HeldRecord) -> Iterator[AttributedFact]:
    """Yield the facts of a record that declare or report a session."""
    for item in (
        *derivation.held.current_of_kind(Workout),
        *derivation.held.current_of_kind(Report),
    ):
        if record_of(item) == record:
            yield item


def _candidates(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield what else was a candidate for this session, and what became of it."""
    window = derivation.conclusions.window
    # Candidates are made again here, because a session keeps only the record that stayed.
    final = {row.id: row for row in window_candidates(window)}
    own = final.get(session.id)
    for row in stated_candidates(window.patient, window.workouts, window.reports):
        if own is not None and row.id != session.id and row.id not in final and _same(row, own):
            yield f"{_candidate_words(row)}: the same session or a part of it, joined to this one"
            for item in _of_record(derivation, (row.source, row.record)):
                yield f"  in {payload_words(derivation, item.body)}"
    for row in final.values():
        if row.id != session.id and _shared_ms(row, session):
            shared = duration_text(_shared_ms(row, session))
            yield f"{_candidate_words(row)}: another session, {row.id}, with {shared} in common"


def _same(row: SessionCandidate, own: SessionCandidate) -> bool:
    return row.records <= own.records


def _shared_ms(row: SessionCandidate, session: Session) -> int:
    return max(0, min(row.end_ms, session.end_ms) - max(row.start_ms, session.start_ms))


def _candidate_words(row: SessionCandidate) -> str:
    span = f"{rfc3339(row.start_ms)} to {rfc3339(row.end_ms)}"
    return f"{row.type} {row.record}, {row.origin.value} by {source_words(row.source)}, {span}"


def _samples(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield for each metric which source was selected in which minutes, and its payloads."""
    for metric in sorted(METRIC):
        selections = list(_selected(derivation, session, metric))
        yield from under_heading(metric.replace("_", " "), selection_lines(selections))
        for source in dict.fromkeys(row.source for row in selections):
            for line in sample_lines(derivation, metric, source, selections):
                yield f"    {line}"


def _selected(derivation: Derivation, session: Session, metric: str) -> Iterator[SourceSelection]:
    """Yield the selections of a metric that reach into a session, cut to the session."""
    for row in derivation.conclusions.derived.source_selections:
        if row.metric == metric and row.start_ms < session.end_ms and session.start_ms < row.end_ms:
            # A selection reaches over a day, and only its part within the session is shown.
            start_ms, end_ms = max(row.start_ms, session.start_ms), min(row.end_ms, session.end_ms)
            yield replace(row, start_ms=start_ms, end_ms=end_ms)


def _heart(session: Session) -> Iterator[str]:
    heart = session.heart
    if heart.n and heart.mean is not None and heart.maximum is not None:
        samples = "1 sample is" if heart.n == 1 else f"{heart.n} samples are"
        mean, highest = f"{heart.mean:.1f}", f"{heart.maximum:g}"
        beats = f"mean {mean} and highest {highest} beats a minute"
        yield f"{samples} accepted outside of pauses, {beats}"


def _intensity(session: Session) -> Iterator[str]:
    """Yield the thresholds with all that they were computed from, and the time in each class."""
    thresholds = session.thresholds
    if thresholds.method == "none":
        yield "no heart profile gives zones on this date, so all time is unknown"
    else:
        edges = ", ".join(f"{edge:.1f}" for edge in thresholds.edges)
        inputs = ", ".join(f"{name} {value:g}" for name, value in thresholds.inputs.items())
        yield f"light, moderate, vigorous and near maximal from {edges} beats a minute"
        yield f"by {thresholds.method} ({thresholds.scheme}), confidence {thresholds.confidence}"
        yield f"computed from {inputs}"
    if thresholds.method != "none" and not thresholds.valid:
        yield "heart rate must not be used for this patient, so all time is unknown"
    yield zones_text(session.zones)
    if session.zones.unknown and thresholds.valid:
        yield "unknown where no sample holds"
    if paused_ms(session):
        yield f"paused {duration_text(paused_ms(session))}: it is in no class and does not count"
    if session.moving_ms is not None:
        moving = duration_text(session.moving_ms)
        yield f"moving {moving}: without pauses, and without the stops that speed shows"
    elapsed = duration_text(session.end_ms - session.start_ms)
    yield f"classes, unknown and paused time together are the elapsed time, {elapsed}"


def _answers(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield the patient's answers about this session, and the exertion that it has."""
    final = {row.id: row for row in window_candidates(derivation.conclusions.window)}
    records = final[session.id].records if session.id in final else frozenset[str]()
    has_exertion = False
    for item in derivation.held.current_of_kind(Report):
        fact = item.fact
        if not isinstance(fact, Report) or fact.instrument in (Instrument.SESSION, *MARKS):
            continue
        if _is_about(fact, session, records):
            path = payload_path(derivation, item.body)
            has_exertion |= fact.instrument is Instrument.EXERTION
            yield f"{answer_words(fact)}, at {rfc3339(fact.head.start_ms)}, of {path}"
    if session.exertion_cr10 is None:
        return
    yield f"exertion of the session on Borg CR10: {session.exertion_cr10:g}"
    if not has_exertion:
        yield from _passed(derivation, session)


def _is_about(answer: Report, session: Session, records: frozenset[str]) -> bool:
    """Return whether an answer names a session, or is the exertion that it has by its time."""
    if answer.session:
        return answer.session in {session.record, *records}
    begun, until = session.start_ms, session.end_ms + AFTER_SESSION_MS
    if answer.instrument is not Instrument.EXERTION or answer.value is None:
        return False
    is_near = begun <= answer.head.start_ms <= until
    return is_near and on_cr10(answer.value, answer.scale) == session.exertion_cr10


def _passed(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield the sessions within this one whose exertion it has."""
    for row in derivation.conclusions.derived.sessions:
        is_within = not row.counts and row.start_ms < session.end_ms > session.start_ms < row.end_ms
        if row.id != session.id and is_within and row.exertion_cr10 == session.exertion_cr10:
            yield f"it was passed on by {row.id}, which does not count: {row.why}"


def _marks(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield what was said of whether it was exercise, the mark that stands first."""
    window = derivation.conclusions.window
    for candidate in window_candidates(window):
        if candidate.id != session.id:
            continue
        for number, mark in enumerate(marks_of(candidate, window.reports)):
            fact = as_report(mark)
            standing = "stands" if number == 0 else "does not stand"
            statement = (
                f"{fact.instrument.value.replace('_', ' ')}, {fact.reason or 'no reason given'}"
            )
            yield f"{statement}, by {source_words(fact.head.source)}: {standing}"
            yield f"  in {payload_words(derivation, mark.body)}"


def _quality(session: Session) -> Iterator[str]:
    for item in session.flags:
        samples = f"{item.n} samples from " if item.n else ""
        yield f"{flag(item.what)}: {samples}{rfc3339(item.start_ms)}"


def _counted(derivation: Derivation, session: Session) -> Iterator[str]:
    """Yield whether the session counts, and on which date."""
    zone = derivation.manifest.zone
    begun = at(session.start_ms, zone)
    yield f"on {session.local_date}, the date of its start: {begun} in {zone}"
    if not session.counts:
        yield f"not among the sessions of its date: {session.why}"
        if not is_no_exercise(session.why):
            yield "its time counts towards its date where no other session covers it"
        return
    exercised = duration_text(session.end_ms - session.start_ms - paused_ms(session))
    yield f"among the sessions of its date, with {exercised} of exercise"
    prescribed = in_force(derivation.conclusions.window.prescriptions, session.local_date)
    least = duration_text(shortest_session_ms(prescribed))
    for row in prescribed:
        if is_credited(row, session.type):
            yield f"of {row.minutes_per_session} min that {row.id} prescribes for a session"
    yield f"a session counts from {least}: 10 min, or half of a shorter prescribed one"
