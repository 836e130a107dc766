"""A derivation as lines for a person to read: sessions, days, weeks, findings, refusals. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from itertools import groupby

from clinic.pages.session_words import doubts
from kadens.derivation.derivation import Derivation
from kadens.derivation.derived_json import paused_ms, zones_json
from kadens.derivation.intake import PartProblem
from model.calendar import MINUTE_MS, rfc3339
from model.derived.sessions import Session
from model.intensity import ZoneTimes
from model.words.rounding import half_up, percent_down


def derivation_lines(derivation: Derivation) -> Iterator[str]:
    """Yield what `kadens derive` prints, a heading before each list that is not empty."""
    results, intake = derivation.conclusions, derivation.intake
    lost = [part for part in intake.refused if part not in intake.repaired]
    lists = {
        "sessions": list(map(session_text, results.derived.sessions)),
        "days": _joined(map(partial(day_text, derivation), results.dates)),
        "weeks": _joined(map(partial(week_text, derivation), results.mondays)),
        "findings": [f"{item.rule} {item.key}: {item.sentence}" for item in results.findings],
        "refused": list(map(_part_text, lost)),
        "repaired, and read": list(map(_part_text, intake.repaired)),
    }
    for name, lines in lists.items():
        if lines:
            yield name
        for line in lines:
            yield f"  {line}"
    if not any(lists.values()):
        yield "nothing is known of this patient"


def _part_text(part: PartProblem) -> str:
    return f"{part.body}, {part.where}: {part.why}"


def _joined(lines: Iterable[str]) -> list[str]:
    """Return lines that begin with a date, with one line for a run that says the same.

    Years without data would otherwise hide the dates that have any.
    """
    joined: list[str] = []
    for text, run in groupby(lines, key=_after_date):
        first, *others = run
        until = f" to {others[-1].partition(' ')[0]}" if others else ""
        joined.append(f"{first.partition(' ')[0]}{until} {text}")
    return joined


def _after_date(line: str) -> str:
    return line.partition(" ")[2]


def duration_text(ms: int) -> str:
    """Return a time in minutes, to a tenth where it is no full minute."""
    return f"{tenths(ms / MINUTE_MS)} min"


def tenths(value: float) -> str:
    """Return a number with at most one decimal."""
    return half_up(value, 1).removesuffix(".0")


def session_text(session: Session) -> str:
    """Return a session on one line."""
    times = [duration_text(session.end_ms - session.start_ms)]
    if paused_ms(session):
        times.append(f"{duration_text(paused_ms(session))} paused")
    times += doubts(session)
    counted = "counts" if session.counts else f"does not count: {session.why}"
    return (
        f"{session.id} {session.type}, {session.origin.value}, {rfc3339(session.start_ms)} to "
        f"{rfc3339(session.end_ms)}, {', '.join(times)}; {counted}"
    )


def day_text(derivation: Derivation, day: date) -> str:
    """Return a date with its state on one line."""
    results = derivation.conclusions
    state = results.states[day].value.replace("_", " ")
    row = results.days.get(day)
    if row is None:
        return f"{day} {state}"
    steps = "steps unknown" if row.steps is None else f"{row.steps} steps"
    return (
        f"{day} {state}: {sessions_text(row.sessions)}, {duration_text(row.session_ms)}, {steps}, "
        f"worn {row.wear_min} min"
    )


def week_text(derivation: Derivation, first: date) -> str:
    """Return a week with its adherence on one line."""
    results = derivation.conclusions
    row, item = results.weeks.get(first), results.measured.get(first)
    done = "nothing recorded"
    if row is not None:
        minutes = duration_text(row.session_ms)
        done = f"{sessions_text(row.sessions)}, {minutes}, dose {tenths(row.dose_min)} min"
    if item is None:
        return f"{first} {done}; no prescription holds on all seven days"
    ratios = {
        "frequency": item.done.frequency,
        "time": item.done.time,
        "intensity": item.done.intensity,
        "dose": item.done.dose,
    }
    known = [f"{name} {_percent(ratio)}" for name, ratio in ratios.items()]
    return f"{first} {done}; {', '.join(known)}"


def zones_text(zones: ZoneTimes) -> str:
    """Return the time in each class that has any; "no time" without any."""
    times: list[str] = []
    for name, ms in zones_json(zones).items():
        if ms:
            times.append(f"{name.replace('_', ' ')} {duration_text(ms)}")
    return ", ".join(times) or "no time"


def sessions_text(number: int) -> str:
    """Return a number of sessions in words."""
    return "1 session" if number == 1 else f"{number} sessions"


def _percent(ratio: float | None) -> str:
    return "not known" if ratio is None else f"{percent_down(ratio)} %"
