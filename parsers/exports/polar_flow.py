"""Polar's sessions, days and continuous heart rate as an account export holds them. Pure.

Three shapes of a session are read: the export of today (`samples.samples` with an interval), that
of earlier years (`samples.heartRate` with times), and an exercise of Polar's interface. In all of
them the times are local, with the offset from UTC beside them: UTC is the text less the offset.
Positions, sleep and what a person wrote are never read.
"""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from model.calendar import DAY_MS, local_instant
from model.errors import BodyError
from model.facts import DaySummary, Fact, Method, RejectKind, Source, Workout
from model.received import Context, Part
from parsers.bounds import MOST_FILE_SESSIONS
from parsers.exports.polar_names import POLAR_EFFORTS, POLAR_SPORTS
from parsers.exports.polar_series import polar_series
from parsers.exports.polar_times import (
    POLAR_OFFSET,
    POLAR_STOPS,
    polar_joined,
    polar_member,
    polar_offset,
    polar_placed,
    polar_times,
)
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    optional_text,
    rejects,
    text,
)
from parsers.json_records import holds_marks
from parsers.lenient_json import lenient_json
from parsers.local_times.beside_offsets import placed_ms
from parsers.local_times.named_zone import named_zone
from parsers.pauses import pauses_within
from parsers.streams import SeriesByKey
from parsers.vendors.open_wearables.names import device_type
from parsers.word_tables import type_of_word

_VENDOR = "polar"
_Errors = list[Unreadable]
# What the first bytes of each kind of file hold, all of one row.
_MARKS: tuple[tuple[bytes, ...], ...] = (
    (b'"deviceDays"', b'"secondsFromDayStart"'),
    (b'"exportVersion"', b'"exercises"'),
    (b'"exportVersion"', b'"date"', b'"summary"'),
    (b'"durationMillis"', b'"startTime"'),
    (b'"durationMillis"', b'"exercises"'),
    (b'"start_time_utc_offset"',),
    (b'"start-time-utc-offset"',),
)
# Our name in Workout.summary -> Polar's names, as paths, and the greatest believable figure.
_TOTALS: dict[str, tuple[tuple[str, ...], float]] = {
    "distance": (("distance", "distanceMeters"), 1e9),
    "active_energy": (("kiloCalories", "calories"), 1e6),
    "heart_rate_mean": (
        ("heartRate.avg", "heart_rate.average", "hrAvg", "averageHeartRate"),
        1e3,
    ),
    "heart_rate_max": (("heartRate.max", "heart_rate.maximum", "hrMax", "maximumHeartRate"), 1e3),
    "ascent": (("ascent", "ascentMeters"), 1e5),
}
_OF_HEART = ("heartRate", "heart_rate")
# What Polar calls continuous comes from the optical sensor of a watch.
_WATCH = Source(
    vendor=_VENDOR, app="Polar Flow", device_type=device_type(_VENDOR, ""), method=Method.BACKGROUND
)
_LOADS = ("training_load_pro", "trainingLoadPro", "loadInformation", "trainingLoadReport")


def is_polar_flow(head_bytes: bytes) -> bool:
    """Return whether a file is one of Polar's that are read, by its first bytes."""
    if not re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head_bytes):
        return False
    return holds_marks(head_bytes, _MARKS)


def read_polar_flow(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a file; BodyError when it is none of Polar's, or a plan."""
    body = lenient_json(payload)
    if not isinstance(body, dict):
        raise BodyError("@0", "not a JSON object")
    body = underscored(body)
    errors: _Errors = []
    facts: list[Fact] = []
    if "deviceDays" in body:
        facts += _continuous(body, kept_without(errors, "", named_zone, context), errors)
    elif "date" in body and "startTime" not in body:
        facts += _day(body, errors)
    else:
        facts += polar_session(body, errors)
    yield Part(account="", facts=tuple(facts), rejects=rejects(errors))


def underscored(value: Any) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the value with names as one of the interface's versions writes them."""
    return {name.replace("-", "_"): item for name, item in value.items()}


def polar_session(body: JsonObject, errors: list[Unreadable]) -> Iterator[Fact]:
    """Yield the workouts of a session, one for each exercise, with their samples.

    Raises Unreadable and BodyError for what is no session that anybody did.
    """
    listed: list[Any] = kept_without(errors, [], list_of, body.get("exercises") or [], "exercises")
    has_length = polar_member(body, (*POLAR_STOPS, "duration", "durationMillis")) is not None
    if not has_length and not any(isinstance(item, dict) and "stopTime" in item for item in listed):
        why = "a planned training: nothing that anybody did"
        raise BodyError("stopTime", why, RejectKind.UNKNOWN)
    if len(listed) > MOST_FILE_SESSIONS:
        why = f"more than {MOST_FILE_SESSIONS} exercises"
        raise BodyError("exercises", why, RejectKind.TOO_MUCH)
    name = kept_without(errors, "", _identity, body)
    body = polar_placed(body, errors)
    for k, item in enumerate(listed or [body]):
        where = f"exercises[{k}]" if listed else "session"
        try:
            record = f"{name}:{k}" if name and k else name
            yield from _exercise(underscored(object_of(item, where)), body, record, where, errors)
        except Unreadable as error:
            errors.append(error.with_traceback(None))


def _identity(body: JsonObject) -> str:
    """Return Polar's own id of a session, "" where it states none."""
    stated = polar_member(body, ("identifier.id", "id"))
    return str(stated) if isinstance(stated, int) else optional_text(stated, "identifier.id")


def _exercise(
    record: JsonObject, session: JsonObject, name: str, where: str, errors: _Errors
) -> Iterator[Fact]:
    """Yield the workout of an exercise and its samples; what it lacks is its session's."""
    joined = polar_joined(record, session)
    offset_min = _offset_of_both(record, session, where, errors)
    times = polar_times(record, session, offset_min, where, errors)
    span = times.start_ms, times.end_ms
    kind, word = _sport(joined, where, errors)
    modified = polar_member(joined, ("modified",))
    revision = kept_without(errors, 0, placed_ms, modified, 0, "modified") if modified else 0
    record_name = f"polar:{name or times.start_ms}"
    fact_head = head(_source(joined, errors), record_name, revision, span, offset_min)
    word_of_effort = _effort(joined, errors)
    yield Workout(
        head=fact_head,
        type=kind,
        vendor_type=word,
        moving_ms=times.moving_ms,
        pauses=pauses_within(times.stops, span, times.moving_ms),
        exertion_cr10=POLAR_EFFORTS.get(word_of_effort),
        effort_stated=word_of_effort,
        summary=_summary((record, _totals(session)), where, errors),
    )
    series = SeriesByKey()
    samples = record.get("samples")
    for metric, at, value in polar_series(samples, times.start_ms, offset_min, kind, errors):
        series.add(metric, fact_head.source, offset_min, (at, at, value))
    yield from series.of_record(f"{record_name}:samples", revision)


def _offset_of_both(
    record: JsonObject, session: JsonObject, where: str, errors: _Errors
) -> int | None:
    """Return the offset of an exercise or a day in minutes, else that of what it lies in."""
    offset_min = polar_offset(record, f"{where}.", errors)
    return session.get(POLAR_OFFSET) if offset_min is None else offset_min


def _sport(record: JsonObject, where: str, errors: _Errors) -> tuple[str, str]:
    """Return our type and Polar's word."""
    stated = polar_member(record, ("detailed_sport_info", "sport.id", "sport"))
    word = kept_without(errors, "", optional_text, stated, f"{where}.sport")
    return type_of_word(POLAR_SPORTS, word, f"{where}.sport", errors), word


def _source(record: JsonObject, errors: _Errors) -> Source:
    stated = polar_member(record, ("device", "product.modelName", "application.name"))
    device = kept_without(errors, "", optional_text, stated, "device")
    return Source(
        vendor=_VENDOR,
        app="Polar Flow",
        device=device,
        device_type=device_type(_VENDOR, device),
        method=Method.WORKOUT,
    )


def _effort(record: JsonObject, errors: _Errors) -> str:
    """Return Polar's word for the patient's grade of effort, "" where nobody answered."""
    load = polar_member(record, _LOADS)
    named = underscored(load) if isinstance(load, dict) else record
    word = polar_member(named, ("user_rpe", "userRpe", "sessionRpe"))
    if not word or word == "UNKNOWN":
        return ""
    stated = kept_without(errors, "", text, word, "user-rpe")
    if stated and stated not in POLAR_EFFORTS:
        errors.append(Unreadable("user-rpe", "an unknown word", RejectKind.UNKNOWN))
    return stated


def _totals(session: JsonObject) -> JsonObject:
    """Return a session where its totals are those of its only exercise."""
    listed = session.get("exercises")
    return session if isinstance(listed, list) and len(listed) == 1 else {}


def _summary(records: tuple[JsonObject, ...], where: str, errors: _Errors) -> dict[str, float]:
    """Return the totals of the first record that states each."""
    summary: dict[str, float] = {}
    for name, (paths, most) in _TOTALS.items():
        stated = (polar_member(record, paths) for record in records)
        if (value := next((some for some in stated if some is not None), None)) is not None:
            figure = kept_without(errors, None, number_within, value, 0, most, f"{where}.{name}")
            summary |= {} if figure is None else {name: figure}
    nothing: JsonObject = {}
    for name in _OF_HEART:
        # a path leads into nothing but an object
        for stated in filter(None, (record.get(name) for record in records)):
            kept_without(errors, nothing, object_of, stated, f"{where}.{name}")
    return summary


def _day(body: JsonObject, errors: _Errors) -> Iterator[Fact]:
    """Yield the steps of a date; the samples of a day have no offset and are left out."""
    day = _date(body["date"], "date")
    steps = polar_member(body, ("summary.stepCount",))
    if day is None or steps is None:
        errors.append(Unreadable("summary.stepCount", "a day without a date or a total of steps"))
        return
    try:
        total = measure_of(steps, "steps", "summary.stepCount")
    except Unreadable as error:
        errors.append(error.with_traceback(None))
        return
    start = local_instant(day, time(), "UTC")
    source = _WATCH
    fact_head = head(
        source, f"polar:{day.isoformat()}", round(total), (start, start + DAY_MS), None
    )
    yield DaySummary(head=fact_head, local_date=day, values={"steps": total})


def _date(value: object, where: str) -> date | None:
    try:
        return date.fromisoformat(text(value, where)[:10])
    except (ValueError, Unreadable):
        return None


def _continuous(body: JsonObject, zone: str, errors: _Errors) -> Iterator[Fact]:
    """Yield the heart rate of days, whose times are seconds after local midnight."""
    series = SeriesByKey()
    source = _WATCH
    nothing: list[Any] = []
    body = polar_placed(body, errors)
    days = kept_without(errors, nothing, list_of, body["deviceDays"], "deviceDays")
    for k, item in enumerate(days):
        where = f"deviceDays[{k}]"
        try:
            day = object_of(item, where)
            offset_min = _offset_of_both(day, body, where, errors)
            # No day states its zone, so its offset must be there, or who sends it knows.
            midnight = placed_ms(f"{day.get('date')} 00:00:00", offset_min, f"{where}.date", zone)
            for point in list_of(day.get("samples") or [], f"{where}.samples"):
                _point(series, source, offset_min, midnight, point, f"{where}.samples", errors)
        except Unreadable as error:
            errors.append(error.with_traceback(None))
    yield from series.stream()


def _point(
    series: SeriesByKey,
    source: Source,
    offset_min: int | None,
    midnight: int,
    point: object,
    where: str,
    errors: _Errors,
) -> None:
    """Add a heart rate; 0 is none."""
    try:
        sample = object_of(point, where)
        after_s = number_within(sample.get("secondsFromDayStart"), 0, 90_000, where)
        value = measure_of(sample.get("heartRate"), "heart_rate", where)
    except Unreadable as error:
        errors.append(error.with_traceback(None))
        return
    if value:
        at = midnight + round(after_s * 1000)
        series.add("heart_rate", source, offset_min, (at, at, value))
