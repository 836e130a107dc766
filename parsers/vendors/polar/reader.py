"""Reads what Polar pushes and what it answers, by the members that a body has. Pure.

A pushed body is a cue and holds no data. An answer is a day, an exercise, or a list of them, of the
third interface or the fourth. Bodies without a request are read as well, as `kadens inspect` shows
them. Positions, sleep stages and Polar's judgements are never read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from model.codec import dumps
from model.errors import BodyError
from model.facts import Fact, RejectKind
from model.received import Context, Fetch, Part, ReaderItem
from parsers.exports.polar_flow import underscored
from parsers.fields import (
    JsonObject,
    Unreadable,
    body_error,
    first_value,
    kept_without,
    object_of,
    rejects,
)
from parsers.lenient_json import lenient_json
from parsers.local_times.beside_offsets import offset_of
from parsers.vendors.polar import days, lists
from parsers.vendors.polar.cues import (
    BY_OFFSET,
    OFFSETS,
    SESSION_DAY,
    fetch_of_date,
    fetches_of_exercise,
    read_cue,
)
from parsers.vendors.polar.local_clock import PLACED_BY, LocalClock, clock_of, date_of, offset_mark

_LISTED = "listed"  # the member of a kept answer that was a bare list
_EXERCISE_LIST = "exercise_list"
_NOTHING_KEPT = b'{"' + PLACED_BY.encode() + b'":{}}'
_USER = re.compile(r"https://[a-z.]+/v3/users/([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShape:
    """A kind of answer: it has all members of `marks`, and its records lie in the list `inside`.

    With "" the answer is a record itself. `local`: whether it has times without an offset.
    """

    marks: tuple[str, ...]
    read: days.ReadDay
    inside: str = ""
    local: bool = True


_Record: TypeAlias = tuple[AnswerShape, object, str]  # its kind, itself, its path
# The first row whose marks an answer has is its kind.
ANSWER_SHAPES: tuple[AnswerShape, ...] = (
    AnswerShape(marks=("trainingSessions",), inside="trainingSessions", read=lists.session_of_list),
    AnswerShape(marks=("start_time", "duration"), read=lists.session_of_list),
    AnswerShape(marks=("startTime", "durationMillis"), read=lists.session_of_list),
    AnswerShape(marks=("start_time_utc_offset",), read=lists.session_of_list),
    AnswerShape(marks=("sleep_start_time",), read=days.night_of_day, local=False),
    AnswerShape(marks=("nights",), inside="nights", read=days.night_of_day, local=False),
    AnswerShape(marks=("heart_rates",), inside="heart_rates", read=days.heart_rate_of_day),
    AnswerShape(marks=("heart_rate_samples",), read=days.heart_rate_of_day),
    AnswerShape(marks=("recharges",), inside="recharges", read=days.recharge_of_day),
    AnswerShape(marks=("heart_rate_variability_avg",), read=days.recharge_of_day),
    AnswerShape(marks=("nightly_recharge_status",), read=days.recharge_of_day),
    AnswerShape(marks=("cardio_load_status",), read=days.load_of_day, local=False),
    AnswerShape(marks=("activityDays",), inside="activityDays", read=lists.steps_of_list),
    AnswerShape(
        marks=("heartRateSamplesPerDay",),
        inside="heartRateSamplesPerDay",
        read=lists.heart_rate_of_list,
    ),
    AnswerShape(marks=("dailyPpiSamples",), inside="dailyPpiSamples", read=lists.beats_of_list),
    AnswerShape(
        marks=("nightSleeps",), inside="nightSleeps", read=lists.night_of_list, local=False
    ),
    AnswerShape(
        marks=("nightlyRechargeResults",),
        inside="nightlyRechargeResults",
        read=lists.recharge_of_list,
    ),
    AnswerShape(marks=("activities",), inside="activities", read=days.activity_of_day),
    AnswerShape(marks=("activity_zones",), read=days.samples_of_day),
    AnswerShape(marks=("steps",), read=days.activity_of_day),
    AnswerShape(marks=("active_calories",), read=days.activity_of_day),
)


def _unknown(
    _record: JsonObject, _clock: LocalClock, where: str, _errors: days.Errors
) -> Iterator[Fact]:
    raise Unreadable(where, "not an answer of Polar that is read", RejectKind.UNKNOWN)


_UNKNOWN = AnswerShape(marks=(), read=_unknown, local=False)
# Some lists of the fourth interface lie once more inside an object of another name.
_WRAPS = ("activities", "continuousSamples", "nightlyRechargeResults", "data")
# What the interfaces call the beginning of a workout and its offset from UTC in minutes.
_STARTS = ("start_time", "startTime")
_OFFSETS = ("start_time_utc_offset", "timezoneOffsetMinutes", "timezoneOffset")


def read_polar(payload: bytes, context: Context) -> Iterator[ReaderItem]:
    """Yield what a pushed body or an answer means; BodyError where it is neither."""
    # exports of Polar hold a bare NaN, which JSON does not know
    document = lenient_json(payload)
    if context.requested is None and isinstance(document, dict) and "event" in document:
        try:
            yield from read_cue(document, context)
        except Unreadable as error:
            raise body_error(error) from error
        return
    yield from _of_answer(payload, document, context)


def _of_answer(
    payload: bytes,
    document: Any,  # noqa: ANN401 - JSON has no narrower type
    context: Context,
) -> Iterator[ReaderItem]:
    listed = list(_records(document))
    requested = context.requested
    if requested is not None and requested.resource == OFFSETS:
        yield from _by_stated_offset(listed, requested, context.zone)
        return
    # before facts are made: the same exercise comes again, and then with its samples
    if requested is not None and requested.resource == _EXERCISE_LIST:
        yield from _single_exercises(listed, requested)
        return
    is_note = isinstance(document, dict) and PLACED_BY in document
    is_read = any(shape is not _UNKNOWN for shape, _, _ in listed)
    if not is_read and requested is None and not is_note:
        raise BodyError("body", "not an answer of Polar that is read", RejectKind.UNKNOWN)
    if requested is not None and requested.resource == "training_sessions":
        yield from _details(listed, requested)
    clock = clock_of(context, document if requested is None else None)
    yield _part(payload, document, listed, clock)


def _part(
    payload: bytes,
    document: Any,  # noqa: ANN401 - JSON has no narrower type
    listed: Sequence[_Record],
    clock: LocalClock,
) -> Part:
    errors: list[Unreadable] = []
    facts: list[Fact] = []
    account = ""
    for shape, item, where in listed:
        try:
            record = object_of(item, where)
            account = account or _account(record)
            facts += shape.read(underscored(record), clock, where, errors)
        except BodyError as error:
            errors.append(Unreadable(where, error.reject.why, error.reject.kind))
        except Unreadable as error:
            errors.append(error)
    # A replay knows neither the request nor the zone: without the note it could place nothing.
    is_placed = clock.places and any(shape.local for shape, _, _ in listed)
    kept = _noted(payload, document, clock) if facts and is_placed else None
    return Part(account=account, facts=tuple(facts), rejects=rejects(errors), kept=kept)


def _records(document: Any, where: str = "") -> Iterator[_Record]:  # noqa: ANN401
    """Yield the records of an answer, each with its kind and its path."""
    if isinstance(document, list):
        for k, item in enumerate(document):
            at = f"[{k}]"
            yield from _records(item, at) if isinstance(item, dict) else [(_UNKNOWN, item, at)]
        return
    if not isinstance(document, dict):
        raise BodyError("@0", "not a JSON object")
    if isinstance(document.get(_LISTED), list):
        yield from _records(document[_LISTED])
        return
    body = underscored(document)
    # the live interface leaves these objects out where its description has them
    for wrap in _WRAPS:
        inner = body.get(wrap)
        if isinstance(inner, dict):
            body = {name: value for name, value in body.items() if name != wrap}
            body |= underscored(inner)
    for shape in ANSWER_SHAPES:
        if all(mark in body for mark in shape.marks):
            yield from _of_shape(shape, body, where)
            return
    # an answer may hold nothing, which is no fault
    if body.keys() - {PLACED_BY, _LISTED}:
        yield _UNKNOWN, body, where or "body"


def _of_shape(shape: AnswerShape, body: JsonObject, where: str) -> Iterator[_Record]:
    if not shape.inside:
        yield shape, body, where or "body"
        return
    listed = body[shape.inside]
    if not isinstance(listed, list):
        raise BodyError(shape.inside, "not a list")
    for k, item in enumerate(listed):
        yield shape, item, f"{shape.inside}[{k}]"


def _account(record: JsonObject) -> str:
    """Return the number of the user whom an answer names by a link, "" for none."""
    # The request says whose an answer is; this is for bodies that are looked at alone.
    link = first_value(record, "polar_user", "polar-user")
    match = _USER.fullmatch(link) if isinstance(link, str) else None
    return match[1] if match else ""


def _noted(payload: bytes, document: object, clock: LocalClock) -> bytes:
    """Return an answer with what its times were placed by, for whoever reads it again."""
    if isinstance(document, dict) and PLACED_BY in document:
        return payload
    note = b'{"' + PLACED_BY.encode() + b'":' + dumps(clock.note) + b","
    if isinstance(document, list):
        return note + b'"' + _LISTED.encode() + b'":' + payload.lstrip(b"\xef\xbb\xbf") + b"}"
    # As it was written: a number that Python cannot write again stays what it was.
    return note + payload[payload.index(b"{") + 1 :]


def _by_stated_offset(
    listed: Sequence[_Record], requested: Fetch, zone: str
) -> Iterator[ReaderItem]:
    """Yield the request of a day once more, where a workout of it states another offset.

    The first answer was placed by the patient's zone. Where workouts of the day disagree, the
    patient was on the way, and the zone stays.
    """
    resource, _, rest = requested.key.partition("/")
    written, _, sent = rest.partition("/")
    stated: set[int] = set()
    for _shape, item, _where in listed:
        stated |= _offset_on(item, written)
    # Nothing of the list is kept: its workouts are asked for one by one.
    yield Part(account=requested.account, facts=(), kept=_NOTHING_KEPT)
    # none states an offset, or two differ: the zone of the patient stays the better guess
    if len(stated) != 1:
        return
    (offset,) = stated
    if LocalClock(offset_min=offset, zone=zone).of_date(date_of(written, "date")).zone:
        return
    key = f"{written}/{sent}/{offset_mark(offset)}"
    for wanted in BY_OFFSET.get(resource, ()):
        yield fetch_of_date(wanted, requested.account, written, key)


def _single_exercises(listed: Sequence[_Record], requested: Fetch) -> Iterator[ReaderItem]:
    """Yield the requests of each exercise of a list: the list has neither samples nor files."""
    when = requested.key.rpartition("/")[2]
    yield Part(account=requested.account, facts=(), kept=_NOTHING_KEPT)
    for _shape, item, where in listed:
        entity = item.get("id") if isinstance(item, dict) else None
        try:
            yield from fetches_of_exercise(requested.account, entity, when, f"{where}.id")
        except Unreadable as error:
            yield rejects([error])[0]


def _offset_on(item: object, written: str) -> set[int]:
    """Return the offset of a workout in minutes, if it began on a date; the empty set for none."""
    record = underscored(item) if isinstance(item, dict) else {}
    start, offset = first_value(record, *_STARTS), first_value(record, *_OFFSETS)
    if not isinstance(start, str) or start[:10] != written or offset is None:
        return set()
    minutes = kept_without([], None, offset_of, offset, "offset")
    return set() if minutes is None else {minutes}


def _details(listed: Sequence[_Record], requested: Fetch) -> Iterator[Fetch]:
    """Yield a request for each date that has sessions: details come for one date at a time."""
    # the time of the cue keeps the details of one announcement apart from those of the next
    sent = requested.key.rpartition("/")[2]
    dates: dict[str, None] = {}
    for _shape, item, _where in listed:
        start = item.get("startTime") if isinstance(item, dict) else None
        if isinstance(start, str):
            dates.setdefault(start[:10])
    for written in dates:
        if kept_without([], None, date_of, written, "startTime") is not None:
            yield fetch_of_date(SESSION_DAY, requested.account, written, f"{written}/{sent}")
