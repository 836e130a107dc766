"""Answers as tables for a terminal of 80 columns: few columns, in words and local time. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from clinic.answers.adherence import AdherenceShape, Ratio
from clinic.answers.days import DaysAnswer
from clinic.answers.flat import Answer, source_text
from clinic.answers.sessions import SessionsAnswer
from clinic.answers.shape import Zones
from clinic.answers.timelines import TimelineAnswer
from clinic.answers.weeks import PrescriptionWeeksAnswer, WeeksAnswer
from clinic.pages import words
from model.calendar import MINUTE_MS

WHY_UNKNOWN = (
    "time is unknown where no heart rate was measured, or where no heart profile holds on the date "
    "(kadens patient profile)"
)
MEASURES = ("a_freq", "a_time", "a_int", "a_dose")
ADHERENCE = ("A_freq", "A_time", "A_int", "A_dose")
_SECONDS = ":00"
_SHORT = "mod. moderate, vig. vigorous"
LEFT = frozenset({"when", "type", "zones", "counts", "source", "date", "state", "week", "rx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The column heads, lines of text, and the line below the table."""

    heads: tuple[str, ...]
    lines: Iterable[tuple[str, ...]]
    below: str = ""


def table_of(answer: Answer) -> tuple[Table, str]:
    """Return an answer as a table, an en dash where nothing is known, and the line below it."""
    sheet = _sheet(answer)
    made = Table(box=None, pad_edge=False)
    for head in sheet.heads:
        made.add_column(head, justify="left" if head in LEFT else "right", overflow="fold")
    for line in sheet.lines:
        # `Text` keeps rich from reading markup in words from outside.
        made.add_row(*map(Text, line))
    return made, sheet.below


def _sheet(answer: Answer) -> Sheet:
    if isinstance(answer, TimelineAnswer):
        return _timeline(answer)
    if isinstance(answer, SessionsAnswer):
        return _sessions(answer)
    if isinstance(answer, DaysAnswer):
        return _days(answer)
    return _weeks(answer) if isinstance(answer, WeeksAnswer) else _prescription(answer)


def _timeline(answer: TimelineAnswer) -> Sheet:
    sources = [source_text(answer.sources[position]) for position in answer.source]
    values = (
        (answer.n, answer.minimum, answer.mean, answer.maximum)
        if answer.kind == "band"
        else (answer.v,)
    )
    lines = zip(answer.t, zip(*values, strict=True), sources, strict=True)
    width = "" if answer.width_ms is None else f", each of {words.span(answer.width_ms)}"
    return Sheet(
        heads=(
            "when",
            *(("n", "min", "mean", "max") if answer.kind == "band" else ("value",)),
            "source",
        ),
        lines=(
            (_at(t, answer.zone), *map(words.number, figures), source)
            for t, figures, source in lines
        ),
        below=(
            f"{_measured(answer.metric, answer.unit)}, {answer.samples} samples{width}; "
            f"times in {answer.zone}"
        ),
    )


def _measured(metric: str, unit: str) -> str:
    # UCUM writes what is counted in braces, such as {steps}: it says no more than the metric
    return metric if unit.startswith("{") else f"{metric} in {unit}"


def _sessions(answer: SessionsAnswer) -> Sheet:
    more = f"; more: --before {answer.next}" if answer.next else ""
    unknown = any(session.zones_ms.unknown for session in answer.sessions)
    why = f"; {WHY_UNKNOWN}" if unknown else ""
    count = len(answer.sessions)
    sessions = f"{count} session{'' if count == 1 else 's'}"
    # in 80 columns the longest words do not fit
    classes = ("light", "mod.", "vig.", "unknown")
    return Sheet(
        heads=("when", "type", "length", *classes, "HR", "counts"),
        lines=(
            (
                _at(session.start, answer.zone)[: -len(_SECONDS)],
                words.label(session.type),
                words.span(session.timer_ms),
                *_intensities(session.zones_ms),
                words.number(session.heart.mean),
                "yes" if session.counts else f"no: {session.why}",
            )
            for session in answer.sessions
        ),
        below=f"{sessions}; {_SHORT}; times in {answer.zone}{why}{more}",
    )


def _intensities(zones: Zones) -> tuple[str, str, str, str]:
    """Return light, moderate, vigorous and unknown time; of a time that is all unknown only that.

    Together they are the length, so each has the class below or above that has no column.
    """
    light, vigorous = zones.very_light + zones.light, zones.vigorous + zones.near_max
    unknown = words.span(zones.unknown)
    if zones.unknown and not light + zones.moderate + vigorous:
        return words.NOTHING, words.NOTHING, words.NOTHING, unknown
    return words.span(light), words.span(zones.moderate), words.span(vigorous), unknown


def _days(answer: DaysAnswer) -> Sheet:
    return Sheet(
        heads=("date", "state", "sessions", "minutes", "wear min", "steps", "night HR"),
        lines=(
            (
                words.day(day.local_date),
                words.label(day.state.value),
                str(day.sessions),
                str(day.session_ms // MINUTE_MS),
                str(day.wear_min),
                words.number(day.steps),
                words.number(day.resting_hr),
            )
            for day in answer.days
        ),
        below=f"{len(answer.days)} dates in {answer.zone}; only No activity may count as a miss",
    )


def _weeks(answer: WeeksAnswer) -> Sheet:
    lines: list[tuple[str, ...]] = []
    for week in answer.weeks:
        figures = (
            week.iso_week,
            str(week.sessions),
            str(week.session_ms // MINUTE_MS),
            words.number(week.dose_min),
            f"{week.known_days} of 7",
        )
        # A week without a prescription still has a line, because exercise was recorded.
        for item in week.adherence or (None,):
            prescription = item.prescription if item else words.NOTHING
            lines.append((*figures, *_measures(item), prescription))
    heads = ("week", "sessions", "min", "dose", "known", *ADHERENCE, "rx")
    return Sheet(
        heads=heads, lines=lines, below=f"done over due, not capped; weeks in {answer.zone}"
    )


def _prescription(answer: PrescriptionWeeksAnswer) -> Sheet:
    lines = (
        (
            week.iso_week,
            f"{week.credited_sessions} of {week.due_sessions}",
            f"{int(week.credited_min)} of {words.number(week.due_min)}",
            words.number(week.dose_min),
            f"{week.known_days} of 7",
            *_measures(week),
            week.standing.value,
        )
        for week in answer.weeks
    )
    averages = [getattr(answer.total, name) for name in MEASURES]
    means = ", ".join(
        f"{name} {_ratio(item)}" for name, item in zip(ADHERENCE, averages, strict=True)
    )
    heads = ("week", "sessions", "min", "dose", "known", *ADHERENCE, "standing")
    return Sheet(
        heads=heads,
        lines=lines,
        below=f"{answer.prescription}, over {answer.total.weeks} weeks: {means}",
    )


def _measures(adherence_shape: AdherenceShape | None) -> list[str]:
    return [
        _ratio(getattr(adherence_shape, name) if adherence_shape else None) for name in MEASURES
    ]


def _ratio(ratio: Ratio | None) -> str:
    return words.NOTHING if ratio is None else words.percent(ratio.uncapped)


def _at(text: str, zone: str) -> str:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
