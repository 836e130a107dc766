"""Converts derived values to rows and back: session, day, week and source selection.

Values of a row to write are those that JSON can hold; the server converts them to the types of the
table. A new column is added here and in a migration, nowhere else. Nothing is computed here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from model.calendar import utc
from model.derived.days import Day, TypeTotal, Week, WeekDay
from model.derived.sessions import HeartSummary, Load, Origin, QualityFlag, Session, SourceSelection
from model.facts import DeviceType, Method, OffsetOrigin, Source
from model.intensity import Confidence, ZoneThresholds, ZoneTimes, ZoneTimesByMethod
from model.metrics import METRIC, METRIC_BY_ID

# in the order of the fields, which `as_tuple` keeps too
_ZONE_COLUMNS = tuple((f.name, f"{f.name}_ms") for f in fields(ZoneTimes))
_ZONES = tuple(column for _name, column in _ZONE_COLUMNS)
_VOLUME = tuple(f"volume_{name}" for name in _ZONES)

# Columns that have the name and the value of a field, for writing and for reading.
_SESSION_PLAIN = (
    *("local_date", "type", "vendor_type", "record", "partial", "exertion_cr10"),
    *("moving_ms", "moving_by", "paused_ms", "offset_min", "counts", "why", "algorithm"),
)
_OF_SESSIONS = ("exertion_ms", "exertion_dose_ms", "in_range_ms", "range_known_ms")
_DAY_PLAIN = (
    *("local_date", "sessions", "session_ms", "wear_min", "answered", "steps"),
    *("steps_counted", "night_hr", "loads", "stated", "elapsed_ms", "paused_ms"),
    *("recalled_sessions", "phone_min", "unseen_min", "algorithm", *_OF_SESSIONS),
)
_WEEK_PLAIN = (
    *("monday", "sessions", "session_ms", "dose_min", "valid_days", "answered_days"),
    *(
        "known_days",
        "steps",
        "loads",
        "elapsed_ms",
        "paused_ms",
        "recalled_sessions",
        "recalled_until",
    ),
    *("algorithm", *_OF_SESSIONS),
)
SESSION_COLUMNS = (
    *("patient", "session", "start_at", "end_at", "declared_by", "body", "heart_source"),
    *("thresholds", "hr_n", "hr_min", "hr_mean", "hr_max", "pauses", "stops", "origin"),
    *("offset_origin", "zone_times_by_method", "loads", "flags", *_ZONES, *_SESSION_PLAIN),
)
DAY_COLUMNS = ("patient", "by_type", *_DAY_PLAIN, *_ZONES, *_VOLUME)
WEEK_COLUMNS = ("patient", "days", *_WEEK_PLAIN, *_ZONES, *_VOLUME)
SELECTION_COLUMNS = ("patient", "local_date", "metric", "start_at", "end_at", "source", "why")


def prefixed(alias: str, names: Iterable[str]) -> str:
    """Return the columns of a table in SQL, each with the table's alias in front."""
    return ", ".join(f"{alias}.{name}" for name in names)


# What `read_session` reads: of the session `s`, its declaring source `d` and its heart-rate
# source `h`.
SESSION_SELECT = f"""\
       s.session, s.start_at as start_ms, s.end_at as end_ms, s.body, s.thresholds,
       s.hr_n, s.hr_min, s.hr_mean, s.hr_max, s.pauses, s.stops, s.origin, s.offset_origin,
       s.zone_times_by_method, s.loads, s.flags,
       {prefixed("s", (*_ZONES, *_SESSION_PLAIN))},
       d.vendor as d_vendor, d.app as d_app, d.device as d_device,
       d.device_type as d_device_type, d.method as d_method,
       h.vendor as h_vendor, h.app as h_app, h.device as h_device,
       h.device_type as h_device_type, h.method as h_method"""
SELECT_DAYS = f"select {', '.join(DAY_COLUMNS[1:])} from day"  # noqa: S608 - constants
SELECT_WEEKS = f"select {', '.join(WEEK_COLUMNS[1:])} from week"  # noqa: S608 - constants


def session_row(patient: int, s: Session, source_ids: Mapping[Source, int]) -> dict[str, Any]:
    """Return a row of `session` of a patient (by id), by the names of `SESSION_COLUMNS`."""
    return {
        "patient": patient,
        "session": s.id,
        "start_at": utc(s.start_ms),
        "end_at": utc(s.end_ms),
        "declared_by": source_ids[s.declared_by],
        # the text form of bytea, because JSON has no bytes
        "body": rf"\x{s.body}",
        "heart_source": source_ids[s.heart_source] if s.heart_source else None,
        "thresholds": s.thresholds,
        "hr_n": s.heart.n,
        "hr_min": s.heart.minimum,
        "hr_mean": s.heart.mean,
        "hr_max": s.heart.maximum,
        "pauses": s.pauses,
        "stops": s.stops,
        "origin": s.origin.value,
        "offset_origin": s.offset_origin.value,
        "zone_times_by_method": s.zone_times_by_method,
        "loads": s.loads,
        "flags": s.flags,
        **dict(zip(_ZONES, s.zones.as_tuple(), strict=True)),
        **_plain(s, _SESSION_PLAIN),
    }


def day_row(patient: int, day: Day) -> dict[str, Any]:
    """Return a row of `day` of a patient (by id), by the names of `DAY_COLUMNS`."""
    return {"patient": patient, **_plain(day, (*_DAY_PLAIN, "by_type")), **_zone_columns(day)}


def week_row(patient: int, week: Week) -> dict[str, Any]:
    """Return a row of `week` of a patient (by id), by the names of `WEEK_COLUMNS`."""
    return {"patient": patient, **_plain(week, (*_WEEK_PLAIN, "days")), **_zone_columns(week)}


def selection_row(
    patient: int, selection: SourceSelection, source_ids: Mapping[Source, int]
) -> dict[str, Any]:
    """Return a row of `source_selection` of a patient (by id), as `SELECTION_COLUMNS`."""
    return {
        "patient": patient,
        "local_date": selection.local_date,
        "metric": METRIC[selection.metric].id,
        "start_at": utc(selection.start_ms),
        "end_at": utc(selection.end_ms),
        "source": source_ids[selection.source],
        "why": selection.why,
    }


def read_session(row: Mapping[str, Any]) -> Session:
    """Return the session of a row of `SESSION_SELECT`.

    All `h_*` columns are null when the session has no source of heart rate.
    """
    return Session(
        id=row["session"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        body=row["body"],
        declared_by=read_source_columns(row, "d_"),
        heart_source=read_source_columns(row, "h_") if row["h_vendor"] is not None else None,
        zones=_zones(row),
        thresholds=_thresholds(row["thresholds"]),
        heart=_heart_summary(row),
        pauses=tuple(map(tuple, row["pauses"])),
        stops=tuple(map(tuple, row["stops"])),
        origin=Origin(row["origin"]),
        offset_origin=OffsetOrigin(row["offset_origin"]),
        zone_times_by_method=tuple(map(_zone_times_by_method, row["zone_times_by_method"])),
        loads=tuple(map(_load, row["loads"])),
        flags=tuple(map(_flag, row["flags"])),
        **_picked(row, _SESSION_PLAIN),
    )


def read_day(row: Mapping[str, Any]) -> Day:
    """Return the day of a row of `SELECT_DAYS`."""
    return Day(
        zones=_zones(row),
        volume=_zones(row, "volume_"),
        by_type=_by_type(row["by_type"]),
        **_picked(row, _DAY_PLAIN),
    )


def read_week(row: Mapping[str, Any]) -> Week:
    """Return the week of a row of `SELECT_WEEKS`."""
    return Week(
        zones=_zones(row),
        volume=_zones(row, "volume_"),
        days=tuple(map(_week_day, row["days"])),
        **_picked(row, _WEEK_PLAIN),
    )


def read_selection(row: Mapping[str, Any]) -> SourceSelection:
    """Return a selection from its columns and those of its source.

    The columns are `local_date`, `metric` (an id), `start_ms`, `end_ms` and `why`.
    """
    return SourceSelection(
        metric=METRIC_BY_ID[row["metric"]].name,
        source=read_source_columns(row),
        local_date=row["local_date"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        why=row["why"],
    )


def read_source_columns(row: Mapping[str, Any], prefix: str = "") -> Source:
    """Return a source from its five columns, whose names begin with `prefix`."""
    return Source(
        vendor=row[f"{prefix}vendor"],
        app=row[f"{prefix}app"],
        device=row[f"{prefix}device"],
        device_type=DeviceType(row[f"{prefix}device_type"]),
        method=Method(row[f"{prefix}method"]),
    )


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _plain(value: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names}


def _zone_columns(value: Day | Week) -> dict[str, int]:
    zones = zip(_ZONES, value.zones.as_tuple(), strict=True)
    volume = zip(_VOLUME, value.volume.as_tuple(), strict=True)
    return dict([*zones, *volume])


def _zones(row: Mapping[str, Any], prefix: str = "") -> ZoneTimes:
    return ZoneTimes(**{name: row[prefix + column] for name, column in _ZONE_COLUMNS})


def _heart_summary(row: Mapping[str, Any]) -> HeartSummary:
    return HeartSummary(
        n=row["hr_n"], minimum=row["hr_min"], mean=row["hr_mean"], maximum=row["hr_max"]
    )


def _thresholds(values: Mapping[str, Any]) -> ZoneThresholds:
    # JSON has lists where the model has tuples, which are hashable and of a known length
    low, middle, high, top = values["edges"]
    plain = _picked(values, ("scheme", "method", "inputs", "valid"))
    confidence = Confidence(values["confidence"])
    return ZoneThresholds(edges=(low, middle, high, top), confidence=confidence, **plain)


def _zone_times_by_method(values: Mapping[str, Any]) -> ZoneTimesByMethod:
    listed = {name: tuple(values[name]) for name in ("names", "edges", "ms")}
    return ZoneTimesByMethod(**{**values, **listed, "confidence": Confidence(values["confidence"])})


def _by_type(values: Iterable[Mapping[str, Any]]) -> tuple[TypeTotal, ...]:
    return tuple(TypeTotal(**{**item, "zones": ZoneTimes(**item["zones"])}) for item in values)


def _week_day(values: Mapping[str, Any]) -> WeekDay:
    at = date.fromisoformat(values["local_date"])
    by_type = _by_type(values["by_type"])
    plain = _picked(values, ("known", "carried", "unseen_min"))
    return WeekDay(local_date=at, by_type=by_type, **plain)


def _load(values: Mapping[str, Any]) -> Load:
    return Load(**{**values, "confidence": Confidence(values["confidence"])})


def _flag(values: Mapping[str, Any]) -> QualityFlag:
    return QualityFlag(**{**values, "source": read_source_columns(values["source"])})
