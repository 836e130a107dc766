"""What records of one kind have in common, and their samples as columns. Pure.

A lane is one quantity, unit, source and time zone. The texts of its values and times are gathered
as they are written, and turned into numbers all at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.columns.build import EncodedTexts
from model.errors import BodyError
from model.facts import DeviceType, Instants, Method, RejectKind, Source, Values
from model.metrics import LONGEST_INTERVAL_MS, METRIC
from model.words.units import unit_conversion
from parsers.apple.clocks import time_of, times_of
from parsers.apple.devices import source_of
from parsers.apple.elements import Element
from parsers.apple.names import FOLLOWED, UNFOLLOWED_PREFIXES, UNFOLLOWED_TYPES, Quantity
from parsers.fields import Unreadable

MOST_LANES = 2_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_ODD = re.compile(rb"[^0-9.eE+-]")
ENTERED, ZONE_KEY = "HKWasUserEntered", "HKTimeZone"
_YES = "1"
_USUAL_TIME = 25  # characters of a time as it is usually written
_WORN = (DeviceType.WATCH, DeviceType.STRAP)
_PERCENT = 100.0  # a saturation is written as a share of 1


WrittenRecord: TypeAlias = tuple[str, str, str]  # start, end, value


class Points(NamedTuple):
    """Samples in the order of the file: [t, until) in epoch ms, values, offsets in minutes."""

    t: Instants
    until: Instants
    v: Values
    offset_min: NDArray[np.int64]

    def chosen(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Points":
        """Return the samples that an index or a mask chooses."""
        return Points(self.t[which], self.until[which], self.v[which], self.offset_min[which])


@dataclass(slots=True, kw_only=True)
class Lane:
    """Records that differ in times and value only, with their texts as written.

    `zone` is an IANA zone that the records state, "" where they state none. With `refusal` the
    records cannot be read.
    """

    type: str
    quantity: Quantity
    source: Source
    zone: str = ""
    factor: float = 1.0
    shift: float = 0.0
    refusal: Unreadable | None = None
    rows: list[WrittenRecord] = field(default_factory=list)
    ready: list[Points] = field(default_factory=list)

    def add(self, start: str, end: str, value: str) -> None:
        """Add a record as it is written."""
        self.rows.append((start, end, value))

    def add_plain(self, starts: EncodedTexts, ends: EncodedTexts, values: list[bytes]) -> None:
        """Add records whose times have the usual length, as rows of their codes."""
        points = None if self.refusal else self._at_once(starts, ends, values)
        if points is not None:
            self.ready.append(points)
            return
        for start, end, value in zip(starts, ends, values, strict=True):
            self.add(_text(start.tobytes()), _text(end.tobytes()), _text(value))

    def points(self, errors: list[Unreadable]) -> Points:
        """Return the samples that can be read; each of the others is an error."""
        if self.refusal is not None:
            errors += [self.refusal] * len(self.rows)
            return _points([])
        every = [*self.ready, self._rows_at_once() or self._singly(errors)]
        return Points(*map(np.concatenate, zip(*every, strict=True)))

    def _rows_at_once(self) -> Points | None:
        """Return the samples of the rows, None when one is in any way unusual."""
        starts, ends, values = zip(*self.rows, strict=True) if self.rows else ((), (), ())
        if set(map(len, (*starts, *ends))) != {_USUAL_TIME}:
            return None
        try:
            written = "".join(starts).encode("ascii"), "".join(ends).encode("ascii")
        except UnicodeEncodeError:
            return None
        codes = np.frombuffer(b"".join(written), np.uint8).reshape(2, -1, _USUAL_TIME)
        return self._at_once(codes[0], codes[1], list(map(str.encode, values)))

    def _at_once(
        self, starts: EncodedTexts, ends: EncodedTexts, values: list[bytes]
    ) -> Points | None:
        """Return all samples, None when a record is in any way unusual."""
        begun, v = times_of(starts), self._numbers(values)
        if begun is None or v is None:
            return None
        until = times_of(ends) if self.quantity.holds else begun
        if until is None or not bool(self._fits(begun[0], until[0], v).all()):
            return None
        return self._telling(Points(begun[0], until[0], v, begun[1]))

    def _fits(self, t: Instants, until: Instants, v: Values) -> NDArray[np.bool_]:
        row = METRIC[self.quantity.metric]
        held = until - t
        fits = (v >= row.floor) & (v <= row.ceiling) & (held >= 0) & (held <= LONGEST_INTERVAL_MS)
        array: NDArray[np.bool_] = fits
        return array

    def _telling(self, points: Points) -> Points:
        """Return what says anything: of a category only some words do, and others are no error."""
        return points.chosen(points.v > 0) if self.quantity.words else points

    def _numbers(self, values: list[bytes]) -> Values | None:
        """Return the values in the unit of the metric, None when one is written unusually."""
        if self.quantity.is_notice:
            return np.ones(len(values))
        if self.quantity.words:
            known = self.quantity.words
            return np.array([float(_text(value) in known) for value in values])
        if _ODD.search(b"".join(values)):
            return None
        try:
            v = np.array(list(map(float, values)), np.float64)
        except ValueError:
            return None
        return self._converted(v)

    def _converted(self, v: Values) -> Values:
        # What overflows becomes infinite, and lies outside of the range of its metric.
        with np.errstate(over="ignore"):
            # Apple writes 0.97 for 97 %, some apps write 97.
            if self.quantity.share:
                v = np.where(v <= 1, v * _PERCENT, v)
            # Rounded, because 5.2 kJ are no binary fraction; adding 0.0 turns -0.0 into 0.0.
            return np.round((v + 0.0) * self.factor + self.shift, 6) + 0.0

    def _singly(self, errors: list[Unreadable]) -> Points:
        rows = []
        for written in self.rows:
            try:
                rows.append(self._row(*written))
            except Unreadable as error:
                errors.append(error.with_traceback(None))
        return self._telling(_points(rows))

    def _row(self, start: str, end: str, value: str) -> tuple[int, int, float, int]:
        at, offset = time_of(start, self.where("startDate"))
        until = time_of(end, self.where("endDate"))[0] if self.quantity.holds else at
        v = self._value(value)
        row = METRIC[self.quantity.metric]
        if not row.floor <= v <= row.ceiling:
            why = f"outside of {row.floor:g} to {row.ceiling:g} {row.unit}"
            raise Unreadable(self.where("value"), why, RejectKind.RANGE)
        if not 0 <= until - at <= LONGEST_INTERVAL_MS:
            why = "before its start, or more than 25 hours after it"
            raise Unreadable(self.where("endDate"), why, RejectKind.RANGE)
        return at, until, v, offset

    def _value(self, value: str) -> float:
        if self.quantity.is_notice:
            return 1.0
        if self.quantity.words:
            return float(value in self.quantity.words)
        number = number_of_text(value, self.where("value"))
        return float(self._converted(np.array([number]))[0])

    def where(self, attribute: str) -> str:
        """Return the path of an attribute of its records."""
        return f"Record.{self.type}.{attribute}"


def _points(rows: list[tuple[int, int, float, int]]) -> Points:
    t, until, v, offset = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Points(
        np.array(t, np.int64),
        np.array(until, np.int64),
        np.array(v, np.float64),
        np.array(offset, np.int64),
    )


def number_of_text(text: str, where: str) -> float:
    """Return a written number, with a point or a comma before its fraction."""
    if not _NUMBER.fullmatch(text.strip()):
        raise Unreadable(where, "not a number")
    number = float(text.replace(",", "."))
    if not isfinite(number):
        raise Unreadable(where, "not a number")
    return number


def _text(written: bytes) -> str:
    return written.decode("utf-8", "replace")


LaneKey: TypeAlias = tuple[str, str, Source, str]


@dataclass(slots=True)
class Lanes:
    """The lanes of an export, and the types of records that are not known."""

    by_key: dict[LaneKey, Lane] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def lane(self, record: Element) -> Lane | None:
        """Return the lane of a record; None for a type that is not followed."""
        attributes = record.attributes
        named = attributes.get("type", "")
        quantity = FOLLOWED.get(named)
        if quantity is None:
            self._not_followed(named)
            return None
        stated = metadata_of(record)
        by_hand = quantity.by_hand or stated.get(ENTERED) == _YES
        source = source_of(attributes.get("sourceName", ""), attributes.get("device", ""), by_hand)
        # A diary app or a phone on the bedside table knows of sleep and shows no wear.
        if quantity.words and not shows_wear(source):
            return None
        # what somebody typed in is no notice of the vendor's
        if quantity.is_notice and by_hand:
            return None
        key = named, attributes.get("unit", ""), source, stated.get(ZONE_KEY, "")
        if key not in self.by_key:
            if len(self.by_key) >= MOST_LANES:
                raise BodyError("Record", f"more than {MOST_LANES} sources", RejectKind.TOO_MUCH)
            self.by_key[key] = _new_lane(key, quantity)
        return self.by_key[key]

    def _not_followed(self, named: str) -> None:
        if named not in UNFOLLOWED_TYPES and not named.startswith(UNFOLLOWED_PREFIXES):
            self.unknown.add(named)


def _new_lane(key: LaneKey, quantity: Quantity) -> Lane:
    named, unit, source, zone = key
    lane = Lane(type=named, quantity=quantity, source=source, zone=zone)
    row = METRIC[quantity.metric]
    conversion = unit_conversion(unit, row.unit)
    if quantity.is_category:
        return lane
    if conversion is None:
        why = f"not a unit of {row.name}"
        lane.refusal = Unreadable(lane.where("unit"), why, RejectKind.UNKNOWN)
    else:
        lane.factor, lane.shift = conversion.factor, conversion.offset
    return lane


def metadata_of(element: Element) -> Mapping[str, str]:
    """Return the metadata of a record or workout by key."""
    stated = {}
    for entry in element.named("MetadataEntry"):
        stated[entry.attributes.get("key", "")] = entry.attributes.get("value", "")
    return stated


def shows_wear(source: Source) -> bool:
    """Return whether a source is a device that somebody wears, and nobody entered the record."""
    return source.device_type in _WORN and source.method is not Method.MANUAL
