"""Answers as flat rows with typed columns, for CSV and Parquet. Pure.

The columns depend on the question, except for loads. A nested value becomes a column named by its
path (`zones_ms_moderate`). Each load that occurs becomes a column (`load_trimp`). Other lists have
no column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter
from types import NoneType
from typing import Any, TypeAlias, get_args

from clinic.answers.adherence import AdherenceShape
from clinic.answers.days import DayAnswer, DaysAnswer
from clinic.answers.sessions import SessionLine, SessionsAnswer
from clinic.answers.shape import Shape, SourceShape, same_fields
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
    columns, rows = _parts(answer)
    every = {**columns, **_load_columns(rows)}
    return Flat(columns=every, rows=[_typed_row(row, every) for row in rows])


def source_text(source: SourceShape) -> str:
    """Return a source as text: vendor, device and app, as far as they are known."""
    return ", ".join(filter(None, (source.vendor, source.device, source.app)))


def kinds(shape: type[Shape], way: str = "") -> dict[str, Kind]:
    """Return the columns of a shape in its order; `way` is put before their names."""
    values: dict[str, Kind] = {}
    for name, info in shape.model_fields.items():
        kind = _without_none(info.annotation)
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


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - any annotation of a field
    """Return the type of a field that may be None: `int` for `int | None`."""
    for part in get_args(annotation):
        if part is not NoneType:
            return part
    return annotation


def _load_columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, Kind]:
    """Return a column for each load of any row; which there are depends on a patient's devices."""
    loads: dict[str, Kind] = {}
    for row in rows:
        loads.update(dict.fromkeys(filter(_is_load, row), float))
    return loads


def _is_load(name: str) -> bool:
    return name.startswith("load_")


def _parts(answer: Answer) -> tuple[dict[str, Kind], list[dict[str, Any]]]:
    if isinstance(answer, TimelineAnswer):
        columns = _BAND if answer.kind == "band" else _LINE
        return columns, _timeline(answer, columns)
    if isinstance(answer, WeeksAnswer):
        rows: list[dict[str, Any]] = []
        for week in answer.weeks:
            rows += _week(week.model_dump())
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


def _timeline(answer: TimelineAnswer, columns: Iterable[str]) -> list[dict[str, Any]]:
    cells = same_fields(answer, columns)
    # An answer names a source by its position; a row must make sense without the answer.
    texts = list(map(source_text, answer.sources))
    cells["source"] = [texts[position] for position in answer.source]
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _week(week: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each prescription, or a single row when the week has no prescription."""
    prescribed = week.pop("adherence")
    return [dict(_cells({**week, **item})) for item in prescribed or [{}]]


def _cells(values: Mapping[str, Any], way: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if name == _LOADS:
            for load, figure in _loads(value):
                yield f"load_{load}", figure
        elif isinstance(value, Mapping):
            yield from _cells(value, f"{way}{name}_")
        else:
            yield f"{way}{name}", value


def _loads(loads: Any) -> Iterable[tuple[str, float]]:  # noqa: ANN401 - one of two shapes
    # Days and weeks hold loads as a mapping, sessions as a list of names with values.
    if isinstance(loads, Mapping):
        return loads.items()
    return map(itemgetter("name", "value"), loads)


def _typed_row(row: Mapping[str, Any], columns: Mapping[str, Kind]) -> dict[str, Any]:
    # Every row has every column: a table has no gaps, and Parquet takes none.
    return {name: _typed(row.get(name), kind) for name, kind in columns.items()}


def _typed(value: Any, kind: Kind) -> Any:  # noqa: ANN401 - one cell of any column
    if value is None:
        return None
    if kind is datetime:
        return datetime.fromisoformat(value)
    # An enumeration becomes its text, and an integer in a column of floats a float.
    return kind(value) if kind in (str, float) else value
