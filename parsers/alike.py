"""Reads a long JSON array of objects that differ in two members only as two columns. Pure.

Senders write thousands of samples that repeat the same device, unit and zone around each time and
value. The text around these two members is taken from the first object, and the rest of the array
is cut along it.

The result equals that of parsing: the array is the first object again and again, with another text
and another number in the same two positions. Where this does not hold from the first byte to the
last, the result is None. Nothing is guessed.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.codec import loads
from model.columns.build import EncodedTexts
from parsers.stated_once import states_once

_FIRST = 4096  # bytes within which the first object ends
_COMMA = re.compile(rb"\s*,\s*(?=\{)")
LONGEST_NUMBER = 40  # characters
_MOST_CUT = 8  # objects within the first one; more of them would be compared again and again
_MEMBER = rb'"%s"\s*:\s*'
_DECODER = json.JSONDecoder(strict=False)


class Alike(NamedTuple):
    """A document whose array keeps its first object alone, and the two columns of all objects.

    `texts` and `numbers` are in the order of the objects.
    """

    document: Any
    texts: EncodedTexts
    numbers: list[int | float]


class _Joints(NamedTuple):
    """The bytes around the text and the number of an object: before, between and after them.

    All texts are as long as the first, `size` bytes. `text_first`: the text precedes the number.
    """

    before: bytes
    between: bytes
    after: bytes
    size: int
    text_first: bool

    def columns(self, objects: bytes, comma: bytes) -> tuple[EncodedTexts, bytes] | None:
        """Return the texts as rows and the numbers as written, separated by commas.

        None unless the objects consist of these joints and nothing else.
        """
        joint = self.after + comma + self.before
        # The zeros let a cut of the longest number start at the last byte.
        codes = np.frombuffer(objects + bytes(LONGEST_NUMBER), np.uint8)
        next_ones = _matches(codes, joint, len(self.after) + len(comma))
        starts = np.append(len(self.before), next_ones + len(joint))
        ends = np.append(next_ones, len(objects) - len(self.after))
        # The text and the bytes between have known sizes, so the rest of each object is its number.
        # That the bytes between really are in this position is checked below.
        digits = ends - starts - self.size - len(self.between)
        if digits.min() < 1 or digits.max() > LONGEST_NUMBER:
            return None
        texts = _rows(codes, starts if self.text_first else ends - self.size, self.size)
        middles = starts + (self.size if self.text_first else digits)
        between = _cut(codes, middles, len(self.between)).tobytes()
        if between != self.between * len(starts) or not _plain(texts):
            return None
        return texts, _joined(codes, ends - digits if self.text_first else starts, digits)


def _matches(codes: EncodedTexts, joint: bytes, brace: int) -> NDArray[np.int64]:
    """Return every offset at which `joint` begins; its byte at `brace` opens an object."""
    opening = np.flatnonzero(codes == ord("{")) - brace
    opening = opening[(opening >= 0) & (opening + len(joint) <= len(codes))]
    if len(opening) * len(joint) > _MOST_CUT * len(codes):
        return np.empty(0, np.int64)  # joints do not overlap: most of these braces open none
    array: NDArray[np.int64] = opening[_cut(codes, opening, len(joint)) == joint]
    return array


def _cut(codes: EncodedTexts, starts: NDArray[np.int64], size: int) -> NDArray[np.bytes_]:
    """Return the `size` bytes from each start on, as (n,) byte strings.

    numpy drops NUL bytes at the end of such strings, so compare only with bytes that end in none.
    """
    every = np.ndarray(max(0, len(codes) - size + 1), f"S{size}", codes, strides=1)
    array: NDArray[np.bytes_] = every[starts]
    return array


def _rows(codes: EncodedTexts, starts: NDArray[np.int64], size: int) -> EncodedTexts:
    """Return the `size` bytes from each start on, as rows (n, size) of uint8."""
    return _cut(codes, starts, size).view(np.uint8).reshape(-1, size)


def _plain(texts: EncodedTexts) -> bool:
    """Return whether texts are printable ASCII without quotation mark and backslash."""
    # Unsigned subtraction wraps below 32, so a single comparison covers the codes 32 to 126.
    return bool(
        (
            (texts - np.uint8(32) < 95)  # noqa: PLR2004
            & (texts != ord('"'))
            & (texts != ord("\\"))
        ).all()
    )


def _joined(codes: EncodedTexts, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> bytes:
    """Return the `lengths` bytes from each start on, separated by commas.

    Blanks pad the shorter texts, because JSON allows blanks before a comma.
    """
    width = int(lengths.max())
    rows = np.full((len(starts), width + 1), ord(","), np.uint8)
    rows[:, :width] = np.where(
        np.arange(width) < lengths[:, None], _rows(codes, starts, width), ord(" ")
    )
    return rows.tobytes()[:-1]


def read_alike(body: bytes, path: Sequence[str], text: str, number: str) -> Alike | None:
    """Read a JSON body whose array at `path` holds objects that differ in two members only.

    `text` and `number` name these members. Texts have the same length and are printable ASCII
    without any escape. Numbers are written as JSON allows. None for any other body.
    """
    opening = re.search(_MEMBER % path[-1].encode() + rb"\[\s*(?=\{)", body)
    start = opening.end() if opening else 0
    first_end = _end_of_object(body, start) if start else None
    comma = _COMMA.match(body, first_end) if first_end else None
    joints = _joints(body[start:first_end], text, number) if comma else None
    end = _end_of_array(body, joints) if joints else None
    if first_end is None or comma is None or joints is None or end is None or end < first_end:
        return None
    columns = joints.columns(body[start:end], comma[0])
    numbers = _numbers(columns[1], len(columns[0])) if columns else None
    document = _document(body, (start, first_end, end), path) if numbers else None
    return Alike(document, columns[0], numbers) if columns and numbers and document else None


def _end_of_object(body: bytes, start: int) -> int | None:
    # Latin-1 makes a character of each byte, so offsets in the text are offsets in the body.
    # Nothing beyond ASCII has a meaning in JSON's structure.
    try:
        return start + _DECODER.raw_decode(body[start : start + _FIRST].decode("latin-1"))[1]
    except (ValueError, RecursionError):
        return None


def _joints(first: bytes, text: str, number: str) -> _Joints | None:
    """Return the joints of the first object; None where its two members are not unambiguous."""
    # An escape, or a second mention of a name, could make the search below match in the wrong
    # member.
    if b"\\" in first or any(first.count(f'"{name}"'.encode()) != 1 for name in (text, number)):
        return None
    result = re.search(_MEMBER % text.encode() + rb'"([^"]+)"', first)
    figure = re.search(_MEMBER % number.encode() + rb"(-?[0-9][0-9.eE+-]*)", first)
    if not result or not figure or not {text, number} <= _members(first):
        return None
    item, two = sorted((result.span(1), figure.span(1)))
    around = first[: item[0]], first[item[1] : two[0]], first[two[1] :]
    return _Joints(*around, size=len(result[1]), text_first=result.start() < figure.start())


def _members(first: bytes) -> set[str]:
    try:
        return set(loads(first))
    except ValueError:
        return set()


def _end_of_array(body: bytes, joints: _Joints) -> int | None:
    """Return the offset behind the last object of the array; None when no object can be seen."""
    behind = body.find(joints.after, body.rfind(joints.between) + len(joints.between))
    return behind + len(joints.after) if behind >= 0 else None


def _numbers(written: bytes, count: int) -> list[int | float] | None:
    """Return `count` numbers as JSON reads them; None when any of the texts is something else."""
    try:
        items: list[Any] = loads(b"[" + written + b"]")
    except ValueError:
        return None
    return items if len(items) == count and set(map(type, items)) <= {int, float} else None


def _document(body: bytes, at: tuple[int, int, int], path: Sequence[str]) -> Any:  # noqa: ANN401
    """Return the document with the first object alone; None unless `at` cuts the array at path."""
    start, first_end, end = at
    small = body[:first_end] + body[end:]
    # Without its objects, the array at the path must be empty. Otherwise the bytes that were cut
    # belong to another array with the same name.
    try:
        document = loads(small)
        empty, item = _at(loads(body[:start] + body[end:]), path), _at(document, path)
    except (ValueError, KeyError, TypeError):
        return None
    # what is stated twice is told by who reads all of it
    is_only = empty == [] and isinstance(item, list) and len(item) == 1
    return document if is_only and states_once(small, document) else None


def _at(document: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON has no narrower type
    for name in path:
        document = document[name]
    return document
