"""Batches of Health Connect's rows to facts. Pure.

A session is a workout whose record is Health Connect's own id, so that a later export replaces it.
Everything else joins streams: of equal instants of a source the version that was changed last
counts. A phone and a watch under the same app, and two apps, are sources of their own: what they
counted at the same time is never added here.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from model.calendar import HOUR_MS
from model.columns.runs import is_run_end
from model.facts import (
    DeviceType,
    Fact,
    Head,
    Instants,
    Method,
    RejectKind,
    SampleBlock,
    Source,
    Values,
    Workout,
)
from model.metrics import LONGEST_INTERVAL_MS, METRIC
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_SERIES, readable
from parsers.fields import (
    Unreadable,
    head,
    kept_without,
    measure_of,
    number_within,
    optional_text,
    real_offset,
)
from parsers.health_connect.batches import ORIGIN_FIELDS, Batch
from parsers.health_connect.exercise_types import TYPES_OF_WORDS, exercise_word
from parsers.health_connect.names import (
    DEVICE_TYPES,
    EXERCISE_KIND,
    METHOD_NUMBERS,
    RECORD_KIND,
    RecordKind,
)
from parsers.pauses import pauses_within
from parsers.streams import CountColumns, stream_blocks
from parsers.word_tables import type_of_word

_VENDOR = "health_connect"
_LARGEST_EXERTION = 10.0  # Health Connect grades exertion from 0 to 10, as Borg's CR10 does
_SHORTEST_M = 0.1  # of a lap
# What is not set is written as the least number of its type above 0 (1.4e-45, 5e-324).
_UNSET = 1e-30
_NOT_WORN = (DeviceType.PHONE, DeviceType.SCALE)

_Errors: TypeAlias = list[Unreadable]
_SampleColumns: TypeAlias = tuple[Instants, Instants, Values, Instants]  # t, until, v, row


def facts_of_batch(batch: Batch, errors: _Errors) -> Iterator[Fact]:
    """Yield the facts of a batch; what cannot be read is an error with its row and field."""
    origins = []
    is_exercise = batch.kind == EXERCISE_KIND
    # each origin of samples makes a series; sessions are as many as their rows anyway
    for position, origin in enumerate(batch.origins[: None if is_exercise else MOST_SERIES]):
        origins.append(_origin(origin, f"{batch.kind}.origins[{position}]", errors))
    if is_exercise:
        yield from _workouts(batch, origins, errors)
    else:
        yield from _samples(batch, RECORD_KIND[batch.kind], origins, errors)


def _origin(origin: Sequence[Any], where: str, errors: _Errors) -> Head:
    if len(origin) != ORIGIN_FIELDS:
        raise Unreadable(where, "not an origin of rows")
    package, app, manufacturer, model, kind, method, offset, changed = origin
    names = []
    fields = (
        (package, "package_name"), (app, "app_name"), (manufacturer, "manufacturer"),
        (model, "model"),
    )  # fmt: skip
    for value, name in fields:
        names.append(kept_without(errors, "", optional_text, value, f"{where}.{name}"))
    source = Source(
        vendor=_VENDOR,
        app=names[0] or names[1],
        device=" ".join(filter(None, names[2:])),
        device_type=DEVICE_TYPES.get(_number(kind), DeviceType.UNKNOWN),
        method=METHOD_NUMBERS.get(_number(method), Method.UNKNOWN),
    )
    minutes = kept_without(errors, None, _offset_min, offset, f"{where}.zone_offset")
    # Samples have room for two million revisions: hours, because milliseconds would all be alike.
    return head(source, "", max(0, _number(changed)) // HOUR_MS, (0, 0), minutes)


def _number(value: object) -> int:
    return value if type(value) is int and abs(value) < 2**62 else 0


def _offset_min(value: object, where: str) -> int | None:
    """Return seconds east of UTC as minutes, None for null."""
    if value is None:
        return None
    if type(value) is not int:
        raise Unreadable(where, "not a whole number")
    return real_offset(round(value / 60), where)


def _samples(
    batch: Batch, kind: RecordKind, origins: Sequence[Head], errors: _Errors
) -> Iterator[SampleBlock]:
    columns = _fast(batch, kind, len(origins)) or _slow(batch, kind, errors)
    t, until, v, origin_index = columns
    for position, origin in enumerate(origins):
        some = origin_index == position
        if not some.any() or not _is_of_kind(kind, origin.source):
            continue
        ordered = _in_order(t[some], until[some], v[some])
        yield from stream_blocks(origin, kind.metric, ordered)


def _in_order(t: Instants, until: Instants, v: Values) -> CountColumns:
    """Return samples in order of time; of equal times the greatest value, then the longest."""
    order = np.lexsort((until, v, t))
    kept = order[is_run_end(t[order])]
    return t[kept], until[kept], v[kept]


def _is_of_kind(kind: RecordKind, source: Source) -> bool:
    """Return whether a source can state this: only what is worn shows that it was worn."""
    is_worn = source.device_type not in _NOT_WORN and source.method is not Method.MANUAL
    return kind.metric != "wear" or is_worn


def _fast(batch: Batch, kind: RecordKind, origins: int) -> _SampleColumns | None:
    """Return the columns of a batch in which every row can be read, None of any other."""
    of, t = batch.columns["origin"], batch.columns["t"]
    until = batch.columns["until"] if kind.counts else t
    raw = batch.columns["v"] if kind.value else np.ones(len(t))
    if {of.dtype, t.dtype, until.dtype} != {np.dtype(np.int64)} or raw.dtype == object:
        return None
    # Differences of times that are no times may wrap around; they are outside of the years then.
    row, held = METRIC[kind.metric], until - t
    v = raw * kind.factor + 0.0  # -0.0 becomes 0.0, so that equal values have equal bytes
    total = (
        readable(int(t.min())) and readable(int(until.max()))
        and int(of.min()) >= 0 and int(of.max()) < origins
        and int(held.min()) >= (1 if kind.counts else 0) and int(held.max()) <= LONGEST_INTERVAL_MS
        and bool(((v >= row.floor) & (v <= row.ceiling)).all())
        and not bool(((raw != 0) & (np.abs(raw) < _UNSET)).any())
    )  # fmt: skip
    return (t, until, v, of) if total else None


def _slow(batch: Batch, kind: RecordKind, errors: _Errors) -> _SampleColumns:
    """Return the columns of the rows that can be read; each other row is an error."""
    rows: list[tuple[int, int, float, int]] = []
    for index, row in enumerate(_rows(batch)):
        where = f"{kind.name}[{index}]"
        try:
            if not _is_unset(row.get("v")):
                rows.append(_row(row, kind, len(batch.origins), where))
        except Unreadable as error:
            errors.append(error.with_traceback(None))
    t, until, v, origin_index = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(t, np.int64), np.array(until, np.int64), np.array(v, np.float64),
        np.array(origin_index, np.int64),
    )  # fmt: skip


def _rows(batch: Batch) -> Iterator[dict[str, Any]]:
    columns = map(np.ndarray.tolist, batch.columns.values())
    for row in zip(*columns, strict=True):
        yield dict(zip(batch.columns, row, strict=True))


def _row(
    row: dict[str, Any], kind: RecordKind, origins: int, where: str
) -> tuple[int, int, float, int]:
    origin = row["origin"]
    if type(origin) is not int or not 0 <= origin < origins:
        raise Unreadable(where, "its record is not there")
    if origin >= MOST_SERIES:
        why = f"more than {MOST_SERIES} apps, devices and offsets"
        raise Unreadable(where, why, RejectKind.TOO_MUCH)
    t = _instant(row["t"], f"{where}.time")
    until = _instant(row["until"], f"{where}.end_time") if kind.counts else t
    if kind.counts and not 0 < until - t <= LONGEST_INTERVAL_MS:
        why = "not after the start by at most 25 hours"
        raise Unreadable(f"{where}.end_time", why, RejectKind.RANGE)
    v = measure_of(row["v"], kind.metric, f"{where}.{kind.value}", kind.factor) if kind.value else 1
    return t, until, v, origin


def _instant(value: object, where: str) -> int:
    if type(value) is not int:
        raise Unreadable(where, "not a time in milliseconds")
    if not readable(value):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return value


def _is_unset(value: object) -> bool:
    return isinstance(value, float) and value != 0 and abs(value) < _UNSET


def _workouts(batch: Batch, origins: Sequence[Head], errors: _Errors) -> Iterator[Workout]:
    for index, row in enumerate(_rows(batch)):
        where = f"{EXERCISE_KIND}[{index}]"
        try:
            yield _workout(row, batch.numbering, origins, where, errors)
        except Unreadable as error:
            errors.append(error.with_traceback(None))


def _workout(
    row: dict[str, Any], numbering: str, origins: Sequence[Head], where: str, errors: _Errors
) -> Workout:
    # Of a piece anything may be missing: it may come from anybody.
    origin_index = row["origin"]
    if type(origin_index) is not int or not 0 <= origin_index < len(origins):
        raise Unreadable(where, "its app and device are not there")
    origin = origins[origin_index]
    start = _instant(row["t"], f"{where}.start_time")
    end = _instant(row["until"], f"{where}.end_time")
    if end == start:
        raise Unreadable(where, "a session of no length", RejectKind.RANGE)
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "not after the start by at most seven days"
        raise Unreadable(f"{where}.end_time", why, RejectKind.RANGE)
    word = kept_without(errors, "", _word, row["type"], numbering, f"{where}.exercise_type")
    graded = row["exertion"], f"{where}.rate_of_perceived_exertion"
    return Workout(
        head=head(
            origin.source,
            _record(row, origin.source, start, where, errors),
            max(0, _number(row["changed"])),
            (start, end),
            origin.offset_min,
        ),
        type=type_of_word(TYPES_OF_WORDS, word, f"{where}.exercise_type", errors),
        vendor_type=word,
        pauses=_pauses(row["pauses"], (start, end)),
        exertion_cr10=kept_without(errors, None, _exertion, *graded),
        summary=_distance(row["laps"]),
    )


def _record(row: dict[str, Any], source: Source, start: int, where: str, errors: _Errors) -> str:
    """Return the id of a session: Health Connect's, else the app's own, else its start."""
    uuid = kept_without(errors, "", optional_text, row["uuid"], f"{where}.uuid")
    client = kept_without(errors, "", optional_text, row["client"], f"{where}.client_record_id")
    return uuid or f"{source.app}:{client or start}"


def _word(value: object, numbering: str, where: str) -> str:
    """Return Health Connect's word for a type, and the number itself where there is none."""
    if value is None:
        return ""
    if type(value) is not int or abs(value) > 2**31:
        raise Unreadable(where, "not a number of a type")
    return exercise_word(value, numbering) or f"exercise_type_{value}"


def _exertion(value: object, where: str) -> float | None:
    if value is None or _is_unset(value):
        return None
    return number_within(value, 0, _LARGEST_EXERTION, where)


def _pauses(parts: object, span: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the pauses of a session, in order and apart; parts that are no times are left out."""
    stops: list[tuple[int, int | None]] = []
    reached = span[0]
    # Apps write segments in any order, and some of them twice.
    for start, end, _ in sorted(_spans(parts)):
        if end > max(start, reached):
            stops.append((max(start, reached), end))
            reached = end
    return pauses_within(stops, span, None)


def _spans(parts: object) -> list[tuple[int, int, Any]]:
    spans = []
    for part in parts if isinstance(parts, list) else ():
        is_part = isinstance(part, list) and len(part) == 3  # noqa: PLR2004 - start, end, value
        if is_part and type(part[0]) is int and type(part[1]) is int:
            spans.append((part[0], part[1], part[2] if isinstance(part[2], (int, float)) else None))
    return spans


def _distance(laps: object) -> dict[str, float]:
    """Return the distance of all laps together as a total, where every lap states its length."""
    lengths = []
    for _, _, length in _spans(laps):
        if length is None or not _SHORTEST_M <= length <= METRIC["distance"].ceiling:
            return {}
        lengths.append(length)
    return {"distance": float(sum(lengths))} if lengths else {}
