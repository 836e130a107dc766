"""Derived values as rows and back: the columns of session, day, week and choice, once for reading and writing.

Rows to write are of values that JSON has, as the server reads them by the table's own types. It asks nothing and
decides nothing. A column is added here and in a migration, nowhere else.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from model.calendar import utc
from model.derived import (
    Day,
    HeartSummary,
    Load,
    Origin,
    QualityFlag,
    Session,
    SourceSelection,
    Week,
)
from model.facts import DeviceType, Method, OffsetOrigin, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes, ZoneTimesByMethod
from model.metrics import METRIC, METRIC_BY_ID

_ZONES = tuple(f"{f.name}_ms" for f in fields(ZoneTimes))
_VOLUME = tuple(f"volume_{name}" for name in _ZONES)

SESSION = (
    *(
        "patient",
        "session",
        "start_at",
        "end_at",
        "local_date",
        "type",
        "vendor_type",
        "declared_by",
        "record",
        "body",
    ),
    *(
        "heart_source",
        *_ZONES,
        "limits",
        "hr_n",
        "hr_min",
        "hr_mean",
        "hr_max",
        "partial",
        "exertion_cr10",
    ),
    *("moving_ms", "moving_by", "pauses", "origin", "offset_min", "offset_origin", "counts", "why"),
    *("zone_times_by_method", "loads", "flags", "algorithm"),
)
DAY = (
    *("patient", "local_date", "sessions", "session_ms", *_ZONES, "wear_min", "answered", *_VOLUME),
    *("steps", "night_hr", "loads", "stated", "algorithm"),
)
WEEK = (
    *(
        "patient",
        "monday",
        "sessions",
        "session_ms",
        *_ZONES,
        "dose_min",
        "valid_days",
        "answered_days",
    ),
    *("known_days", *_VOLUME, "steps", "loads", "algorithm"),
)
CHOICE = ("patient", "local_date", "metric", "start_at", "end_at", "source", "why")

# what `read_session` reads: of the session `s`, its declaring source `d` and its heart-rate source `h`
SESSION_COLUMNS = f"""\
       s.session, s.start_at as start_ms, s.end_at as end_ms, s.local_date, s.type, s.vendor_type, s.record, s.body,
       {", ".join(f"s.{name}" for name in _ZONES)}, s.limits, s.hr_n, s.hr_min, s.hr_mean, s.hr_max, s.partial,
       s.exertion_cr10, s.moving_ms, s.moving_by, s.pauses, s.origin, s.offset_min, s.offset_origin, s.counts, s.why,
       s.zone_times_by_method, s.loads, s.flags, s.algorithm,
       d.vendor as d_vendor, d.app as d_app, d.device as d_device, d.device_type as d_device_type,
       d.method as d_method, h.vendor as h_vendor, h.app as h_app, h.device as h_device,
       h.device_type as h_device_type, h.method as h_method"""
DAYS = f"select {', '.join(DAY[1:])} from day"  # noqa: S608 - constants of this file
WEEKS = f"select {', '.join(WEEK[1:])} from week"  # noqa: S608 - constants of this file


def session_row(number: int, s: Session, sources: Mapping[Source, int]) -> tuple[Any, ...]:
    """Return a session in the order of `SESSION`, of the patient with this surrogate."""
    when = (utc(s.start_ms), utc(s.end_ms), s.local_date)
    heart_source = sources[s.heart_source] if s.heart_source else None
    reported = (sources[s.declared_by], s.record, rf"\x{s.body}", heart_source)
    heart = (s.heart.n, s.heart.minimum, s.heart.mean, s.heart.maximum)
    moving = (s.moving_ms, s.moving_by, s.pauses)
    rest = (s.origin.value, s.offset_min, s.offset_origin.value, s.counts, s.why)
    more = (s.zone_times_by_method, s.loads, s.flags, s.algorithm)
    head = (
        number,
        s.id,
        *when,
        s.type,
        s.vendor_type,
        *reported,
        *s.zones.as_tuple(),
        s.thresholds,
    )
    return (*head, *heart, s.partial, s.exertion_cr10, *moving, *rest, *more)


def day_row(number: int, d: Day) -> tuple[Any, ...]:
    """Return a day in the order of `DAY`."""
    counts = (d.sessions, d.session_ms, *d.zones.as_tuple(), d.wear_min, d.answered)
    more = (d.steps, d.night_hr, d.loads, d.stated, d.algorithm)
    return (number, d.local_date, *counts, *d.volume.as_tuple(), *more)


def week_row(number: int, w: Week) -> tuple[Any, ...]:
    """Return a week in the order of `WEEK`."""
    counts = (w.sessions, w.session_ms, *w.zones.as_tuple(), w.dose_min)
    days = (w.valid_days, w.answered_days, w.known_days)
    return (number, w.monday, *counts, *days, *w.volume.as_tuple(), w.steps, w.loads, w.algorithm)


def choice_row(number: int, c: SourceSelection, sources: Mapping[Source, int]) -> tuple[Any, ...]:
    """Return a choice in the order of `CHOICE`."""
    when = (utc(c.start_ms), utc(c.end_ms))
    return (number, c.local_date, METRIC[c.metric].id, *when, sources[c.source], c.why)


def read_session(row: Mapping[str, Any]) -> Session:
    """Return one session of `SESSION_COLUMNS`; `d_*` told of it, `h_*` fills most of its zones (null: nobody)."""
    plain = (
        *(
            "start_ms",
            "end_ms",
            "local_date",
            "type",
            "vendor_type",
            "record",
            "body",
            "partial",
            "exertion_cr10",
        ),
        *("moving_ms", "moving_by", "offset_min", "counts", "why", "algorithm"),
    )
    return Session(
        id=row["session"],
        declared_by=source(row, "d_"),
        heart_source=source(row, "h_") if row["h_vendor"] is not None else None,
        zones=zones(row),
        thresholds=limits(row["limits"]),
        heart=HeartSummary(
            n=row["hr_n"], minimum=row["hr_min"], mean=row["hr_mean"], maximum=row["hr_max"]
        ),
        pauses=tuple((start, end) for start, end in row["pauses"]),
        origin=Origin(row["origin"]),
        offset_origin=OffsetOrigin(row["offset_origin"]),
        zone_times_by_method=tuple(map(_banding, row["zone_times_by_method"])),
        loads=tuple(map(_load, row["loads"])),
        flags=tuple(map(_flag, row["flags"])),
        **{name: row[name] for name in plain},
    )


def read_day(row: Mapping[str, Any]) -> Day:
    """Return one day of `DAYS`."""
    plain = (
        *(
            "local_date",
            "sessions",
            "session_ms",
            "wear_min",
            "answered",
            "steps",
            "night_hr",
            "loads",
            "stated",
        ),
        "algorithm",
    )
    return Day(
        zones=zones(row), volume=zones(row, "volume_"), **{name: row[name] for name in plain}
    )


def read_week(row: Mapping[str, Any]) -> Week:
    """Return one week of `WEEKS`."""
    plain = (
        *(
            "monday",
            "sessions",
            "session_ms",
            "dose_min",
            "valid_days",
            "answered_days",
            "known_days",
        ),
        *("steps", "loads", "algorithm"),
    )
    return Week(
        zones=zones(row), volume=zones(row, "volume_"), **{name: row[name] for name in plain}
    )


def read_choice(row: Mapping[str, Any]) -> SourceSelection:
    """Return one choice from `local_date`, `metric`, `start_ms`, `end_ms`, `why` and the five columns of a source."""
    plain = {name: row[name] for name in ("local_date", "start_ms", "end_ms", "why")}
    return SourceSelection(metric=METRIC_BY_ID[row["metric"]].name, source=source(row), **plain)


def source(row: Mapping[str, Any], prefix: str = "") -> Source:
    """Return a source from its five columns."""
    return Source(
        vendor=row[f"{prefix}vendor"],
        app=row[f"{prefix}app"],
        device=row[f"{prefix}device"],
        device_type=DeviceType(row[f"{prefix}device_type"]),
        method=Method(row[f"{prefix}method"]),
    )


def zones(row: Mapping[str, Any], prefix: str = "") -> ZoneTimes:
    """Return the six zone columns."""
    return ZoneTimes(**{f.name: row[f"{prefix}{f.name}_ms"] for f in fields(ZoneTimes)})


def limits(values: Mapping[str, Any]) -> ZoneThresholds:
    """Return the limits that a session was derived with, from their stored JSON."""
    low, middle, high, top = values["edges"]
    rest = {key: values[key] for key in ("scheme", "method", "inputs", "valid")}
    return ZoneThresholds(
        edges=(low, middle, high, top), confidence=Confidence(values["confidence"]), **rest
    )


def _banding(values: Mapping[str, Any]) -> ZoneTimesByMethod:
    listed = {name: tuple(values[name]) for name in ("names", "edges", "ms")}
    return ZoneTimesByMethod(**{**values, **listed, "confidence": Confidence(values["confidence"])})


def _load(values: Mapping[str, Any]) -> Load:
    return Load(**{**values, "confidence": Confidence(values["confidence"])})


def _flag(values: Mapping[str, Any]) -> QualityFlag:
    return QualityFlag(**{**values, "source": source(values["source"])})
