"""Takes the records and workouts out of the XML of an export, one by one. Pure.

Each is parsed by itself, so damage costs only the element that has it. Records count wherever they
stand: those within a correlation stand a second time outside of it, and are the same samples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

_MOST_LEVELS = 16
_MOST_ELEMENTS = 200_000  # in one record or workout
_TOGETHER = 256  # elements in one run of the parser
_NEXT = re.compile(rb"<!--|<!\[CDATA\[|<(Record|Workout)(?=[\s/>])")
_WITHIN = re.compile(rb"<!--|<!\[CDATA\[|<(Record|Workout)(?=[\s/>])|</(?:Record|Workout)>")
_NO_MARKUP = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_TAG = re.compile(rb"""<[A-Za-z]+(?:\s+[^\s<>"'=/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s<>"'=/]+)\s*=\s*("[^"<]*"|'[^'<]*')""")
# What stands for a character by its number, and a sign that stands for nothing.
_REFERENCE = re.compile(rb"&(?:#x([0-9A-Fa-f]{1,8});|#([0-9]{1,8});|(?![A-Za-z_:#]))")
_LEGAL = ((0x9, 0xA), (0xD, 0xD), (0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
_OPEN, _CLOSE = b"<export>", b"</export>"
# A second start is the end that a writer gave the wrong name.
_SECOND = {b"startDate": b"endDate"}


@dataclass(slots=True)
class Element:
    """An element with its attributes and the elements in it."""

    name: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)

    def named(self, name: str) -> Iterator["Element"]:
        """Yield the elements directly in it that have a name."""
        for child in self.children:
            if child.name == name:
                yield child


@dataclass(frozen=True, slots=True)
class Damage:
    """What could not be read of an element of a name, or was repaired in it."""

    name: str
    why: str
    is_repair: bool = False


@dataclass(slots=True)
class RecordWalk:
    """Walks the records and workouts of a body, as their bytes."""

    body: bytes
    endless: set[bytes] = field(default_factory=set)

    def next(self, start: int) -> tuple[bytes | Damage | None, int]:
        """Return the next one behind an offset, and where to go on; None where there is no more."""
        begin = self._mark(_NEXT, start)
        if begin is None:
            return None, len(self.body)
        name = begin[1].decode()
        tag = _TAG.match(self.body, begin.start())
        if tag is None:
            return Damage(name, "no XML"), begin.end()
        if tag[1]:
            return self.body[begin.start() : tag.end()], tag.end()
        end = self._mark(_WITHIN, tag.end())
        if end is None or end[0] != b"</%s>" % begin[1]:
            # One that never ends must not take the next one with it.
            return Damage(name, "no end"), len(self.body) if end is None else end.start()
        return self.body[begin.start() : end.end()], end.end()

    def _mark(self, marks: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        """Return the next mark that stands in no comment."""
        mark = marks.search(self.body, start)
        while mark is not None and mark[0] in _NO_MARKUP:
            mark = marks.search(self.body, self._behind(mark))
        return mark

    def _behind(self, mark: re.Match[bytes]) -> int:
        """Return the end of a comment; one that never ends is none, and not searched for again."""
        closing = _NO_MARKUP[mark[0]]
        end = -1 if closing in self.endless else self.body.find(closing, mark.end())
        if end < 0:
            self.endless.add(closing)
            return mark.end()
        return end + len(closing)


def parsed(units: list[bytes]) -> Iterator[Element | Damage]:
    """Yield each unit as an element; what was repaired or cannot be read is told beside it."""
    for first in range(0, len(units), _TOGETHER):
        some = units[first : first + _TOGETHER]
        elements = _tree(b"".join(some))
        if elements is not None and len(elements) == len(some):
            yield from elements
        else:
            for unit in some:
                yield from _singly(unit)


def element_of(unit: bytes) -> Element | None:
    """Return a unit as an element, None when it is damaged.

    What is no UTF-8 in it is replaced by a sign, and a reference to a character that XML does not
    have is left out: a name must not cost a record.
    """
    elements = _tree(unit) or _tree(_REFERENCE.sub(_referred, _as_utf_8(unit)))
    return elements[0] if elements is not None and len(elements) == 1 else None


def _as_utf_8(unit: bytes) -> bytes:
    return unit.decode("utf-8", "replace").encode()


def _referred(reference: re.Match[bytes]) -> bytes:
    """Return a reference that XML has, in place of one that it may not have."""
    hexadecimal, decimal = reference.groups()
    if hexadecimal is None and decimal is None:
        return b"&amp;"
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    is_legal = any(first <= number <= last for first, last in _LEGAL)
    return reference[0] if is_legal else b""


def _singly(unit: bytes) -> Iterator[Element | Damage]:
    name = "Workout" if unit.startswith(b"<Workout") else "Record"
    element = element_of(unit)
    if element is None:
        mended, changed = _repaired(unit)
        element = element_of(mended) if changed else None
        if element is not None:
            why = "an attribute twice in one tag, which was repaired"
            yield Damage(f"{name}.{changed}", why, is_repair=True)
    yield element if element is not None else Damage(name, "no XML")


def _repaired(unit: bytes) -> tuple[bytes, str]:
    """Return a unit without attributes that stand twice in a tag, and the name of the first."""
    changed: list[bytes] = []

    def mended(tag: re.Match[bytes]) -> bytes:
        attributes = _ATTRIBUTE.findall(tag[0])
        kept = dict(reversed(attributes))
        if len(kept) == len(attributes):
            return tag[0]
        for number, (name, value) in enumerate(attributes):
            # The first is kept, as readers do that do not look.
            if name in dict(attributes[:number]):
                changed.append(name)
                kept.setdefault(_SECOND.get(name, name), value)
        written = b"".join(b" %s=%s" % pair for pair in kept.items())
        return tag[0][: tag[0].find(attributes[0][0])].rstrip() + written + tag[1] + b">"

    entire = _TAG.sub(mended, unit)
    return entire, changed[0].decode("utf-8", "replace") if changed else ""


class _Grower:
    """Grows the elements of one run of the parser."""

    def __init__(self) -> None:
        self.root = Element("", {})
        self.path = [self.root]
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.path) > _MOST_LEVELS or self.count > _MOST_ELEMENTS:
            raise ValueError
        element = Element(name, attributes)
        self.path[-1].children.append(element)
        self.path.append(element)

    def end(self, _name: str) -> None:
        self.path.pop()


def _tree(units: bytes) -> list[Element] | None:
    """Return the elements of some XML; None when it is not well-formed, or nested without end."""
    grower = _Grower()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = grower.start, grower.end
    try:
        parser.Parse(_OPEN + units + _CLOSE, True)  # noqa: FBT003 - as the library has it
    except (expat.ExpatError, ValueError):
        return None
    return grower.root.children[0].children
