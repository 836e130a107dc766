"""The body that an app sends when a patient reports: its scales, bounds and JSON Schema.

`parsers.reports` reads by the same tables. No value is ever converted from one scale to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from model.facts import MARKS, Instrument, Phase
from model.marks import REASONS
from model.schemas.from_types import JsonSchema
from model.words.activities import TYPES
from model.words.red_flags import RED_FLAGS, YES_NO_SCALE

EVENTS = ("report.created", "report.amended", "report.withdrawn")
LONGEST_ID = 256  # characters of an id or a name
LONGEST_REPORT_WORD = 64  # characters of a body site or a piece of equipment
MOST_EQUIPMENT = 20
MOST_REPORTS = 1_000  # in one body: what a phone may have kept for a season without a connection
WEEK_SCALE = "sessions-this-week"
MOST_RECALLED = 42  # six on each day of a week
MOST_REPORT_REVISION = 2**53  # beyond it, JavaScript has no exact integers
# years 2000 to 2099 as written; an instant that only its offset moves across an edge is refused
INSTANT_PATTERN = (
    r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$"
)
TEXT_PATTERN = r"^[^\x00-\x1f\x7f]+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A scale with its id, its instrument and its range: `low` to `high`, both included."""

    id: str
    instrument: Instrument
    low: float
    high: float
    integers_only: bool = True


SCALES: tuple[Scale, ...] = (
    Scale(id="nrs-0-10", instrument=Instrument.PAIN, low=0, high=10),
    Scale(id="borg-cr10", instrument=Instrument.EXERTION, low=0, high=10, integers_only=False),
    Scale(id="borg-6-20", instrument=Instrument.EXERTION, low=6, high=20),
    Scale(id="form-1-5", instrument=Instrument.DAY_FORM, low=1, high=5),
    Scale(id=YES_NO_SCALE, instrument=Instrument.RED_FLAG, low=0, high=1),
    Scale(id=WEEK_SCALE, instrument=Instrument.WEEK, low=0, high=MOST_RECALLED),
)

EXAMPLE: JsonSchema = {
    "type": "report.created",
    "patient": "app-user-17",
    "report": {
        "id": "ans-1001",
        "instrument": "pain",
        "phase": "after",
        "value": 4,
        "scale": "nrs-0-10",
        "answered_at": "2026-06-11T08:20:15+02:00",
        "site": "right knee",
    },
}


def report_body_schema() -> JsonSchema:
    """Return the JSON Schema of a body that `POST /v1/reports` takes.

    Two rules are missing because no schema can express them: a declared session ends after its
    start by at most seven days, and a date must exist in the calendar.
    """
    return {
        "title": "ReportBody",
        "description": "What a patient reported in an app: one report, or many of one kind.",
        "type": "object",
        "properties": {
            "type": {"enum": list(EVENTS)},
            "patient": {**_text(LONGEST_ID), "description": "the app's own user id"},
        },
        "required": ["type", "patient"],
        "anyOf": [{"required": ["report"]}, {"required": ["reports"]}],
        "oneOf": [
            _event("report.created", _report(least_revision=0)),
            _event("report.amended", _report(least_revision=1)),
            _event("report.withdrawn", _withdrawal()),
        ],
        "examples": [EXAMPLE],
    }


def _event(kind: str, report: JsonSchema) -> JsonSchema:
    # Both members may be present; then the reports of both are read.
    many = {"type": "array", "items": report, "maxItems": MOST_REPORTS}
    return {"properties": {"type": {"const": kind}, "report": report, "reports": many}}


def _withdrawal() -> JsonSchema:
    properties = {"id": _text(LONGEST_ID), "revision": _revision(1), "answered_at": _instant()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _report(*, least_revision: int) -> JsonSchema:
    revision = _revision(least_revision)
    properties = {
        "id": {**_text(LONGEST_ID), "description": "the same id again is the same answer"},
        "revision": revision if least_revision else _nullable(revision),
        "answered_at": _instant(),
        "phase": {"enum": [*(phase.value for phase in Phase), None]},
        "session": {
            **_optional_text(LONGEST_ID),
            "description": "the app's or vendor's id of the workout that it concerns",
        },
        "site": {**_optional_text(LONGEST_REPORT_WORD), "description": "where it hurts"},
        "equipment": _nullable(
            {"type": "array", "items": _text(LONGEST_REPORT_WORD), "maxItems": MOST_EQUIPMENT}
        ),
    }
    required = ["id", "answered_at", *(["revision"] if least_revision else [])]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "oneOf": [*map(_answer, SCALES), _declared_session(), *map(_mark, MARKS)],
    }


def _answer(scale: Scale) -> JsonSchema:
    kind = "integer" if scale.integers_only else "number"
    value = {"type": kind, "minimum": scale.low, "maximum": scale.high}
    return {
        "properties": {
            "instrument": {"const": scale.instrument.value},
            "scale": {"const": scale.id},
            "value": value,
            "activity": _nullable({"enum": sorted(TYPES)}),
            **_MORE.get(scale.instrument, {}),
        },
        "required": ["instrument", "scale", "value"],
    }


def _declared_session() -> JsonSchema:
    properties = {
        "instrument": {"const": Instrument.SESSION.value},
        "activity": {"enum": sorted(TYPES)},
        "started_at": _instant(),
        "ended_at": _instant(),
    }
    return {"properties": properties, "required": list(properties)}


def _mark(instrument: Instrument) -> JsonSchema:
    span: JsonSchema = {"started_at": _instant(), "ended_at": _instant()}
    named: JsonSchema = {"session": _text(LONGEST_ID)}
    no_span: JsonSchema = {"started_at": {"type": "null"}, "ended_at": {"type": "null"}}
    return {
        "description": "whether a session that was recorded or found was exercise",
        "properties": {
            "instrument": {"const": instrument.value},
            "activity": _nullable({"enum": sorted(TYPES)}),
            "reason": _nullable({"enum": list(REASONS[instrument])}),
        },
        "required": ["instrument"],
        "anyOf": [
            {"properties": span, "required": list(span)},
            {"properties": {**named, **no_span}, "required": list(named)},
        ],
    }


def _text(longest: int) -> JsonSchema:
    return {"type": "string", "maxLength": longest, "pattern": TEXT_PATTERN}


def _optional_text(longest: int) -> JsonSchema:
    return {"anyOf": [_text(longest), {"const": ""}, {"type": "null"}]}


def _revision(least: int) -> JsonSchema:
    return {"type": "integer", "minimum": least, "maximum": MOST_REPORT_REVISION}


def _instant() -> JsonSchema:
    return {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}


def _nullable(schema: JsonSchema) -> JsonSchema:
    return {"anyOf": [schema, {"type": "null"}]}


_UNTIL = "the end of the time that the answer is about, else when it was given"
# Fields of the answers on some scales only.
_MORE: Mapping[Instrument, JsonSchema] = {
    Instrument.WEEK: {"ended_at": _nullable({**_instant(), "description": _UNTIL})},
    Instrument.RED_FLAG: {"reason": {"enum": list(RED_FLAGS), "description": "the sign"}},
}
