"""HC Webhook (Android) to facts: what Health Connect knew of the last 48 hours. Pure.

    {"timestamp": ..., "app_version": ..., "steps": [{"count": ..., "start_time": ..., "end_time":
    ...}], "heart_rate": [{"bpm": ..., "time": ...}], "exercise": [...], ...}

All times are in UTC, so the clock of the patient is unknown. Records have no ids and are sent again
and again: a value replaces itself by its source and time, an exercise by its type and start. The
app may sum and average before it sends. It tells nothing of that, but what it made itself has no
`metadata`: a total of a day is known by it, and a mean over more than a minute is no reading.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS, utc
from model.facts import DaySummary, DeviceType, Fact, Method, RejectKind, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    measure_of,
    number_within,
    object_of,
    optional_text,
)
from parsers.json_records import ListedRecord, listed_records, text_of
from parsers.pauses import stated_timer_ms
from parsers.phone.collected import Collected, word_of
from parsers.phone.export_names import Held
from parsers.phone.export_units import written_unit
from parsers.phone.hc_webhook_names import (
    ASLEEP_LIST,
    DEVICES_BY_NUMBER,
    EXERCISE,
    EXERCISE_PREFIX,
    EXERCISE_TOTALS,
    EXERCISE_WORDS,
    LISTS,
    RECORDING_METHODS,
    UNREAD_LISTS,
    Listed,
)
from parsers.phone.recognised import BOM, MOST_OBJECTS_PUSHED
from parsers.stated_once import members_once
from parsers.vendors.open_wearables.names import device_type
from parsers.word_tables import type_of_word

_VENDOR = "hc_webhook"
_APP = "HC Webhook"  # what it made itself; a record of Health Connect names the app that wrote it
_TIMESTAMP, _VERSION = "timestamp", "app_version"
_WEAR = "wear"
_QUARTER_MS = 900_000  # every zone's midnight is on a quarter of an hour
_HALF_DAY_MS = 12 * HOUR_MS
_LONGEST_SLEEP_S = 86_400
_MEANS = f"{_APP} (means)"


class _Mean(NamedTuple):
    """A mean that the app made: its list, its place there, its time and value, and its source."""

    position: int
    at_ms: int
    value: float
    source: Source


def read_hc_webhook(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield what a payload holds; BodyError where it is no JSON object."""
    into = Collected()
    means: dict[tuple[str, Listed], list[_Mean]] = {}
    content = text_of(payload.removeprefix(BOM), MOST_OBJECTS_PUSHED)
    for record in listed_records(content, members_once):
        try:
            _add(record, means, into)
        except Unreadable as error:
            into.refused.add(record.name, record.index, error)
    for (name, listed), made in means.items():
        _add_means(name, listed, made, into)
    facts = (*into.facts, *into.series.stream())
    yield Part(account="", facts=facts, rejects=into.refused.rejects())


def _add(
    record: ListedRecord, means: dict[tuple[str, Listed], list[_Mean]], into: Collected
) -> None:
    """Add one record of a list; Unreadable where it cannot be read."""
    name = record.name
    if name in (_TIMESTAMP, _VERSION) or name in UNREAD_LISTS:
        return
    if record.index is None:
        if record.value is not None:
            raise Unreadable("", "not a list")
        return
    if name not in (*LISTS, EXERCISE, ASLEEP_LIST):
        into.refused.add("", None, Unreadable(name, "an unknown list", RejectKind.UNKNOWN))
        return
    entry = object_of(record.value, "")
    if name == EXERCISE:
        into.facts.append(_exercise(entry, record, into))
    elif name == ASLEEP_LIST:
        _add_sleep(entry, into)
    for listed in LISTS.get(name, ()):
        if listed.held is Held.COUNT:
            _add_count(listed, entry, into)
        elif listed.mean and entry.get(listed.mean) is not None:
            made = means.setdefault((name, listed), [])
            made.append(_mean(listed, entry, record.index))
        else:
            at_ms = _time(entry, "time")
            point = (at_ms, at_ms, _value(listed, entry, listed.member))
            into.series.add(listed.metric, _source(entry), None, point)


def _time(entry: JsonObject, name: str) -> int:
    return instant_of(entry.get(name), name)[0]


def _value(listed: Listed, entry: JsonObject, member: str) -> float:
    if entry.get(member) is None:
        raise Unreadable(member, "no value")
    unit = written_unit(listed.metric, listed.unit)
    return measure_of(entry[member], listed.metric, member, unit.factor, unit.offset)


def _add_count(listed: Listed, entry: JsonObject, into: Collected) -> None:
    """Add a count over its interval, or the total of a day."""
    start_ms, end_ms = _time(entry, "start_time"), _time(entry, "end_time")
    if not 0 < end_ms - start_ms <= LONGEST_INTERVAL_MS:
        raise Unreadable("end_time", "not after the start by at most 25 hours", RejectKind.RANGE)
    value = _value(listed, entry, listed.member)
    if _is_total(entry, start_ms, end_ms):
        into.facts.append(_total(listed, value, start_ms, _source(entry)))
    else:
        into.series.add(listed.metric, _source(entry), None, (start_ms, end_ms, value))


def _is_total(entry: JsonObject, start_ms: int, end_ms: int) -> bool:
    """Return whether a count is that of a date so far, and not of a stretch of time.

    The app sums a date from its midnight to now, which is no full second; other sums of it end on
    full minutes. Other apps write a date from midnight to midnight.
    """
    made = not isinstance(entry.get("metadata"), dict)
    is_long, ends_now = end_ms - start_ms > _HALF_DAY_MS, made and end_ms % 1000 != 0
    return start_ms % _QUARTER_MS == 0 and (is_long or ends_now)


def _total(listed: Listed, value: float, start_ms: int, source: Source) -> DaySummary:
    """Return the total of the date that began at an instant.

    Half a day after midnight it is the same date in UTC, except a few hours east of Fiji. A total
    grows during the day, so the greatest stands.
    """
    day = utc(start_ms + _HALF_DAY_MS).date()
    span = start_ms, start_ms + DAY_MS
    fact_head = head(source, f"{listed.metric}:{day}", int(value * 1000), span, None)
    return DaySummary(head=fact_head, local_date=day, values={listed.metric: value})


def _mean(listed: Listed, entry: JsonObject, index: int) -> _Mean:
    value = _value(listed, entry, listed.mean)
    # its metadata are those of one of the samples in it, perhaps of another device
    source = Source(vendor=_VENDOR, app=_MEANS, method=Method.BACKGROUND)
    return _Mean(index, _time(entry, "time"), value, source)


def _add_means(name: str, listed: Listed, made: Sequence[_Mean], into: Collected) -> None:
    """Add means of the app. How long they are shows only in how close together they come."""
    apart = np.diff(np.unique(np.array([mean.at_ms for mean in made], np.int64)))
    of_minutes = bool(len(apart)) and int(apart.min()) <= MINUTE_MS
    for mean in made:
        if listed.held is Held.READING and not of_minutes:
            why = "a mean over more than a minute is no reading"
            into.refused.add(name, mean.position, Unreadable("", why, RejectKind.RANGE))
        else:
            point = (mean.at_ms, mean.at_ms, mean.value)
            into.series.add(listed.metric, mean.source, None, point)


def _add_sleep(entry: JsonObject, into: Collected) -> None:
    """Add sleep as wear of what measured its stages; a time in bed that a phone guessed is none."""
    source, stages = _source(entry), entry.get("stages")
    measured = source.device_type is DeviceType.WATCH or (isinstance(stages, list) and bool(stages))
    if measured and source.device_type is not DeviceType.PHONE:
        end_ms = _time(entry, "session_end_time")
        written = entry.get("duration_seconds"), 1, _LONGEST_SLEEP_S, "duration_seconds"
        start_ms = end_ms - round(number_within(*written) * 1000)
        into.series.add(_WEAR, source, None, (start_ms, end_ms, 1.0))


def _exercise(entry: JsonObject, record: ListedRecord, into: Collected) -> Fact:
    start_ms, end_ms = _time(entry, "start_time"), _time(entry, "end_time")
    if not 0 < end_ms - start_ms <= LONGEST_WORKOUT_MS:
        why = "not after the start by at most seven days"
        raise Unreadable("end_time", why, RejectKind.RANGE)
    errors: list[Unreadable] = []
    word = kept_without(errors, "", _type_word, entry.get("type"))
    ours = type_of_word(EXERCISE_WORDS, _plain(word), "type", errors)
    method = Method.MANUAL if _method(entry) is Method.MANUAL else Method.WORKOUT
    summary = dict(_totals(entry, errors))
    moving_ms = _timer_ms(entry.get("duration_seconds"), end_ms - start_ms, errors)
    for error in errors:
        into.refused.add(record.name, record.index, error)
    return Workout(
        head=head(
            _source(entry, method), f"{_plain(word)}:{start_ms}", 0, (start_ms, end_ms), None
        ),
        type=ours,
        vendor_type=word,
        moving_ms=moving_ms,
        summary=summary,
    )


def _timer_ms(stated: object, lasted_ms: int, errors: list[Unreadable]) -> int | None:
    if stated is None:
        return None
    written = stated, 0, LONGEST_WORKOUT_MS // 1000, "duration_seconds"
    timer_s = kept_without(errors, 0.0, number_within, *written)
    return stated_timer_ms(timer_s * 1000, lasted_ms)


def _type_word(value: object) -> str:
    """Return a type of exercise as text; it is a number in quotation marks, or bare."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return optional_text(value, "type")


def _plain(word: str) -> str:
    return word.lower().strip().replace(" ", "_").removeprefix(EXERCISE_PREFIX)


def _totals(entry: JsonObject, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    for member, (ours, most) in EXERCISE_TOTALS.items():
        if entry.get(member) is not None:
            total = kept_without(errors, None, number_within, entry[member], 0, most, member)
            if total is not None:
                yield ours, total


def _method(entry: JsonObject) -> Method:
    metadata = entry.get("metadata")
    word = metadata.get("recording_method") if isinstance(metadata, dict) else None
    return RECORDING_METHODS.get(word, Method.UNKNOWN) if isinstance(word, str) else Method.UNKNOWN


def _source(entry: JsonObject, method: Method | None = None) -> Source:
    """Return who recorded: the app that wrote the record and its device, where they are told."""
    metadata = entry.get("metadata")
    if not isinstance(metadata, dict):
        return Source(vendor=_VENDOR, app=_APP, method=method or Method.UNKNOWN)
    written = metadata.get("device")
    device = written if isinstance(written, dict) else {}
    names = [device.get(name) for name in ("manufacturer", "model")]
    name = " ".join(filter(None, map(word_of, names)))
    number = device.get("type")
    known = DEVICES_BY_NUMBER.get(number) if isinstance(number, int) else None
    return Source(
        vendor=_VENDOR,
        app=word_of(metadata.get("data_origin")) or _APP,
        device=name,
        device_type=known or device_type("", name),
        method=method or _method(entry),
    )
