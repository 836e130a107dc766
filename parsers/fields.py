"""Typed fields of parsed JSON: a value of the named type, or the error `Unreadable`. Pure.

Beside them stand what readers make of such errors: rejects, grouped by kind, and heads of facts.
`where` is always the path of the field. An error never contains a value, because errors are stored
and shown where a patient's data must not be.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from model.errors import BodyError
from model.facts import Head, OffsetOrigin, Reject, RejectKind, Source
from model.metrics import METRIC
from model.storable import LONGEST_WORD, is_offset
from parsers.bounds import MOST_OBJECTS, MOST_VALUES, readable
from parsers.stated_once import TWICE, TWICE_STATED, loads_once

JsonObject: TypeAlias = dict[str, Any]
_T = TypeVar("_T")

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:]{8}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # halves of a pair have no UTF-8 form
# The number in a path, which differs between records with the same fault: `samples[7].value`,
# `@1234`, and `#12Record` in a file of pieces.
_NUMBERED = re.compile(r"\[[0-9]+\]|(?<=^@)[0-9]+$|#[0-9]+")
# ISO 8601 also has offsets without a colon, and some writers add seconds, which are always 00.
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-5][0-9])(?::?00)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS, _MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)


class Unreadable(ValueError):  # noqa: N818 - reads as what is wrong with the field
    """A field is not what it should be.

    `where` is its path, `why` is the reason and never contains the value, `kind` is its class.
    """

    def __init__(self, where: str, why: str, kind: RejectKind = RejectKind.FIELD) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why
        self.kind = kind


def body_error(error: Unreadable) -> BodyError:
    """Return the error of a body that cannot be read because of one field."""
    return BodyError(error.where, error.why, error.kind)


def not_json(error: json.JSONDecodeError) -> BodyError:
    """Return the error of a body that is no JSON, at its offset.

    >>> not_json(json.JSONDecodeError("str is not valid UTF-8: surrogates not allowed", "", 0)).why
    'not JSON: it is not text in UTF-8'
    """
    # the library's text names a rule of its own, and not what is wrong with the body
    why = "it is not text in UTF-8" if "UTF-8" in error.msg else error.msg
    return BodyError(f"@{error.pos}", f"not JSON: {why}")


def check_width(body: bytes) -> None:
    """Raise BodyError when parsing a body as JSON would make more values than a body may hold.

    Brackets and commas are counted without parsing. A small body of many empty objects would
    otherwise take much memory.
    """
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS or body.count(b",") > MOST_VALUES:
        raise BodyError("body", "more values than a body may hold", RejectKind.TOO_MUCH)


def json_in_body(body: bytes) -> object:
    """Return what a body holds as JSON; BodyError with the offset for what is none or too wide."""
    check_width(body)
    try:
        return loads_once(body)
    except json.JSONDecodeError as error:
        raise not_json(error) from error
    except ValueError as error:
        raise BodyError("@0", "not JSON that can be read") from error


def document(body: bytes) -> JsonObject:
    """Return the JSON object that a body holds; BodyError with the offset for anything else.

    NaN, numbers beyond float64, lone surrogates and more than 1,024 levels are not JSON here. A key
    with two different values has `TWICE`, which no field of any type is.
    """
    try:
        result = loads_once(body)
    except json.JSONDecodeError as error:
        raise not_json(error) from error
    if not isinstance(result, dict):
        raise BodyError("@0", "not a JSON object")
    return result


def _why(value: object, why: str) -> str:
    """Return why a value is not of the type of its field."""
    return TWICE_STATED if value is TWICE else why


def object_of(value: object, where: str) -> JsonObject:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise Unreadable(where, _why(value, "not an object"))
    return value


def list_of(value: object, where: str) -> list[Any]:
    """Return a JSON list."""
    if not isinstance(value, list):
        raise Unreadable(where, _why(value, "not a list"))
    return value


def text(value: object, where: str, longest: int = LONGEST_WORD) -> str:
    """Return a text of 1 to `longest` characters without control characters."""
    if not isinstance(value, str) or not value:
        raise Unreadable(where, _why(value, "not a text"))
    if len(value) > longest:
        raise Unreadable(where, f"longer than {longest} characters", RejectKind.TOO_MUCH)
    if _CONTROL.search(value):
        raise Unreadable(where, "holds a control character")
    return value


def optional_text(value: object, where: str, longest: int = LONGEST_WORD) -> str:
    """Return a text as `text` does; "" for null and for an empty text."""
    return "" if value is None or value == "" else text(value, where, longest)


def number_of(value: object, where: str) -> float:
    """Return a finite number as float64; true, false and texts are not numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unreadable(where, _why(value, "not a number"))
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0, so that equal values have equal bytes
    except OverflowError as error:  # JSON bounds the digits of a whole number nowhere
        raise Unreadable(where, "not a number that is read", RejectKind.RANGE) from error


def number_within(value: object, low: float, high: float, where: str) -> float:
    """Return a number from `low` to `high`, both included."""
    number = number_of(value, where)
    if not low <= number <= high:
        raise Unreadable(where, f"outside of {low:g} to {high:g}", RejectKind.RANGE)
    return number


def measure_of(
    value: object, metric: str, where: str, factor: float = 1.0, offset: float = 0.0
) -> float:
    """Return `value * factor + offset` in the canonical unit of `metric`.

    Raises Unreadable outside of the floor and ceiling that the registry of metrics gives.
    """
    row = METRIC[metric]
    canonical = number_of(value, where) * factor + offset
    if not row.floor <= canonical <= row.ceiling:
        why = f"outside of {row.floor:g} to {row.ceiling:g} {row.unit}"
        raise Unreadable(where, why, RejectKind.RANGE)
    return canonical


def instant_of(value: object, where: str) -> tuple[int, int | None]:
    """Return an RFC 3339 instant as epoch ms (floor), and its UTC offset in minutes as written.

    The offset is None for `Z`: a time in UTC does not say where the clock was.
    """
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise Unreadable(where, _why(value, "not an RFC 3339 time with an offset"))
    try:
        # RFC 3339 allows a small t and z, Python only a capital Z.
        result = datetime.fromisoformat(value.upper())
        ms, offset = (result - _EPOCH) // _MS, result.utcoffset()
    except (ValueError, OverflowError) as error:
        raise Unreadable(where, "not a time that exists") from error
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    if value[-1] in "Zz" or offset is None:
        return ms, None
    return ms, real_offset(offset // _MINUTE, where)


def zone_offset(value: object, where: str) -> int | None:
    """Return "+01:00" as minutes east of UTC; None for null, and for "Z" as in `instant_of`."""
    if value is None or value in ("Z", "z"):
        return None
    match = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unreadable(where, _why(value, "not a UTC offset"))
    minutes = int(match[2]) * 60 + int(match[3])
    return real_offset(-minutes if match[1] == "-" else minutes, where)


def real_offset(minutes: int, where: str) -> int:
    """Return the offset in minutes; Unreadable when no clock on earth has it."""
    if not is_offset(minutes):
        raise Unreadable(where, "not within 14 hours of UTC", RejectKind.RANGE)
    return minutes


def first_value(record: JsonObject, *names: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the first of these members that is not null, None where none is.

    A null states nothing, so that it never hides the value of another name.
    """
    return next(filter(_is_value, map(record.get, names)), None)


def _is_value(value: object) -> bool:
    return value is not None


def kept_without(
    errors: list[Unreadable], default: _T, read: Callable[..., _T], *arguments: object
) -> _T:
    """Return what `read` makes of an optional field, else `default`, with the reason in `errors`.

    Only what names a record and places it in time may refuse it. Any other field that cannot be
    read is a reject of its own, and the rest of the record stays.
    """
    try:
        return read(*arguments)
    except Unreadable as error:
        # a traceback would keep the frames of its record, and there may be a million errors
        errors.append(error.with_traceback(None))
        return default


def rejects(errors: Iterable[Unreadable]) -> tuple[Reject, ...]:
    """Return the rejects of unreadable fields, as `grouped` does."""
    return grouped(Reject(where=error.where, why=error.why, kind=error.kind) for error in errors)


def grouped(many: Iterable[Reject]) -> tuple[Reject, ...]:
    """Return one reject for each cause, with the path of its first occurrence and its count.

    They are in the order of these first occurrences. A body of many records with the same fault
    makes a single dead letter in this way instead of thousands.
    """
    first: dict[tuple[str, str], Reject] = {}
    count: Counter[tuple[str, str]] = Counter()
    for item in many:
        cause = (_NUMBERED.sub("", item.where), item.why)
        first.setdefault(cause, item)
        count[cause] += item.count
    return tuple(
        entry if count[cause] == entry.count else _counted(entry, count[cause])
        for cause, entry in first.items()
    )


def _counted(reject: Reject, count: int) -> Reject:
    return replace(reject, count=count)


def free_record(record: str, taken: set[str]) -> str:
    """Return a record, with a number where another part of the file has it; adds it to `taken`."""
    part, name = 1, record
    while name in taken:
        part, name = part + 1, f"{record}.{part + 1}"
    taken.add(name)
    return name


def head(
    source: Source, record: str, revision: int, span: tuple[int, int], offset: int | None
) -> Head:
    """Return the head of a fact.

    `span` is [start, end) in epoch ms. `offset` is in minutes, None when the source states none.
    """
    return Head(
        source=source,
        record=record,
        revision=revision,
        start_ms=span[0],
        end_ms=span[1],
        offset_min=offset,
        offset_origin=OffsetOrigin.UNKNOWN if offset is None else OffsetOrigin.SOURCE,
    )
