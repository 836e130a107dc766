"""Reads the records of an export: plain ones in bulk, all others as XML. Pure.

Both roads give the same.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.errors import BodyError
from model.facts import RejectKind, Source
from parsers.apple.clocks import beat_time, time_of
from parsers.apple.elements import Damage, Element, RecordWalk, parsed
from parsers.apple.lanes import Lanes, number_of_text
from parsers.apple.names import VARIABILITY
from parsers.apple.plain import PlainRecords
from parsers.fields import Unreadable

MOST_UNITS = 200_000  # records and workouts in one body; of 16 MiB they have 80 bytes each
_MOST_COMMENTS = 10_000  # in a body of 2 MiB at most
_MOST_REFUSED = 2_000  # in one body: so many damaged records are no export
_LIST, _BEAT = "HeartRateVariabilityMetadataList", "InstantaneousBeatsPerMinute"
_MINUTE_MS = 60_000.0
_LEAST_BPM, _MOST_BPM = 6, 1_000  # an interval of a beat is at most 10 s


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
    plain: PlainRecords = field(init=False)

    def __post_init__(self) -> None:
        self.plain = PlainRecords(self.lanes)

    def read(self, body: bytes, *, plain: bool = True) -> None:
        """Read a body; BodyError when it holds too much.

        Without `plain` all of it goes to the parser, with the same result.
        """
        if body.count(b"<!") > _MOST_COMMENTS:
            raise BodyError("body", f"more than {_MOST_COMMENTS} comments", RejectKind.TOO_MUCH)
        # What stands between plain records is short: the sum of both is still linear.
        for stretch in self.plain.take(body) if plain else (body,):
            self._parse(list(self._units(stretch)))

    def _units(self, stretch: bytes) -> Iterator[bytes]:
        walk, at = RecordWalk(stretch), 0
        while at < len(stretch):
            unit, at = walk.next(at)
            if isinstance(unit, Damage):
                self._refuse(unit)
            elif unit is not None:
                self.units += 1
                yield unit
            if self.units > MOST_UNITS:
                raise BodyError("body", f"more than {MOST_UNITS} records", RejectKind.TOO_MUCH)

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
        attributes = record.attributes
        lane.add(
            attributes.get("startDate", ""),
            attributes.get("endDate", ""),
            attributes.get("value", ""),
        )
        if lane.type == VARIABILITY:
            self._beats(record, lane.source)

    def _beats(self, record: Element, source: Source) -> None:
        """Take the beats of a record whose clock times fall into it."""
        where = f"Record.{VARIABILITY}.{_BEAT}"
        try:
            at, offset = time_of(record.attributes.get("startDate", ""), where)
            until, _ = time_of(record.attributes.get("endDate", ""), where)
        except Unreadable:
            # The record itself tells of it.
            return
        beats = self.beats.setdefault((source, offset), [])
        for listed in record.named(_LIST):
            for beat in listed.named(_BEAT):
                try:
                    beats.append(_beat(beat, (at, until), offset, where))
                except Unreadable as error:
                    self.errors.append(error.with_traceback(None))


def _beat(beat: Element, span: tuple[int, int], offset: int, where: str) -> tuple[int, float]:
    rate = number_of_text(beat.attributes.get("bpm", ""), f"{where}.bpm")
    at = beat_time(beat.attributes.get("time", ""), span, offset)
    if at is None:
        raise Unreadable(f"{where}.time", "a clock time outside of its record", RejectKind.RANGE)
    if not _LEAST_BPM <= rate <= _MOST_BPM:
        why = f"outside of {_LEAST_BPM} to {_MOST_BPM} /min"
        raise Unreadable(f"{where}.bpm", why, RejectKind.RANGE)
    return at, round(_MINUTE_MS / rate, 3)
