"""Walks the elements of an XML file of tracks, in pieces, and holds what both formats read. Pure.

Elements are recognised by their local names, because writers choose their own prefixes and
versions, and some forget to declare them. A document type is refused, so no entity is ever declared
or expanded. Only the numbers of a point are kept, and text is released as it is read, so memory
stays bounded. Positions are never read.
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
_MOST_ERRORS = 10_000
_MOST_ELEMENTS = 2_000_000  # in 64 MiB: one with its value and its end has 35 bytes and more
_CHUNK = 64 * 1024
_LONGEST_TAG = 4 * 1024 * 1024
_LOOKED_AT = 8_192  # bytes in which the first element begins
_BLANK = rb"[ \t\r\n]"
# How a file begins, and what the parser gets instead: some writers begin with blanks, and they lie
# on either side of the byte order mark.
_OPENINGS = (
    (re.compile(b"\xff\xfe(?:%b\0)+" % _BLANK), b"\xff\xfe"),
    (re.compile(b"\xfe\xff(?:\0%b)+" % _BLANK), b"\xfe\xff"),
    (re.compile(b"(?:\xef\xbb\xbf|%b)*" % _BLANK), b""),
)
# A program may name the encoding of its own strings and write another one.
_SAYS_UTF_16 = re.compile(rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"']utf-?16", re.IGNORECASE)
# A file that was saved anew has the encoding of that, and names the one before.
_UTF_16 = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\0", "utf-16le"),
    (b"\0<", "utf-16be"),
)
# Letters that XML does not allow, not even in a name that is never read.
_ILLEGAL = bytes(set(range(32)) - set(b"\t\r\n"))
_ZONED = re.compile(r"(.*?)(?:[Zz]|([+-][0-9]{2}):?([0-9]{2})?)", re.DOTALL)
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*", re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")


@dataclass(slots=True, kw_only=True)
class Lap:
    """One lap: its start (epoch ms, None if absent), and its figures by the names of elements."""

    start_ms: int | None = None
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class TrackActivity:
    """One activity.

    `times` has the times of the points in the order of the file, epoch ms. `readings` has for each
    metric a column of positions in `times` and a column of values; `strides` there are steps of one
    leg. `breaks` are the positions at which the writer began a new segment. `untimed` counts the
    points without a time.
    """

    sport: str = ""
    offset: int  # in the file
    name: str = ""
    device: str = ""
    unit: str = ""
    offset_min: int | None = None
    laps: list[Lap] = field(default_factory=list)
    times: "array[int]" = field(default_factory=lambda: array("q"))
    readings: dict[str, tuple["array[int]", "array[float]"]] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    untimed: int = 0


@dataclass(slots=True, kw_only=True)
class TrackFile:
    """What a file holds: its activities, the program that wrote it, and what could not be read.

    `damage` is the byte at which the file breaks off or stops being XML, None when it is complete.
    `plans` names what it holds that nobody did, in the order of the file.
    """

    activities: list[TrackActivity] = field(default_factory=list)
    author: str = ""
    errors: list[Unreadable] = field(default_factory=list)
    damage: int | None = None
    plans: list[str] = field(default_factory=list)


def has_root(payload: bytes, root: str) -> bool:
    """Return whether a file begins with the element `root`, whatever its encoding and prefix."""
    begin = payload[:_LOOKED_AT].replace(b"\0", b"")  # UTF-16 of ASCII is ASCII with NULs between
    begin = _COMMENT.sub(b"", begin)
    for match in re.finditer(b"<([^<>!?\\s/]*:)?%b(?=[\\s/>])" % root.encode(), begin):
        # No element stands before the root; an instruction or a comment may.
        return re.search(rb"<[^!?<>]*>", begin[: match.start()]) is None
    return False


class ElementWalk:
    """A walk through the elements of a file whose root is `root`.

    A subclass says what begins and ends; `path` has the local names of the elements around.
    """

    root = ""
    title = ""

    def __init__(self) -> None:
        self.file = TrackFile()
        self.path: list[str] = []
        self.activity: TrackActivity | None = None
        self.at_ms: int | None = None
        self.values: dict[str, float] = {}
        self._is_known = False
        self._written: list[str] = []
        self._size = self._fed = 0
        self._count = 0
        self._parser = expat.ParserCreate()

    def begin(self, local: str, attributes: dict[str, str]) -> None:
        """Take the start of an element, which is the last one of `path`."""

    def end(self, parent: str, local: str, written: str) -> None:
        """Take the end of an element, which is no longer in `path`, with its text."""

    def walk(self, payload: bytes) -> TrackFile:
        """Return what a file holds; BodyError for any other document, and for too much of it."""
        start, mark = _opening(payload)
        self._begin_parsing(_encoding(payload, start, mark))
        illegal = b"" if b"\0" in payload[:_LOOKED_AT] else _ILLEGAL
        view = memoryview(payload)
        try:
            self._feed(mark)
            for at in range(start, len(payload), _CHUNK):
                self._feed(bytes(view[at : at + _CHUNK]).translate(None, illegal))
            self._feed(b"", last=True)
        except expat.ExpatError:
            self.file.damage = start + max(0, self._parser.ErrorByteIndex)
        if not self._is_known:
            raise BodyError("@0", f"no {self.title} file", RejectKind.UNKNOWN)
        return self.file

    def start_activity(self, sport: str) -> TrackActivity:
        """Return a new activity of the file, which is then the current one."""
        if len(self.file.activities) >= MOST_FILE_SESSIONS:
            why = f"more than {MOST_FILE_SESSIONS} activities"
            raise BodyError(self.where(), why, RejectKind.TOO_MUCH)
        self.activity = TrackActivity(
            sport=sport[:LONGEST_WORD_READ], offset=self._parser.CurrentByteIndex
        )
        self.file.activities.append(self.activity)
        return self.activity

    def end_point(self) -> None:
        """Keep the readings of a point; without a time they are dropped."""
        activity, at = self.activity, self.at_ms
        if activity is None:
            return
        if at is None:
            activity.untimed += 1
            return
        for metric, value in self.values.items():
            positions, v = activity.readings.setdefault(metric, (array("q"), array("d")))
            positions.append(len(activity.times))
            v.append(value)
        activity.times.append(at)

    def number(self, written: str, where: str) -> float | None:
        """Return a number, or None with an error for what is none."""
        number = _number(written)
        if number is None:
            self.refuse(Unreadable(where, "not a number"))
        return number

    def time(self, written: str, where: str, activity: TrackActivity) -> int | None:
        """Return an instant in epoch ms, or None with an error for what is none."""
        try:
            ms, offset = instant_of(_zoned(written), where)
        except Unreadable as error:
            self.refuse(error)
            return None
        if activity.offset_min is None and offset:
            activity.offset_min = offset
        return ms

    def refuse(self, error: Unreadable) -> None:
        """Keep the reason why something could not be read."""
        # The first of them tell what is wrong; a file may have one for each number.
        if len(self.file.errors) < _MOST_ERRORS:
            self.file.errors.append(error.with_traceback(None))

    def where(self) -> str:
        """Return the place in the file."""
        return f"@{self._parser.CurrentByteIndex}"

    def _begin_parsing(self, encoding: str | None) -> None:
        # The parser ignores namespaces, because some writers forget to declare theirs.
        self._parser = expat.ParserCreate(encoding)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._finish
        self._parser.CharacterDataHandler = self._text

    def _feed(self, chunk: bytes, *, last: bool = False) -> None:
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except BodyError:
            raise
        except (ValueError, LookupError) as error:  # an encoding that the parser does not know
            raise BodyError("@0", "an encoding that is not read", RejectKind.UNKNOWN) from error
        # a tag that does not end: of attributes alone it would take thirty times its memory
        if self._fed - self._parser.CurrentByteIndex > _LONGEST_TAG:
            why = f"a tag of more than {_LONGEST_TAG} bytes"
            raise BodyError(self.where(), why, RejectKind.TOO_MUCH)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            why = f"more than {_MOST_ELEMENTS} elements"
            raise BodyError(self.where(), why, RejectKind.TOO_MUCH)
        if not self.path:
            self._is_known = local == self.root
        if not self._is_known:
            raise BodyError("@0", f"no {self.title} file", RejectKind.UNKNOWN)
        if len(self.path) >= MOST_LEVELS:
            raise BodyError(self.where(), "nested too deeply", RejectKind.TOO_MUCH)
        self.path.append(local)
        self._written, self._size = [], 0
        self.begin(local, attributes)

    def _text(self, data: str) -> None:
        self._size += len(data)
        if self._size <= LONGEST_WORD_READ:
            self._written.append(data)

    def _finish(self, _name: str) -> None:
        local = self.path.pop()
        # A text that is too long is no number, no time and no name.
        written = "".join(self._written).strip() if self._size <= LONGEST_WORD_READ else ""
        self._written, self._size = [], 0
        self.end(self.path[-1] if self.path else "", local, written)


def _opening(payload: bytes) -> tuple[int, bytes]:
    """Return where the first element or declaration begins, and the mark that goes before it."""
    for pattern, mark in _OPENINGS:
        match = pattern.match(payload)
        if match is not None:
            return match.end(), mark
    return 0, b""


def _encoding(payload: bytes, start: int, mark: bytes) -> str | None:
    """Return the encoding that the first bytes show, None where the file itself states it."""
    if _SAYS_UTF_16.match(payload, start):
        return "utf-8"
    begin = mark or payload[start : start + 2]
    return next((name for first, name in _UTF_16 if begin.startswith(first)), None)


def _zoned(written: str) -> str:
    """Return a time with an offset as RFC 3339 has it. Without one it is UTC, as the formats say.

    >>> _zoned("2026-10-05T09:00:00"), _zoned("2026-10-05T09:00:00+0200")
    ('2026-10-05T09:00:00Z', '2026-10-05T09:00:00+02:00')
    """
    if not _DATED.fullmatch(written):
        return written
    date, clock = written[:11], written[11:].replace(",", ".")
    match = _ZONED.fullmatch(clock)
    if match is None:
        return f"{date}{clock}Z"
    offset = "Z" if match[2] is None else f"{match[2]}:{match[3] or '00'}"
    return f"{date}{match[1]}{offset}"


def _number(written: str) -> float | None:
    """Return a number as XML writes it, or with a decimal comma; None for anything else."""
    plain = written.replace(",", ".") if written.count(",") == 1 else written
    # not what Python takes besides, such as "nan" or "1_0"
    if not _NUMBER.fullmatch(plain):
        return None
    try:
        number = float(plain)
    except ValueError:  # "1.2.3"
        return None
    return number if isfinite(number) else None  # "1e999" is infinite


def _refuse_document_type(*_parts: object) -> None:
    raise BodyError("@0", "XML with a document type", RejectKind.UNKNOWN)
