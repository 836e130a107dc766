"""A long JSON array of objects that differ in two members only, read as two columns. Pure; gives up, never guesses.

Senders write thousands of samples with one and the same device, unit and zone around each time and value. What stands
around those is taken from the first object, and the rest is cut along it. What is given is what parsing gives, because
the array is then the first object again and again, with another text and another number in the same two places;
where that does not hold from the first byte to the last, nothing is given.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..model.codec import loads

_FIRST = 4096  # bytes within which the first object ends
_COMMA = re.compile(rb"\s*,\s*(?=\{)")
_TEXT = re.compile(rb"[ !#-\[\]-~]*")  # printable ASCII without quotation mark and backslash
_MEMBER = rb'"%s"\s*:\s*'
_DECODER = json.JSONDecoder(strict=False)


class Alike(NamedTuple):
    """The document with the first object of the array alone; the texts and numbers of all objects, in their order."""

    document: Any
    texts: list[bytes]
    numbers: list[int | float]


class _Joints(NamedTuple):
    """What stands around the text and the number in an object: before the first of them, between, and behind both.

    All texts are as long as the first one, `size` bytes.
    """

    before: bytes
    between: bytes
    after: bytes
    size: int
    text_first: bool

    def columns(self, objects: bytes, comma: bytes) -> tuple[list[bytes], list[bytes]] | None:
        """Return texts and numbers, both as written; None unless the objects are these joints and nothing else."""
        inner = objects[len(self.before) : -len(self.after)].split(self.after + comma + self.before)
        edge = self.size + len(self.between)
        cuts = (slice(self.size), slice(self.size, edge), slice(edge, None))
        if not self.text_first:
            cuts = (slice(-self.size, None), slice(-edge, -self.size), slice(-edge))
        texts, between, numbers = ([part[cut] for part in inner] for cut in cuts)
        return (texts, numbers) if b"".join(between) == self.between * len(inner) else None


def read_alike(body: bytes, path: Sequence[str], text: str, number: str) -> Alike | None:
    """Read a JSON body whose array at `path` holds objects that differ in a text and a number; None for any other.

    Texts are of one length, printable ASCII without any escape; numbers as JSON has them.
    """
    opening = re.search(_MEMBER % path[-1].encode() + rb"\[\s*(?=\{)", body)
    start = opening.end() if opening else 0
    first_end = _end_of_object(body, start) if start else None
    comma = _COMMA.match(body, first_end) if first_end else None
    joints = _joints(body[start:first_end], text, number) if comma else None
    end = _end_of_array(body, joints) if joints else None
    if first_end is None or comma is None or joints is None or end is None:
        return None
    texts, written = joints.columns(body[start:end], comma[0]) or ([], [])
    numbers = _numbers(written)
    document = _document(body, (start, first_end, end), path)
    return Alike(document, texts, numbers) if numbers and document and _TEXT.fullmatch(b"".join(texts)) else None


def _end_of_object(body: bytes, start: int) -> int | None:
    # Latin-1 makes a character of each byte; nothing beyond ASCII has a meaning in JSON's structure
    try:
        return start + _DECODER.raw_decode(body[start : start + _FIRST].decode("latin-1"))[1]
    except (ValueError, RecursionError):
        return None


def _joints(first: bytes, text: str, number: str) -> _Joints | None:
    """Return what the first object gives to cut along; None where its two members cannot be told apart for sure."""
    if b"\\" in first or any(first.count(f'"{name}"'.encode()) != 1 for name in (text, number)):
        return None
    said = re.search(_MEMBER % text.encode() + rb'"([^"]+)"', first)
    figure = re.search(_MEMBER % number.encode() + rb"(-?[0-9][0-9.eE+-]*)", first)
    if not said or not figure or not {text, number} <= _members(first):
        return None
    one, two = sorted((said.span(1), figure.span(1)))
    around = first[: one[0]], first[one[1] : two[0]], first[two[1] :]
    return _Joints(*around, size=len(said[1]), text_first=said.start() < figure.start())


def _members(first: bytes) -> set[str]:
    try:
        return set(loads(first))
    except ValueError:
        return set()


def _end_of_array(body: bytes, joints: _Joints) -> int | None:
    """Return where the last object ends."""
    behind = body.find(joints.after, body.rfind(joints.between) + len(joints.between))
    return behind + len(joints.after) if behind >= 0 else None


def _numbers(written: Sequence[bytes]) -> list[int | float] | None:
    """Return numbers as JSON reads them; None when one of the texts is anything else."""
    try:
        found: list[Any] = loads(b"[" + b",".join(written) + b"]")
    except ValueError:
        return None
    return found if len(found) == len(written) and set(map(type, found)) <= {int, float} else None


def _document(body: bytes, at: tuple[int, int, int], path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the document with the first object alone; None unless the array is what lies at the path."""
    start, first_end, end = at
    try:
        document = loads(body[:first_end] + body[end:])
        empty, one = _at(loads(body[:start] + body[end:]), path), _at(document, path)
    except (ValueError, KeyError, TypeError):
        return None
    return document if empty == [] and isinstance(one, list) and len(one) == 1 else None


def _at(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON has no narrower type
    for name in path:
        document = document[name]
    return document
