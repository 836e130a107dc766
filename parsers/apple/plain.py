"""Takes plain records out of an export in bulk. Pure.

Nine in ten records have the same attributes in the same order, and metadata or nothing in them. The
text is cut at one of these attributes, so that each part begins with the times and the value of a
record. What follows them, up to the times of the next record, is the same for many records: it is
taken apart once and then looked up. Whatever is in any way different is left for the parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.columns.build import EncodedTexts
from parsers.apple.elements import element_of
from parsers.apple.lanes import Lane, Lanes

_MARK = b' creationDate="'
# What follows the mark: the time of creation, then these, with a time behind each of the first two.
_JOINTS = ((25, b'" startDate="'), (63, b'" endDate="'), (99, b'" value="'))
_HEAD = 108  # bytes up to the value
_START, _END = slice(38, 63), slice(74, 99)
_MARKUP = b'"&<>'
_RECORD = b"<Record "
_CLOSING = re.compile(
    rb"\"(?:/>|>(?:\s*<MetadataEntry key=\"[^<>\"]*\" value=\"[^<>\"]*\"/>)*\s*</Record>)"
)
_NO_TIMES = b' creationDate="" startDate="" endDate="" value=""'
_FEW = 10  # one in so many
_MOST_KNOWN = 10_000
_LONGEST_KNOWN = 4_096  # bytes
_UNLIKE = b'"'  # instead of the value of a record that is followed by another text
_OTHER, _UNFOLLOWED = -2, -1  # instead of the number of a lane


class _Tail(NamedTuple):
    """What stands between the values of two records.

    `closing` is the end of the first, `opening` the attributes of the second before its times; None
    where they are not plain. `is_clear`: there is nothing else. `after` is how much follows the end
    of the first.
    """

    closing: bytes | None
    opening: bytes | None
    is_clear: bool
    after: int


_NO_TAIL = _Tail(None, None, is_clear=False, after=0)


@dataclass(slots=True)
class PlainRecords:
    """Puts plain records into lanes. What is known of the texts around them is kept."""

    lanes: Lanes
    tails: dict[bytes, _Tail] = field(default_factory=dict)
    shapes: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    numbered: list[Lane] = field(default_factory=list)

    def take(self, body: bytes) -> Iterator[bytes]:
        """Put the plain records of a body into lanes, and yield all that stands between them."""
        # Within a comment nothing is a record, and only the walk of elements knows where one is.
        if b"<!" in body or _MARK not in body:
            yield body
            return
        parts = body.split(_MARK)
        heads = np.frombuffer(b"".join(map(_head, parts[1:])), np.uint8).reshape(-1, _HEAD)
        plain = _are_plain(heads)
        # Where few records are plain, the parser does it all.
        if np.count_nonzero(plain) * _FEW < len(plain):
            yield body
        else:
            yield from self._taken(body, parts, heads, plain.tolist())

    def _taken(
        self, body: bytes, parts: list[bytes], heads: EncodedTexts, plain: list[bool]
    ) -> Iterator[bytes]:
        """Yield as `take`. Everything before `left` is in lanes, or was yielded."""
        ends = (np.cumsum(list(map(len, parts))) + np.arange(len(parts)) * len(_MARK)).tolist()
        numbers, values = [], []
        opening, left, is_clear = self._tail(parts[0]).opening, 0, False
        text, tail, number = b"\0", _NO_TAIL, _OTHER
        # The opening for which `number` holds, as long as the same text follows.
        known: bytes | None = None
        for at, is_plain in enumerate(plain, 1):
            part = parts[at]
            value = part[_HEAD : -len(text)] if part.endswith(text) else _UNLIKE
            if not value.isdigit() and (b'"' in value or b"&" in value or b"<" in value):
                value, text = _value_and_text(part)
                tail = self.tails.get(text) or self._tail(text)
                known = None
            if not is_plain:
                number, known = _OTHER, None
            elif known is None or opening is not known:
                number, known = self._number(opening, tail.closing, value), opening
            numbers.append(number)
            values.append(value)
            if number == _OTHER:
                is_clear = False
            else:
                if not is_clear:
                    yield body[left : ends[at - 1] - len(opening or b"") - len(_RECORD)]
                left, is_clear = ends[at] - tail.after, tail.is_clear
            opening = tail.opening
        yield body[left:]
        self._put(np.array(numbers), values, heads)

    def _tail(self, text: bytes) -> _Tail:
        closing, begin = _CLOSING.match(text), text.rfind(_RECORD)
        opening = text[begin + len(_RECORD) :] if begin >= 0 else b"<"
        is_plain = b"<" not in opening and b">" not in opening
        closed = closing.end() if closing else 0
        tail = _Tail(
            closing=closing[0][1:] if closing else None,
            opening=opening if is_plain else None,
            is_clear=closing is not None and is_plain and not text[closed:begin].strip(),
            after=len(text) - closed,
        )
        if len(self.tails) >= _MOST_KNOWN:
            self.tails.clear()
        if len(text) <= _LONGEST_KNOWN:
            self.tails[text] = tail
        return tail

    def _number(self, opening: bytes | None, closing: bytes | None, value: bytes) -> int:
        """Return the number of the lane of a record, or why it has none."""
        if opening is None or closing is None or b"&" in value or b"<" in value:
            return _OTHER
        try:
            return self.shapes[opening, closing]
        except KeyError:
            return self._shape(opening, closing)

    def _shape(self, opening: bytes, closing: bytes) -> int:
        record = element_of(_RECORD + opening + _NO_TIMES + closing)
        if len(self.shapes) >= _MOST_KNOWN:
            self.shapes.clear()
        number = _OTHER
        if record is not None:
            lane = self.lanes.lane(record)
            number = _UNFOLLOWED if lane is None else len(self.numbered)
            self.numbered += [lane] if lane is not None else []
        self.shapes[opening, closing] = number
        return number

    def _put(self, numbers: NDArray[np.int64], values: list[bytes], heads: EncodedTexts) -> None:
        for number in np.unique(numbers[numbers >= 0]).tolist():
            rows = np.flatnonzero(numbers == number)
            own = itemgetter(*rows.tolist(), rows[0])(values)[:-1]  # of one alone it is no tuple
            self.numbered[number].add_plain(heads[rows, _START], heads[rows, _END], list(own))


def _value_and_text(part: bytes) -> tuple[bytes, bytes]:
    """Return the value, and what follows it with the quotation mark behind it."""
    end = part.find(b'"', _HEAD)
    return (part[_HEAD:end], part[end:]) if end >= 0 else (b"", b"")


def _head(part: bytes) -> bytes:
    return part[:_HEAD].ljust(_HEAD)


def _are_plain(heads: EncodedTexts) -> NDArray[np.bool_]:
    """Return for each row whether it has the times of a record, and nothing else, before a value.

    Whether the times exist is seen later.
    """
    plain = np.ones(len(heads), np.bool_)
    for at, joint in _JOINTS:
        plain &= (heads[:, at : at + len(joint)] == np.frombuffer(joint, np.uint8)).all(axis=1)
    texts = np.concatenate((heads[:, :25], heads[:, _START], heads[:, _END]), axis=1)
    for code in _MARKUP:
        plain &= ~(texts == code).any(axis=1)
    return plain
