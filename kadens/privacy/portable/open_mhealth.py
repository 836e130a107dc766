"""What a patient supplied as data points of IEEE 1752.1 and Open mHealth. Pure.

A data point has a header of IEEE 1752.1 and a body of the schema that the header names. What has no
schema there is left out of this form, and is in the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from model.calendar import rfc3339
from model.facts import DaySummary, Head, Instrument, Method, Report, Source, Workout
from model.privacy.supplied import SuppliedSample

_IDS = UUID("0b6c4f0e-7a55-5c0e-9d0a-3f5d4f2b8a61")
DataPoint = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Schema:
    """A schema of Open mHealth for a metric: its name and version, its member and its unit.

    `more` has members that say of which kind the value is.
    """

    name: str
    version: str
    member: str
    unit: str
    more: Mapping[str, str] = field(default_factory=dict)


_AT_REST = {"temporal_relationship_to_physical_activity": "at rest"}
# In the units of our metrics, so nothing is converted.
MHEALTH_SCHEMAS: Mapping[str, _Schema] = {
    "heart_rate": _Schema(name="heart-rate", version="2.0", member="heart_rate", unit="beats/min"),
    "resting_heart_rate": _Schema(
        name="heart-rate", version="2.0", member="heart_rate", unit="beats/min", more=_AT_REST
    ),
    "steps": _Schema(name="step-count", version="3.0", member="step_count", unit="steps"),
    "active_energy": _Schema(
        name="calories-burned", version="2.0", member="kcal_burned", unit="kcal"
    ),
    "speed": _Schema(name="speed", version="1.0", member="speed", unit="m/s"),
    "rr_interval": _Schema(name="rr-interval", version="1.0", member="rr_interval", unit="ms"),
    "weight": _Schema(name="body-weight", version="3.0", member="body_weight", unit="kg"),
    "oxygen_saturation": _Schema(
        name="oxygen-saturation", version="2.0", member="oxygen_saturation", unit="%"
    ),
    "respiratory_rate": _Schema(
        name="respiratory-rate", version="2.0", member="respiratory_rate", unit="breaths/min"
    ),
    "body_temperature": _Schema(
        name="body-temperature", version="4.0", member="body_temperature", unit="C"
    ),
    "blood_glucose": _Schema(
        name="blood-glucose", version="4.0", member="blood_glucose", unit="mmol/L"
    ),
}
# Totals of a workout, as its source states them.
_OF_ACTIVITY: Mapping[str, tuple[str, str]] = {
    "distance": ("distance", "m"),
    "active_energy": ("kcal_burned", "kcal"),
    "steps": ("base_movement_quantity", "steps"),
}
# These are only defined over an interval: a count without a stated end has none.
_OVER_INTERVAL = frozenset({"steps", "active_energy"})


def activity_point(fact: Workout | Report) -> DataPoint | None:
    """Return a session as a physical activity of IEEE 1752.1; None for a report of another kind."""
    # the standards have no schema for answers about pain, exertion or the form of the day
    if isinstance(fact, Report) and fact.instrument is not Instrument.SESSION:
        return None
    body: DataPoint = {
        "activity_name": fact.type,
        "effective_time_frame": _interval(fact.head.start_ms, fact.head.end_ms),
    }
    summary = fact.summary if isinstance(fact, Workout) else {}
    for name, (member, unit) in _OF_ACTIVITY.items():
        if name in summary:
            body[member] = {"value": summary[name], "unit": unit}
    schema = {"namespace": "ieee", "name": "physical-activity", "version": "1.0"}
    return {
        "header": _header(schema, fact.head.source, _key(fact.head), fact.head.end_ms),
        "body": body,
    }


def day_points(fact: DaySummary) -> list[DataPoint]:
    """Return those totals of a date that have a schema, each over the interval of the date."""
    head, points = fact.head, []
    for metric, value in sorted(fact.values.items()):
        if metric in _OVER_INTERVAL:
            frame = _interval(head.start_ms, head.end_ms)
            points.append(_of_metric(metric, value, frame, head.source, _key(head), head.end_ms))
    return points


def sample_point(sample: SuppliedSample) -> DataPoint | None:
    """Return a sample as a data point, None where there is no schema for it."""
    if sample.metric not in MHEALTH_SCHEMAS:
        return None
    if sample.end_ms is not None:
        frame = _interval(sample.at_ms, sample.end_ms)
    # made up to an interval it would say more than its source did
    elif sample.metric in _OVER_INTERVAL:
        return None
    else:
        frame = {"date_time": rfc3339(sample.at_ms)}
    source, at_ms = sample.source, sample.at_ms
    key = f"{source.vendor}|{source.app}|{source.device}|{sample.record}|{at_ms}"
    return _of_metric(sample.metric, sample.value, frame, source, key, at_ms)


def _of_metric(
    metric: str, value: float, frame: DataPoint, source: Source, key: str, at_ms: int
) -> DataPoint:
    schema = MHEALTH_SCHEMAS[metric]
    named = {"namespace": "omh", "name": schema.name, "version": schema.version}
    body: DataPoint = {
        schema.member: {"value": value, "unit": schema.unit},
        "effective_time_frame": frame,
        **schema.more,
    }
    return {"header": _header(named, source, f"{key}|{metric}", at_ms), "body": body}


def _header(schema: Mapping[str, str], source: Source, key: str, at_ms: int) -> DataPoint:
    by_hand = source.method is Method.MANUAL
    return {
        # made of what the point is about, so that the same point is the same in every export
        "uuid": str(uuid5(_IDS, f"{schema['name']}|{key}")),
        "schema_id": dict(schema),
        "source_creation_date_time": rfc3339(at_ms),
        "modality": "self-reported" if by_hand else "sensed",
    }


def _interval(start_ms: int, end_ms: int) -> DataPoint:
    times = {"start_date_time": rfc3339(start_ms), "end_date_time": rfc3339(end_ms)}
    return {"time_interval": times}


def _key(head: Head) -> str:
    source = head.source
    return f"{source.vendor}|{source.app}|{source.device}|{head.record}"
