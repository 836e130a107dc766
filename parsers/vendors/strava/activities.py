"""An activity of Strava and its streams to facts. Pure.

The elapsed time bounds a session, and the moving time is what was exercised. `start_date` is in
UTC; `start_date_local` is the clock at the start, although it is written as if in UTC. Streams are
columns beside one with the seconds after the start, which another answer states: the request for
the streams carries it. Names, descriptions and positions are never read.
"""

import re
from collections.abc import Iterator, Mapping
from statistics import median

from model.calendar import MINUTE_MS
from model.facts import DeviceType, Fact, Method, RejectKind, Source, Workout
from model.received import Fetch
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    list_of,
    measure_of,
    number_within,
    optional_text,
    real_offset,
)
from parsers.fit_types import ON_FOOT
from parsers.streams import SeriesByKey
from parsers.tracks.facts import STEPS_FROM
from parsers.vendors.open_wearables.names import device_type
from parsers.vendors.strava.events import STRAVA_FORMAT, number_text
from parsers.vendors.strava.strava_sports import STRAVA_SPORTS, STRAVA_STREAMS
from parsers.word_tables import type_of_word

_Errors = list[Unreadable]
STREAMS = "streams"
_MOST_POINTS = 500_000  # six days with a value each second
_LONGEST_S = LONGEST_WORKOUT_MS / 1000
_DAY_S = 86_400
_MOST_EXERTION = 10.0
# Our name in Workout.summary -> Strava's name, and the greatest believable figure.
_TOTALS = {
    "distance": ("distance", 1e9),
    "active_energy": ("calories", 1e6),
    "heart_rate_mean": ("average_heartrate", 1e3),
    "heart_rate_max": ("max_heartrate", 1e3),
    "ascent": ("total_elevation_gain", 1e5),
}
_OF_STREAMS = re.compile(r"([0-9]{1,19})/([0-9]{1,14})/([+-][0-9]{1,3}|-)/([a-z_]{1,40})(?:/.*)?")


def workout_of(record: JsonObject, where: str, errors: _Errors) -> Workout:
    """Return the workout of an activity; Unreadable where nothing names or places it."""
    name = number_text(record.get("id"), f"{where}.id")
    # its offset is always that of UTC, and says nothing of the patient's clock
    start, _ = instant_of(record.get("start_date"), f"{where}.start_date")
    elapsed_s = number_within(record.get("elapsed_time"), 0, _LONGEST_S, f"{where}.elapsed_time")
    if not round(elapsed_s * 1000):
        why = "an activity without a length"
        raise Unreadable(f"{where}.elapsed_time", why, RejectKind.RANGE)
    offset = _offset_min(record, start, where, errors)
    span = (start, start + round(elapsed_s * 1000))
    word, kind = _sport(record, where, errors)
    effort = _effort(record, where, errors)
    return Workout(
        head=head(_source(record, where, errors), f"strava:{name}", 0, span, offset),
        type=kind,
        vendor_type=word,
        moving_ms=_moving_ms(record, elapsed_s, where, errors),
        exertion_cr10=effort,
        effort_stated="" if effort is None else f"{effort:g}",
        summary=_summary(record, where, errors),
    )


def _offset_min(record: JsonObject, start: int, where: str, errors: _Errors) -> int | None:
    """Return the minutes east of UTC: as stated in seconds, else from the clock at the start."""
    # The named zone beside them is that of the account, which may be at home meanwhile.
    stated, clock = record.get("utc_offset"), record.get("start_date_local")
    if stated is not None:
        return kept_without(errors, None, _offset_of_seconds, stated, f"{where}.utc_offset")
    if clock is None:
        return None
    return kept_without(errors, None, _offset_of_clock, clock, start, f"{where}.start_date_local")


def _offset_of_seconds(value: object, where: str) -> int:
    return real_offset(round(number_within(value, -_DAY_S, _DAY_S, where) / 60), where)


def _offset_of_clock(value: object, start: int, where: str) -> int:
    shown, _ = instant_of(value, where)
    return real_offset(round((shown - start) / MINUTE_MS), where)


def _sport(record: JsonObject, where: str, errors: _Errors) -> tuple[str, str]:
    """Return Strava's word and our type; the newer member knows more kinds than the older."""
    # The older member calls every newer kind of activity a workout.
    name = "sport_type" if record.get("sport_type") is not None else "type"
    word = kept_without(errors, "", optional_text, record.get(name), f"{where}.{name}")
    return word, type_of_word(STRAVA_SPORTS, word, f"{where}.{name}", errors)


def _source(record: JsonObject, where: str, errors: _Errors) -> Source:
    # what is typed in comes from no device, whatever an app writes beside it
    is_manual = record.get("manual") is True
    stated = record.get("device_name")
    device = kept_without(errors, "", optional_text, stated, f"{where}.device_name")
    kind = device_type("", device) if device else DeviceType.UNKNOWN
    return Source(
        vendor="strava",
        app="Strava",
        device=device,
        device_type=DeviceType.PERSON if is_manual else kind,
        method=Method.MANUAL if is_manual else Method.WORKOUT,
    )


def _moving_ms(record: JsonObject, elapsed_s: float, where: str, errors: _Errors) -> int | None:
    stated = record.get("moving_time")
    if stated is None:
        return None
    moving_s = kept_without(
        errors, None, number_within, stated, 0, elapsed_s, f"{where}.moving_time"
    )
    return None if moving_s is None else round(moving_s * 1000)


def _effort(record: JsonObject, where: str, errors: _Errors) -> float | None:
    """Return the patient's grade of effort from 1 to 10; 0 is no answer, as none is."""
    path = f"{where}.perceived_exertion"
    stated = record.get("perceived_exertion")
    if not stated:
        return None
    return kept_without(errors, None, number_within, stated, 0, _MOST_EXERTION, path)


def _summary(record: JsonObject, where: str, errors: _Errors) -> dict[str, float]:
    summary: dict[str, float] = {}
    for ours, (theirs, most) in _TOTALS.items():
        if stated := record.get(theirs):
            path = f"{where}.{theirs}"
            figure = kept_without(errors, None, number_within, stated, 0, most, path)
            summary |= {} if figure is None else {ours: round(figure, 6)}
    return summary


def fetch_streams(account: str, workout: Workout, when: str) -> Fetch:
    """Return the request of the streams of an activity; its key has what places them."""
    fact_head = workout.head
    activity = fact_head.record.removeprefix("strava:")
    # the streams have seconds after the start alone, so the key is all that places them
    offset = "-" if fact_head.offset_min is None else f"{fact_head.offset_min:+d}"
    return Fetch(
        account=account,
        resource=STREAMS,
        key=f"{activity}/{fact_head.start_ms}/{offset}/{workout.type}/{when}",
        path=f"/api/v3/activities/{activity}/streams",
        query=(("keys", ",".join(("time", *STRAVA_STREAMS))), ("key_by_type", "true")),
        format=STRAVA_FORMAT,
    )


def stream_samples(key: str, streams: Mapping[str, object], errors: _Errors) -> Iterator[Fact]:
    """Yield the samples of streams; `key` is that of their request.

    Raises Unreadable where it does not tell when their activity began, and without a clock.
    """
    match = _OF_STREAMS.fullmatch(key)
    if match is None:
        raise Unreadable("streams", "streams without the beginning of their activity")
    activity, start, offset, kind = match.groups()
    offset_min = None if offset == "-" else int(offset)
    instants = _instants(streams.get("time"), int(start))
    series = SeriesByKey()
    # without the device, which streams do not name
    source = Source(vendor="strava", app="Strava", method=Method.WORKOUT)
    for name, metric in STRAVA_STREAMS.items():
        if name in streams:
            path = f"streams.{name}"
            for at, value in _points(streams[name], instants, (metric, kind), path, errors):
                series.add(metric, source, offset_min, (at, at, value))
    yield from series.of_record(f"strava:{activity}:samples")


def _instants(stream: object, start: int) -> list[int]:
    seconds = _data(stream, "streams.time")
    instants = []
    for k, value in enumerate(seconds):
        after_s = number_within(value, 0, _LONGEST_S, f"streams.time.data[{k}]")
        instants.append(start + round(after_s * 1000))
    return instants


def _data(stream: object, where: str) -> list[object]:
    listed = stream.get("data") if isinstance(stream, dict) else stream
    values = list_of(listed, f"{where}.data")
    if len(values) > _MOST_POINTS:
        raise Unreadable(where, f"more than {_MOST_POINTS} values", RejectKind.TOO_MUCH)
    return values


def _points(
    stream: object, instants: list[int], of: tuple[str, str], where: str, errors: _Errors
) -> list[tuple[int, float]]:
    """Return the points of a stream; null is none, and of the heart rate 0 is none either."""
    metric, kind = of
    values: list[object] = kept_without(errors, [], _data, stream, where)
    # Which of the values are missing is not told, so none of them has an instant.
    if len(values) != len(instants):
        errors.append(Unreadable(where, "another length than the seconds beside it"))
        return []
    points = []
    for k, value in enumerate(values):
        if value is None or (value == 0 and metric == "heart_rate"):
            continue
        try:
            points.append((instants[k], measure_of(value, metric, f"{where}.data[{k}]")))
        except Unreadable as error:
            errors.append(error)
    is_strides = metric == "cadence" and kind in ON_FOOT and _are_strides(points)
    return [(at, 2 * value) for at, value in points] if is_strides else points


def _are_strides(points: list[tuple[int, float]]) -> bool:
    """Return whether a cadence on foot counts the strides of one leg."""
    moving = [value for _, value in points if value]
    return bool(moving) and median(moving) <= STEPS_FROM
