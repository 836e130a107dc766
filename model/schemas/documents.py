"""The published JSON Schemas by name: profile, report, and every event on the log.

That of a prescription names rules, so `alerts.prescribing` completes it.

The schemas are made from the types and from the tables of bounds that the code itself checks. A
rule that no schema can express, such as the order of two dates, is written in a description.
"""

from collections.abc import Callable, Mapping
from typing import Any

from model.codec import FACT_KINDS, SCHEMA_VERSION
from model.derived.changes import DerivedChange
from model.envelope import Envelope
from model.intensity import MUST_BE_BELOW, PROFILE_BOUNDS, SEXES, HeartProfile
from model.marks import all_reasons
from model.metrics import METRIC
from model.prescription import WEEKDAYS, Prescription
from model.schemas.from_types import JsonSchema, schema_of
from model.schemas.prescription_bounds import (
    COUNTED_THRESHOLDS,
    DIAGNOSIS_PATTERN,
    FOLLOW_UP_LENGTH,
    FORM_PATTERN,
    FROM_WEEK,
    INTENSITY_BOUNDS,
    LONGEST_WHY,
    MOST_DIAGNOSES,
    MOST_PRESCRIBED_PAUSES,
    MOST_STEPS,
    NUMBER_BOUNDS,
    OPTIONAL_BOUNDS,
    PRESCRIPTION_ID_PATTERN,
    RENEWS_PATTERN,
    RPE_SCALES,
    STEP_BOUNDS,
    TEXT_LENGTHS,
    Bounds,
)
from model.schemas.report_body import report_body_schema
from model.storable import (
    LAST_MS,
    LONGEST_RECORD,
    LONGEST_SESSION_MS,
    LONGEST_WORD,
    MOST_EXERTION,
    MOST_OFFSET_MIN,
    MOST_PART,
    MOST_PAUSES,
    MOST_REVISION,
    MOST_SAMPLES,
)
from model.words.activities import TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHA256: JsonSchema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
INSTANT_MS: JsonSchema = {
    "type": "integer",
    "minimum": 0,
    "exclusiveMaximum": LAST_MS,
    "description": "epoch ms in UTC",
}
COLUMN: JsonSchema = {"maxItems": MOST_SAMPLES}

_PRINTABLE: JsonSchema = {"pattern": r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"}
PRESCRIPTION_FIELDS: dict[tuple[str, str], JsonSchema] = {
    ("Prescription", "id"): {"pattern": f"^{PRESCRIPTION_ID_PATTERN.pattern}$"},
    ("Prescription", "types"): {"items": {"enum": sorted(TYPES)}},
    ("Prescription", "weekdays"): {"items": {"enum": list(WEEKDAYS)}, "uniqueItems": True},
    ("ProgressionStep", "weekdays"): {"items": {"enum": list(WEEKDAYS)}, "uniqueItems": True},
    ("ProgressionStep", "from_week"): {"minimum": FROM_WEEK[0], "maximum": FROM_WEEK[1]},
    ("Prescription", "progression"): {"maxItems": MOST_STEPS},
    ("Prescription", "pauses"): {"maxItems": MOST_PRESCRIBED_PAUSES},
    ("Prescription", "rpe_scale"): {"enum": list(RPE_SCALES)},
    ("Prescription", "rpe_ceiling"): {"minimum": 0, "maximum": 20},
    ("Prescription", "diagnoses"): {
        "maxItems": MOST_DIAGNOSES,
        "items": {"type": "string", "pattern": f"^{DIAGNOSIS_PATTERN.pattern}$"},
    },
    ("Prescription", "form"): {"pattern": f"^{FORM_PATTERN.pattern}$"},
    ("Prescription", "renews"): {"pattern": f"^{RENEWS_PATTERN.pattern}$"},
    ("Prescription", "sha256"): {"pattern": "^([0-9a-f]{64})?$"},
    ("Intensity", "method"): {"enum": list(INTENSITY_BOUNDS)},
    ("Pause", "why"): {"maxLength": LONGEST_WHY, **_PRINTABLE},
    ("FollowUpPlan", "who"): {"maxLength": FOLLOW_UP_LENGTH, **_PRINTABLE},
    ("FollowUpPlan", "how"): {"maxLength": FOLLOW_UP_LENGTH, **_PRINTABLE},
    **{
        ("Prescription", name): {"maxLength": longest, **_PRINTABLE}
        for name, longest in TEXT_LENGTHS.items()
    },
    **{
        ("Prescription", name): {"minimum": low, "maximum": high}
        for name, (low, high) in {**NUMBER_BOUNDS, **OPTIONAL_BOUNDS}.items()
    },
    **{
        ("ProgressionStep", name): {"minimum": low, "maximum": high}
        for name, (low, high) in STEP_BOUNDS.items()
    },
}
PROFILE_FIELDS: dict[tuple[str, str], JsonSchema] = {
    ("HeartProfile", "sex"): {"enum": list(SEXES)},
    **{
        ("HeartProfile", name): {"exclusiveMinimum": low, "maximum": high}
        for name, (low, high) in PROFILE_BOUNDS.items()
    },
}
FACT_FIELDS: dict[tuple[str, str], JsonSchema] = {
    ("Source", "vendor"): {"maxLength": LONGEST_WORD},
    ("Source", "app"): {"maxLength": LONGEST_WORD},
    ("Source", "device"): {"maxLength": LONGEST_WORD},
    ("Head", "record"): {"maxLength": LONGEST_RECORD},
    ("Head", "revision"): {"minimum": 0, "maximum": MOST_REVISION},
    ("Head", "start_ms"): INSTANT_MS,
    ("Head", "end_ms"): INSTANT_MS,
    ("Head", "offset_min"): {"minimum": -MOST_OFFSET_MIN, "maximum": MOST_OFFSET_MIN},
    ("SampleBlock", "metric"): {"enum": list(METRIC)},
    ("SampleBlock", "t"): {**COLUMN, "items": INSTANT_MS},
    ("SampleBlock", "v"): COLUMN,
    ("SampleBlock", "until"): {**COLUMN, "items": INSTANT_MS},
    ("SampleBlock", "part"): {"minimum": 0, "maximum": MOST_PART},
    ("Workout", "moving_ms"): {"minimum": 0, "maximum": LONGEST_SESSION_MS},
    ("Workout", "pauses"): {"maxItems": MOST_PAUSES},
    ("Workout", "exertion_cr10"): {"minimum": -MOST_EXERTION, "maximum": MOST_EXERTION},
    ("DaySummary", "values"): {"propertyNames": {"enum": list(METRIC)}},
    ("Report", "value"): {"minimum": -MOST_EXERTION, "maximum": MOST_EXERTION},
    ("Report", "session"): {"maxLength": LONGEST_RECORD},
    ("Report", "reason"): {"enum": ["", *all_reasons()]},
    ("Deletion", "target"): {"maxLength": LONGEST_RECORD},
}
_ONLY_WHERE_STATED = {"until"}  # left out of an event where a source states none
DERIVED_FIELDS: dict[tuple[str, str], JsonSchema] = {
    ("DerivedChange", "what"): {
        "enum": [
            "session.created",
            "session.revised",
            "session.retracted",
            "day.revised",
            "week.revised",
        ]
    },
}


def prescription_schema(overridable: Mapping[str, Mapping[str, Bounds]]) -> JsonSchema:
    """Return the schema of the file that `kadens prescribe` reads.

    `overridable` has the thresholds that a prescription may set, with their bounds, by rule id.
    """
    schema = schema_of(Prescription, PRESCRIPTION_FIELDS)
    rules: JsonSchema = {}
    for rule, thresholds in overridable.items():
        rules[rule] = _closed(
            {name: _threshold(name, bounds) for name, bounds in thresholds.items()}
        )
    schema["properties"]["rules"] = {"anyOf": [_closed(rules), {"type": "null"}]}
    # which bounds hold for the range of intensity depends on its method
    schema["$defs"]["Intensity"]["allOf"] = [
        {
            "if": {"properties": {"method": {"const": method}}},
            "then": {"properties": {"low": _between(bounds), "high": _between(bounds)}},
        }
        for method, bounds in INTENSITY_BOUNDS.items()
    ]
    order = (
        "`valid_from` must not be after `valid_to`, nor `first` of a pause after its `last`. "
        "`intensity.low` must be below `high`. `sessions_per_week` must be at most seven times "
        "`max_per_day`, and fit `weekdays`. No ceiling may be below the range, nor "
        "`most_minutes_per_session` below `minutes_per_session`. A pause must touch the validity, "
        "and the steps of a progression must be in order. In `rules`, `high` must not be above "
        "`very_high`, nor `sessions` above `of_last`; what is left out has the rule's own value."
    )
    return _also(schema, order)


def _threshold(name: str, bounds: Bounds) -> JsonSchema:
    integer = {"multipleOf": 1} if name in COUNTED_THRESHOLDS else {}
    return {**_between(bounds), **integer}


def _closed(properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _between(bounds: Bounds) -> JsonSchema:
    low, high = bounds
    return {"type": "number", "minimum": low, "maximum": high}


def profile_schema() -> JsonSchema:
    """Return the schema of the file that `kadens patient profile` reads."""
    schema = schema_of(HeartProfile, PROFILE_FIELDS)
    low, high = PROFILE_BOUNDS["hr_max"]
    # The first branch is the tuple, the second is null.
    edges = schema["properties"]["clinician_bpm"]["anyOf"][0]["prefixItems"]
    bounded = [{**edge, "exclusiveMinimum": low, "maximum": high} for edge in edges]
    schema["properties"]["clinician_bpm"]["anyOf"][0]["prefixItems"] = bounded
    pairs = ", ".join(f"`{low}` below `{high}`" for low, high in MUST_BE_BELOW)
    return _also(schema, f"Where both are given: {pairs}. `clinician_bpm` must ascend.")


def facts_schema() -> JsonSchema:
    """Return the schema of an event on `kadens.facts` and `kadens.facts.large`."""
    kinds: list[JsonSchema] = []
    definitions: JsonSchema = {}
    for kind, cls in FACT_KINDS.items():
        schema = schema_of(cls, FACT_FIELDS, complete=True)
        definitions |= schema.pop("$defs", {})
        schema["properties"] = {"kind": {"const": kind}, **schema["properties"]}
        required = ["kind", *schema["required"]]
        schema["required"] = [name for name in required if name not in _ONLY_WHERE_STATED]
        definitions[cls.__name__] = schema
        kinds.append({"$ref": f"#/$defs/{cls.__name__}"})
    properties = {
        "v": {"const": SCHEMA_VERSION, "description": "version of this schema"},
        "patient": {"type": "string", "minLength": 1, "description": "the pseudonym"},
        "connector": {"type": "string", "minLength": 1},
        "received_ms": INSTANT_MS,
        "body": {**SHA256, "description": "SHA-256 of the payload that it came from"},
        "parser": {"type": "integer", "minimum": 1, "description": "version of the format"},
        "stated_ms": {
            "type": "integer",
            "minimum": 0,
            "description": "when stated; 0 at its receipt",
        },
        "fact": {"oneOf": kinds},
    }
    text = "One fact as its source reported it. `end_ms` is exclusive, and not before `start_ms`."
    return {**_object("FactEvent", text, properties), "$defs": definitions}


def derived_schema() -> JsonSchema:
    """Return the schema of an event on `kadens.derived`."""
    change = schema_of(DerivedChange, DERIVED_FIELDS, complete=True)
    properties = {
        "v": {"const": SCHEMA_VERSION},
        "patient": {"type": "string", "minLength": 1},
        "changes": {"type": "array", "items": {"$ref": "#/$defs/DerivedChange"}},
    }
    text = "What one derivation changed for one patient. It is a cue to read, and holds no value."
    return {**_object("DerivedEvent", text, properties), "$defs": {"DerivedChange": change}}


def raw_headers_schema() -> JsonSchema:
    """Return the schema of the Kafka headers on `kadens.raw`, their values decoded as UTF-8."""
    schema = schema_of(Envelope, {}, complete=True)
    # a header has of it what names it, as a list, and not the value itself
    schema.pop("$defs", None)
    texts = {"type": "array", "items": {"type": "string"}}
    schema["properties"]["requested"] = {
        "type": "array",
        "prefixItems": [{"type": "string"}] * 5,
        "items": {"type": "array", "items": texts},
        "description": "account, resource, key, path and format of the fetch that this answers, "
        "and the parameters of its query where no link of the vendor was followed",
    }
    # A header is text: a number is its digits, and pairs are a JSON document.
    for name, row in schema["properties"].items():
        digits = {"type": "string", "pattern": "^[0-9]+$"}
        if row == {"type": "integer"}:
            schema["properties"][name] = digits
        elif row["type"] == "array":
            schema["properties"][name] = {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": row,
            }
    schema["properties"]["sha256"] = SHA256
    return schema


SCHEMAS: dict[str, Callable[[], JsonSchema]] = {
    "profile": profile_schema,
    "report": report_body_schema,
    "event-facts": facts_schema,
    "event-derived": derived_schema,
    "event-raw-headers": raw_headers_schema,
}


def published(name: str) -> JsonSchema:
    """Return a published schema with its dialect and id.

    Raises KeyError for an unknown name.
    """
    return named_schema(name, SCHEMAS[name]())


def named_schema(name: str, schema: JsonSchema) -> JsonSchema:
    """Return a schema with its dialect and the id of its name."""
    return {"$schema": DIALECT, "$id": f"urn:kadens:schema:{name}", **schema}


def _also(schema: JsonSchema, text: str) -> JsonSchema:
    return {**schema, "description": f"{schema['description']}\n\n{text}"}


def _object(title: str, text: str, properties: dict[str, Any]) -> JsonSchema:
    return {
        "title": title,
        "description": text,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
