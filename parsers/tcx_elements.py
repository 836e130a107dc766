"""Walks the elements of a TCX file and collects its activities: laps, and readings of trackpoints.

Pure. Elements are recognised by their local names, because writers choose their own prefixes and
versions. A document type is refused, so no entity is ever declared or expanded. Only the numbers of
a trackpoint are kept, and text is released as it is read, so memory stays bounded. Positions are
never read.
"""

import re
from array import array
from dataclasses import dataclass, field
from math import isfinite
from xml.parsers import expat

from model.errors import BodyError
from model.facts import RejectKind
from parsers.bounds import MOST_FILE_SESSIONS
from parsers.fields import Unreadable, instant_of

LONGEST_WORD_READ = 256  # characters of one element's text; numbers and times are far shorter
MOST_LEVELS = 64
MOST_LAPS = 10_000  # of one activity
ROOT_ELEMENT = "TrainingCenterDatabase"
_CHUNK = 64 * 1024
_BLANKS = re.compile(rb"[ \t\r\n]*")  # some writers begin with them
_ZONED = re.compile(r".*(?:[Zz]|[+-][0-9]{2}:[0-9]{2})", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")

# The end of an element's path -> the metric of a reading, and the factor of its number.
# RunCadence counts strides of one leg; Kadens counts steps.
READINGS: dict[tuple[str, str], tuple[str, float]] = {
    ("HeartRateBpm", "Value"): ("heart_rate", 1),
    ("Trackpoint", "DistanceMeters"): ("distance", 1),
    ("Trackpoint", "AltitudeMeters"): ("altitude", 1),
    ("Trackpoint", "Cadence"): ("cadence", 1),
    ("TPX", "RunCadence"): ("cadence", 2),
    ("TPX", "Speed"): ("speed", 1),
    ("TPX", "Watts"): ("power", 1),
}
# Elements of what nobody did, with the words for it.
PLANS = {"Course": "a course", "Workout": "a planned workout"}
LAP_FIGURES = frozenset(
    (
        ("Lap", "TotalTimeSeconds"),
        ("Lap", "DistanceMeters"),
        ("Lap", "Calories"),
        ("AverageHeartRateBpm", "Value"),
        ("MaximumHeartRateBpm", "Value"),
    )
)


@dataclass(slots=True, kw_only=True)
class Lap:
    """One lap: its start (epoch ms, None if absent), and its figures by the names of elements."""

    start_ms: int | None = None
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class TcxActivity:
    """One activity.

    `times` has the times of the trackpoints in the order of the file, epoch ms. `readings` has for
    each metric a column of positions in `times` and a column of values.
    """

    sport: str
    offset: int  # in the file
    name: str = ""
    device: str = ""
    unit: str = ""
    offset_min: int | None = None
    laps: list[Lap] = field(default_factory=list)
    times: "array[int]" = field(default_factory=lambda: array("q"))
    readings: dict[str, tuple["array[int]", "array[float]"]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class TcxFile:
    """What a file holds: its activities, the program that wrote it, and what could not be read.

    `damage` is the byte at which the file breaks off or stops being XML, None when it is complete.
    `plans` names what it holds that nobody did, in the order of the file.
    """

    activities: list[TcxActivity] = field(default_factory=list)
    author: str = ""
    errors: list[Unreadable] = field(default_factory=list)
    damage: int | None = None
    plans: list[str] = field(default_factory=list)


def read_elements(payload: bytes) -> TcxFile:
    """Return what a TCX file holds; BodyError for any other document, and for too much of it."""
    walk = _Walk()
    start = _BLANKS.match(payload).end()  # type: ignore[union-attr]  # it always matches
    view = memoryview(payload)
    try:
        for at in range(start, len(payload), _CHUNK):
            walk.feed(view[at : at + _CHUNK])
        walk.feed(b"", last=True)
    except expat.ExpatError:
        walk.file.damage = start + max(0, walk.parser.ErrorByteIndex)
    if not walk.is_tcx:
        raise BodyError("@0", "no TCX file", RejectKind.UNKNOWN)
    return walk.file


class _Walk:
    """The state of a walk.

    It has the path to the current element, and the activity, lap and trackpoint around it.
    """

    def __init__(self) -> None:
        self.file = TcxFile()
        self.is_tcx = False
        self.path: list[str] = []
        self.activity: TcxActivity | None = None
        self.in_point = False
        self.at_ms: int | None = None
        self.values: dict[str, float] = {}
        self.written: list[str] = []
        self.size = 0
        # The parser ignores namespaces, because some writers forget to declare theirs.
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes | memoryview, *, last: bool = False) -> None:
        try:
            self.parser.Parse(bytes(chunk), last)
        except BodyError:
            raise
        except (ValueError, LookupError) as error:  # an encoding that the parser does not know
            raise BodyError("@0", "an encoding that is not read", RejectKind.UNKNOWN) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if not self.path:
            self.is_tcx = local == ROOT_ELEMENT
        if not self.is_tcx:
            raise BodyError("@0", "no TCX file", RejectKind.UNKNOWN)
        if len(self.path) >= MOST_LEVELS:
            raise BodyError(self._where(), "nested too deeply", RejectKind.TOO_MUCH)
        self.path.append(local)
        self.written, self.size = [], 0
        if local == "Activity":
            self._start_activity(attributes)
        elif local == "Lap" and self.activity is not None:
            self._start_lap(self.activity, attributes)
        elif local == "Trackpoint":
            self.in_point, self.at_ms, self.values = True, None, {}
        elif local in PLANS:
            self._start_plan(local)

    def _start_activity(self, attributes: dict[str, str]) -> None:
        if len(self.file.activities) >= MOST_FILE_SESSIONS:
            why = f"more than {MOST_FILE_SESSIONS} activities"
            raise BodyError(self._where(), why, RejectKind.TOO_MUCH)
        sport = attributes.get("Sport", "")[:LONGEST_WORD_READ]
        self.activity = TcxActivity(sport=sport, offset=self.parser.CurrentByteIndex)
        self.file.activities.append(self.activity)

    def _start_plan(self, local: str) -> None:
        if self.path[-2:] == [f"{local}s", local] and local not in self.file.plans:
            self.file.plans.append(local)

    def _start_lap(self, activity: TcxActivity, attributes: dict[str, str]) -> None:
        if len(activity.laps) >= MOST_LAPS:
            raise BodyError(self._where(), f"more than {MOST_LAPS} laps", RejectKind.TOO_MUCH)
        lap = Lap()
        activity.laps.append(lap)
        if "StartTime" in attributes:
            lap.start_ms = self._time(attributes["StartTime"], "Lap.StartTime", activity)

    def _text(self, data: str) -> None:
        self.size += len(data)
        if self.size <= LONGEST_WORD_READ:
            self.written.append(data)

    def _end(self, _name: str) -> None:
        local = self.path.pop()
        parent = self.path[-1] if self.path else ""
        # A text that is too long is no number, no time and no name.
        written = "".join(self.written).strip() if self.size <= LONGEST_WORD_READ else ""
        self.written, self.size = [], 0
        if local == "Activity":
            self.activity = None
        elif local == "Trackpoint":
            self._end_point()
        elif self.activity is not None:
            self._element(self.activity, parent, local, written)
        elif (parent, local) == ("Author", "Name"):
            self.file.author = written

    def _element(self, activity: TcxActivity, parent: str, local: str, written: str) -> None:
        location = (parent, local)
        if self.in_point:
            if location == ("Trackpoint", "Time"):
                self.at_ms = self._time(written, "Trackpoint.Time", activity)
            elif location in READINGS:
                metric, factor = READINGS[location]
                self._figure(location, written, self.values, metric, factor)
        elif location in LAP_FIGURES and activity.laps:
            name = parent if local == "Value" else local
            self._figure(location, written, activity.laps[-1].figures, name)
        elif location == ("Activity", "Id"):
            activity.name = written
        elif location == ("Creator", "Name"):
            activity.device = written
        elif location == ("Creator", "UnitId"):
            activity.unit = written

    def _end_point(self) -> None:
        """Keep the readings of a trackpoint; without a time they are dropped."""
        self.in_point = False
        activity, at = self.activity, self.at_ms
        if activity is None or at is None:
            return
        for metric, value in self.values.items():
            positions, v = activity.readings.setdefault(metric, (array("q"), array("d")))
            positions.append(len(activity.times))
            v.append(value)
        activity.times.append(at)

    def _figure(
        self,
        location: tuple[str, str],
        written: str,
        into: dict[str, float],
        name: str,
        factor: float = 1,
    ) -> None:
        number = _number(written)
        if number is None:
            self._refuse(Unreadable(".".join(location), "not a number"))
        else:
            into[name] = number * factor

    def _time(self, written: str, where: str, activity: TcxActivity) -> int | None:
        """Return an instant in epoch ms. The format uses UTC, so a time without a zone is UTC."""
        zoned = written if _ZONED.fullmatch(written) else f"{written}Z"
        try:
            ms, offset = instant_of(zoned, where)
        except Unreadable as error:
            self._refuse(error)
            return None
        if activity.offset_min is None and offset:
            activity.offset_min = offset
        return ms

    def _refuse(self, error: Unreadable) -> None:
        self.file.errors.append(error)

    def _where(self) -> str:
        return f"@{self.parser.CurrentByteIndex}"


def _number(written: str) -> float | None:
    """Return a number as XML writes it; None for anything else, such as Python's "nan" or "1_0"."""
    if not _NUMBER.fullmatch(written):
        return None
    try:
        number = float(written)
    except ValueError:  # "1.2.3"
        return None
    return number if isfinite(number) else None  # "1e999" is infinite


def _refuse_document_type(*_parts: object) -> None:
    raise BodyError("@0", "XML with a document type", RejectKind.UNKNOWN)
