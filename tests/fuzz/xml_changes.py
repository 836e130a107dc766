"""Changes to an XML payload: numbers, times, elements, levels, entities.

Pure given the random source.
"""

import re
from collections.abc import Callable
from random import Random

_ELEMENT = re.compile(rb"<([A-Za-z0-9:]+)[^<>/]*>[^<]*</\1>")
_TEXT = re.compile(rb"(?<=>)[^<>]+(?=<)")
# attributes, in which Apple Health has every value
_ATTRIBUTE = re.compile(rb"""(?<==")[^<>"]*(?=")""")
_WRITTEN_ATTRIBUTE = re.compile(rb""" [A-Za-z]+="[^<>"]*\"""")
_EMPTY = re.compile(rb"<[A-Za-z]+ [^<>]*/>")
_NUMBER = re.compile(rb"(?<=>)-?[0-9.]+(?=<)")
_TIME = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)?")
TEXTS = (
    b"", b" ", b"0", b"-1", b"-0.0", b"1e400", b"1e308", b"5e-324", b"NaN", b"INF", b"1_000",
    b"1.2.3", b"99999999999999999999", b"x" * 300, b"&amp;", b"&#0;", b"&#xD800;", b"&lol;", b"]]>",
    b"<![CDATA[7]]>", b"<!-- 7 -->", "\u2028\u202e".encode(), b"\xff\xfe", b"\x00",
)  # fmt: skip
_TIMES = (
    b"2099-12-31T23:59:59Z", b"2100-01-01T00:00:00Z", b"1999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2026-02-30T00:00:00Z",
    b"2026-09-21T24:00:00Z", b"2026-09-21T14:13:20", b"2026-09-21T14:13:20.123456789Z",
    b"2026-09-21T14:13:20+14:01", b"2026-09-21",
)  # fmt: skip
PROLOGUES = (
    b'<!DOCTYPE x [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
    b'<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    b'<?xml version="1.0" encoding="UTF-7"?>',
    b'<?xml version="1.1"?>',
    b"\xef\xbb\xbf",
    b"\n\n ",
)


def change_xml(body: bytes, chance: Random) -> bytes:
    """Return the payload with one to six changes."""
    for _ in range(chance.randint(1, 6)):
        body = chance.choice(_CHANGES)(body, chance)
    return body


def _match_replaced(
    pattern: re.Pattern[bytes], new: Callable[[bytes], bytes]
) -> Callable[..., bytes]:
    """Return a change that replaces a match by something new."""

    def changed(body: bytes, chance: Random) -> bytes:
        matches = list(pattern.finditer(body))
        if not matches:
            return body
        match = chance.choice(matches)
        return body[: match.start()] + new(match[0]) + body[match.end() :]

    return changed


def _text(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_TEXT, lambda _old: chance.choice(TEXTS))(body, chance)


def _attribute(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_ATTRIBUTE, lambda old: chance.choice([*TEXTS, *_TIMES, b"-" + old]))(
        body, chance
    )


def _attribute_twice(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_WRITTEN_ATTRIBUTE, lambda old: chance.choice([b"", old * 2]))(
        body, chance
    )


def _record(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_EMPTY, lambda old: chance.choice([b"", old * 2, old * 50]))(
        body, chance
    )


def _number(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_NUMBER, lambda old: chance.choice([b"-" + old, old + b"000", old * 9]))(
        body, chance
    )


def _time(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_TIME, lambda _old: chance.choice(_TIMES))(body, chance)


def _drop(body: bytes, chance: Random) -> bytes:
    return _match_replaced(_ELEMENT, lambda _old: b"")(body, chance)


def _repeat(body: bytes, chance: Random) -> bytes:
    times = chance.choice([2, 10, 300])
    return (
        _match_replaced(_ELEMENT, lambda old: old * times)(body, chance)
        if len(body) < 100_000
        else body
    )


def _nest(body: bytes, chance: Random) -> bytes:
    levels = chance.choice([1, 2, 40, 70])
    name = chance.choice([b"Activity", b"Lap", b"Trackpoint", b"TPX", b"trk", b"trkpt", b"x"])
    around = (b"<%s>" % name) * levels, (b"</%s>" % name) * levels
    return _match_replaced(_ELEMENT, lambda old: around[0] + old + around[1])(body, chance)


def _prologue(body: bytes, chance: Random) -> bytes:
    return chance.choice(PROLOGUES) + body


def _cut(body: bytes, chance: Random) -> bytes:
    return body[: chance.randint(0, len(body))]


def _flip(body: bytes, chance: Random) -> bytes:
    changed = bytearray(body or b"<a/>")
    changed[chance.randrange(len(changed))] = chance.choice(b"<>&/\"' =:\x00\xff]-!?")
    return bytes(changed)


_IN_ATTRIBUTES = (_attribute, _attribute, _attribute, _attribute_twice, _record)
_CHANGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(
        _text,
        _text,
        _number,
        _number,
        _time,
        _time,
        *_IN_ATTRIBUTES,
        _drop,
        _repeat,
        _nest,
        _prologue,
        _cut,
        _flip,
    ),
)
