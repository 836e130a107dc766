"""Answers as flat rows with typed columns, for CSV and Parquet. Pure.

The columns depend on the question, except for loads. A nested value becomes a column named by its
path (`zones_ms_moderate`). Each load that occurs becomes a column (`load_trimp`). Other lists have
no column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType
from typing import Any, TypeAlias, get_args

from clinic.answers.adherence import AdherenceShape
from clinic.answers.days import DayAnswer, DaysAnswer
from clinic.answers.sessions import SessionLine, SessionsAnswer
from clinic.answers.shape import Shape, SourceShape
from clinic.answers.timelines import TimelineAnswer
from clinic.answers.weeks import PrescriptionWeek, PrescriptionWeeksAnswer, WeeksAnswer, WeekShape

Answer: TypeAlias = (
    TimelineAnswer | SessionsAnswer | DaysAnswer | WeeksAnswer | PrescriptionWeeksAnswer
)
Kind: TypeAlias = type[bool | int | float | str | date]

MOMENTS = frozenset({"t", "start", "end"})  # RFC 3339 text in an answer, instants in a column
_LOADS = "loads"
_BAND: dict[str, Kind] = {
    "t": datetime,
    "n": int,
    "minimum": float,
    "mean": float,
    "maximum": float,
    "source": str,
}
_LINE: dict[str, Kind] = {"t": datetime, "v": float, "source": str}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """Columns by name with their type, and rows; instants are datetime, unknown values None."""

    columns: dict[str, Kind]
    rows: list[dict[str, Any]]


def flat(answer: Answer) -> Flat:
    """Return an answer as rows.

    A row is a bucket or sample, a session, a date, or a week against a prescription.
    """
    columns, matches = _parts(answer)
    loads = {name: float for row in matches for name in row if name.startswith("load_")}
    every: dict[str, Kind] = {**columns, **loads}
    return Flat(
        columns=every,
        rows=[{name: _typed(row.get(name), every[name]) for name in every} for row in matches],
    )


def source_text(source: SourceShape) -> str:
    """Return a source as text: vendor, device and app, as far as they are known."""
    return ", ".join(part for part in (source.vendor, source.device, source.app) if part)


def kinds(shape: type[Shape], way: str = "") -> dict[str, Kind]:
    """Return the columns of a shape in its order; `way` is put before their names."""
    values: dict[str, Kind] = {}
    for name, info in shape.model_fields.items():
        kind = next(
            (get_arg for get_arg in get_args(info.annotation) if get_arg is not NoneType),
            info.annotation,
        )
        # Loads become columns by the names that occur in the rows; see `flat`.
        if not isinstance(kind, type) or name == _LOADS:
            continue
        if issubclass(kind, Shape):
            values |= kinds(kind, f"{way}{name}_")
        elif issubclass(kind, (bool, int, float, str, date)):
            # Enumerations become plain text: the type of a column must be known to Parquet.
            text = str if issubclass(kind, StrEnum) else kind
            values[f"{way}{name}"] = datetime if name in MOMENTS else text
    return values


def _parts(answer: Answer) -> tuple[dict[str, Kind], list[dict[str, Any]]]:
    if isinstance(answer, TimelineAnswer):
        return (_BAND if answer.kind == "band" else _LINE), _timeline(answer)
    if isinstance(answer, WeeksAnswer):
        rows = [row for week in answer.weeks for row in _week(week.model_dump())]
        return {**kinds(WeekShape), **kinds(AdherenceShape)}, rows
    shape, listed = _listed(answer)
    return kinds(shape), [dict(_cells(item.model_dump())) for item in listed]


def _listed(
    answer: SessionsAnswer | DaysAnswer | PrescriptionWeeksAnswer,
) -> tuple[type[Shape], Sequence[Shape]]:
    if isinstance(answer, SessionsAnswer):
        return SessionLine, answer.sessions
    return (
        (DayAnswer, answer.days)
        if isinstance(answer, DaysAnswer)
        else (PrescriptionWeek, answer.weeks)
    )


def _timeline(answer: TimelineAnswer) -> list[dict[str, Any]]:
    names = [name for name in (_BAND if answer.kind == "band" else _LINE) if name != "source"]
    sources = [source_text(answer.sources[position]) for position in answer.source]
    values = zip(*(getattr(answer, name) for name in names), sources, strict=True)
    return [dict(zip((*names, "source"), row, strict=True)) for row in values]


def _week(week: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each prescription, or a single row when the week has no prescription."""
    against = week.pop("adherence")
    return [dict(_cells({**week, **item})) for item in against or [{}]]


def _cells(values: Mapping[str, Any], way: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if name == _LOADS:
            # Days and weeks hold loads as a mapping, sessions as a list of names with values.
            pairs = (
                value.items()
                if isinstance(value, Mapping)
                else [(item["name"], item["value"]) for item in value]
            )
            yield from ((f"load_{load}", figure) for load, figure in pairs)
        elif isinstance(value, Mapping):
            yield from _cells(value, f"{way}{name}_")
        else:
            yield f"{way}{name}", value


def _typed(value: Any, kind: Kind) -> Any:  # noqa: ANN401 - one cell of any column
    if value is None:
        return None
    return (
        datetime.fromisoformat(value)
        if kind is datetime
        else kind(value)
        if kind in (str, float)
        else value
    )
