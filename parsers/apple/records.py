"""Reads the records of an export: plain ones in one step, all others as XML. Pure.

Nine in ten records have the same attributes in the same order, and metadata or nothing in them. A
pattern takes these apart; what their text around the times and the value means is looked up.
Everything else goes to the parser. Both roads give the same.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from model.errors import BodyError
from model.facts import RejectKind, Source
from parsers.apple.clocks import beat_time, time_of
from parsers.apple.elements import Damage, Element, Units, element_of, parsed
from parsers.apple.lanes import Lane, Lanes, number_of_text
from parsers.apple.names import VARIABILITY
from parsers.fields import Unreadable

MOST_UNITS = 200_000  # records and workouts in one body; of 16 MiB they have 80 bytes each
_MOST_REFUSED = 2_000  # in one body: so many damaged records are no export
_MOST_SHAPES = 10_000
# The attributes before the times, the times, the value, and what closes the record.
_PLAIN = re.compile(
    rb"\s*<Record ([^<>]*?) creationDate=\"[^<>\"&]*\" startDate=\"([^<>\"&]*)\""
    rb" endDate=\"([^<>\"&]*)\" value=\"([^<>\"&]*)\""
    rb"(/>|>(?:\s*<MetadataEntry key=\"[^<>\"]*\" value=\"[^<>\"]*\"/>)*\s*</Record>)"
)
_LIST, _BEAT = "HeartRateVariabilityMetadataList", "InstantaneousBeatsPerMinute"
_MINUTE_MS = 60_000.0
_LEAST_BPM, _MOST_BPM = 6, 1_000  # an interval of a beat is at most 10 s
_WRITTEN = ("startDate", "endDate", "value")
# What the attributes of a record are looked up by is parsed with these instead of its own.
_NO_TIMES = b' creationDate="" startDate="" endDate="" value=""'


class _Damaged:
    """The shape of records that only the parser can say something of."""


_Shape: TypeAlias = Lane | _Damaged | None


@dataclass(slots=True)
class Gathered:
    """What was gathered in the bodies of an export.

    `beats` has (epoch ms, interval in ms) by source and offset in minutes.
    """

    lanes: Lanes = field(default_factory=Lanes)
    workouts: list[Element] = field(default_factory=list)
    beats: dict[tuple[Source, int], list[tuple[int, float]]] = field(default_factory=dict)
    refusals: Counter[Damage] = field(default_factory=Counter)
    errors: list[Unreadable] = field(default_factory=list)
    units: int = 0
    shapes: dict[tuple[bytes, bytes], _Shape] = field(default_factory=dict)

    def read(self, body: bytes, *, plain: bool = True) -> None:
        """Read a body; BodyError when it holds too much.

        Without `plain` all of it goes to the parser, with the same result.
        """
        self.units += body.count(b"<Record") + body.count(b"<Workout")
        if self.units > MOST_UNITS:
            raise BodyError("body", f"more than {MOST_UNITS} records", RejectKind.TOO_MUCH)
        units, at, others = Units(body), 0, []
        while at < len(body):
            match = _PLAIN.match(body, at) if plain else None
            if match is not None and self._is_plain(match):
                at = match.end()
                continue
            unit, at = units.next(at)
            if isinstance(unit, Damage):
                self._refuse(unit)
            elif unit is not None:
                others.append(unit)
        self._parse(others)

    def _is_plain(self, match: re.Match[bytes]) -> bool:
        """Take a plain record, and return whether it was one after all."""
        opening, start, end, value, closing = match.groups()
        key = opening, closing
        try:
            shape = self.shapes[key]
        except KeyError:
            shape = self._new_shape(key)
        if isinstance(shape, Lane):
            shape.add(start, end, value)
        return not isinstance(shape, _Damaged)

    def _new_shape(self, key: tuple[bytes, bytes]) -> _Shape:
        """Return what records of these texts are: a lane, nothing that is followed, or damaged."""
        if len(self.shapes) >= _MOST_SHAPES:
            self.shapes.clear()
        record = element_of(b"<Record " + key[0] + _NO_TIMES + key[1])
        self.shapes[key] = _Damaged() if record is None else self.lanes.lane(record)
        return self.shapes[key]

    def _parse(self, units: list[bytes]) -> None:
        for element in parsed(units):
            if isinstance(element, Damage):
                self._refuse(element)
            elif element.name == "Workout":
                self.workouts.append(element)
            else:
                self._record(element)

    def _refuse(self, refusal: Damage) -> None:
        self.refusals[refusal] += 1
        if self.refusals.total() > _MOST_REFUSED:
            why = f"more than {_MOST_REFUSED} damaged records"
            raise BodyError("body", why, RejectKind.TOO_MUCH)

    def _record(self, record: Element) -> None:
        lane = self.lanes.lane(record)
        if lane is None:
            return
        start, end, value = (record.attributes.get(name, "").encode() for name in _WRITTEN)
        lane.add(start, end, value)
        if lane.type == VARIABILITY:
            self._beats(record, lane.source)

    def _beats(self, record: Element, source: Source) -> None:
        """Take the beats of a record whose clock times fall into it."""
        where = f"Record.{VARIABILITY}.{_BEAT}"
        try:
            at, offset = time_of(record.attributes.get("startDate", ""), where)
            until, _ = time_of(record.attributes.get("endDate", ""), where)
        except Unreadable:
            return  # the record itself says so
        beats = self.beats.setdefault((source, offset), [])
        for listed in record.named(_LIST):
            for beat in listed.named(_BEAT):
                try:
                    beats.append(_beat(beat, (at, until), offset, where))
                except Unreadable as error:
                    self.errors.append(error)


def _beat(beat: Element, span: tuple[int, int], offset: int, where: str) -> tuple[int, float]:
    rate = number_of_text(beat.attributes.get("bpm", ""), f"{where}.bpm")
    at = beat_time(beat.attributes.get("time", ""), span, offset)
    if at is None:
        raise Unreadable(f"{where}.time", "a clock time outside of its record", RejectKind.RANGE)
    if not _LEAST_BPM <= rate <= _MOST_BPM:
        why = f"outside of {_LEAST_BPM} to {_MOST_BPM} /min"
        raise Unreadable(f"{where}.bpm", why, RejectKind.RANGE)
    return at, round(_MINUTE_MS / rate, 3)
