"""The members of a zip, from its directory, or one after the other where that is lost. Pure.

Nothing of a member is in memory but one step. Names are told to nobody and never used as paths.
"""

import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from parsers.packing.bounds import UNPACK_STEP
from parsers.packing.streams import DamagedError, deflated, inflated, stored

NO_DIRECTORY = "a zip whose directory cannot be read"
ENCRYPTED = "a member of a zip that is encrypted: unpack it with its password first"
UNUSUAL = "a member of a zip that is packed in an unusual way: unpack it first"
WITHIN = "a member of a zip that lies in another one"
BEHIND = "a zip in front of another one, which alone was read: take them apart first"
NO_SIZE = "a zip without its directory, and a member without its size: what follows is lost"

_LOCAL, _ENTRY = b"PK\3\4", b"PK\1\2"
_LOCAL_PARTS = struct.Struct("<4s5H3L2H")
_ENTRY_PARTS = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LONGEST_COMMENT, _LONGEST_DESCRIPTOR = 65_535, 24
_END_MARK, _LOCATOR_MARK = b"PK\5\6", b"PK\6\7"
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_IS_ENCRYPTED, _HAS_DESCRIPTOR, _IS_UTF8 = 1, 8, 0x800
_STORED, _DEFLATED = 0, 8
_METHODS = {_STORED: stored, _DEFLATED: deflated}
_ZIP64 = 1  # the number of the extra part with long sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember:
    """A member as its header states it: nothing of it is believed but where it begins.

    `at` is where its local header begins, or its content where it `is_located` already. `packed` is
    its size in the zip, None where only its content tells. `why` is the reason for which it cannot
    be unpacked, "" where it can.
    """

    name: str
    method: int
    at: int
    packed: int | None
    crc: int
    why: str = ""
    is_located: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    """The stretches of a zip that members fill, as their edges in order.

    A few bytes that thousands of members claim would be unpacked thousands of times.
    """

    edges: list[int] = field(default_factory=list)

    def take(self, begin: int, end: int) -> bool:
        """Take a stretch; return False for one of which some is taken already."""
        at = bisect_right(self.edges, begin)
        # within a stretch the number of edges before is odd
        is_free = at % 2 == 0 and bisect_left(self.edges, end) == at
        if is_free:
            self.edges[at:at] = (begin, end)
        return is_free


def members_of(file: BinaryIO, size: int) -> Iterator[ZipMember]:
    """Yield the members in the order of the directory; DamagedError where that cannot be read.

    `file` is of `size` bytes and can seek. Folders are left out.
    """
    count, at, shift = _directory(file, size)
    taken = _Taken()
    for number in range(count):
        head = _read(file, at, _ENTRY_PARTS.size)
        parts = _unpacked(_ENTRY_PARTS, head, _ENTRY)
        _, _, _, flags, method, _, _, crc, packed, full, n, extra, note, *_, offset = parts
        words = _read(file, at + len(head), n + extra)
        at += len(head) + n + extra + note
        packed, offset = _long_sizes(words[n:], full, packed, offset)
        begin = offset + shift
        # A directory that is wrong of its first member is wrong of them all.
        if not number and _read(file, begin, len(_LOCAL)) != _LOCAL:
            raise DamagedError
        name, why = _name(words[:n], flags), _why(flags, method)
        if not taken.take(begin, begin + _LOCAL_PARTS.size + packed):
            why = WITHIN
        if not name.endswith("/"):
            yield ZipMember(name=name, method=method, at=begin, packed=packed, crc=crc, why=why)
    # a directory that counts fewer members than it lists would lose the rest unseen
    if _near(file, at, len(_ENTRY)) == _ENTRY:
        raise DamagedError
    if _is_zip(file, shift):
        yield ZipMember(name="", method=_STORED, at=0, packed=shift, crc=0, why=BEHIND)


def _is_zip(file: BinaryIO, size: int) -> bool:
    """Return whether the first `size` bytes are a zip, with its directory at their end."""
    if size < _END.size or _near(file, 0, len(_LOCAL)) != _LOCAL:
        return False
    try:
        return bool(_directory(file, size)[0])
    except DamagedError:
        return False


def members_in_turn(file: BinaryIO, size: int, count: Callable[[int], None]) -> Iterator[ZipMember]:
    """Yield the members of a zip without a directory, one after the other, from its begin.

    The content of a member that does not state its size is unpacked to find the next one; `count`
    is told how many bytes that gave. DamagedError where no member follows.
    """
    at = 0
    while at + _LOCAL_PARTS.size <= size:
        head = _read(file, at, _LOCAL_PARTS.size)
        _, _, flags, method, _, _, crc, packed, full, n, extra = _unpacked(
            _LOCAL_PARTS, head, _LOCAL
        )
        words = _read(file, at + len(head), n + extra)
        at += len(head) + n + extra
        packed, _ = _long_sizes(words[n:], full, packed, 0)
        has_size = not flags & _HAS_DESCRIPTOR
        name, why = _name(words[:n], flags), _why(flags, method)
        if not has_size and (why or method != _DEFLATED):
            why = NO_SIZE
        member = ZipMember(
            name=name,
            method=method,
            at=at,
            packed=packed if has_size else None,
            crc=crc,
            why=why,
            is_located=True,
        )
        if not name.endswith("/"):
            yield member
        if why == NO_SIZE:
            return
        at = at + packed if has_size else _after(file, at, size, count)


def _content_begin(file: BinaryIO, member: ZipMember) -> int:
    if member.is_located:
        return member.at
    # The local header has a name and an extra part of lengths of its own.
    head = _read(file, member.at, _LOCAL_PARTS.size)
    *_, n, extra = _unpacked(_LOCAL_PARTS, head, _LOCAL)
    return member.at + len(head) + n + extra


def content_of(file: BinaryIO, member: ZipMember) -> Iterator[bytes]:
    """Yield the content of a member in steps; DamagedError where it breaks off or is not as told.

    A member that ends where it should, but whose checksum is another, is yielded entirely before.
    """
    checksum = 0
    begin = _content_begin(file, member)
    for step in _METHODS[member.method](_packed_steps(file, begin, member.packed)):
        checksum = zlib.crc32(step, checksum)
        yield step
    # a member of unknown size has its checksum behind its content
    if member.packed is not None and checksum != member.crc:
        raise DamagedError


def _packed_steps(file: BinaryIO, begin: int, packed: int | None) -> Iterator[bytes]:
    # Other members of the same file are read meanwhile, so each step seeks where it begins.
    at, end = begin, None if packed is None else begin + packed
    while end is None or at < end:
        file.seek(at)
        step = file.read(UNPACK_STEP if end is None else min(UNPACK_STEP, end - at))
        if not step:
            raise DamagedError
        at += len(step)
        yield step


def _after(file: BinaryIO, at: int, size: int, count: Callable[[int], None]) -> int:
    """Return where the header after a deflated content of unknown size begins; `size` for none."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for some in _packed_steps(file, at, None):
            at += len(some)
            for step in inflated(stream, some):
                count(len(step))
            if stream.eof:
                at -= len(stream.unused_data)
                break
    except (DamagedError, zlib.error):
        return size
    # The descriptor is 12 bytes or more, with or without a signature and long sizes.
    near = _near(file, at, _LONGEST_DESCRIPTOR + len(_LOCAL))
    gap = near.find(_LOCAL)
    return at + gap if gap >= 0 else size


def _near(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Return how many entries the directory has, where it begins, and how far all is moved.

    Raises DamagedError where there is none.
    """
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read(size - tail_at)
    mark_at = tail.rfind(_END_MARK, 0, max(0, len(tail) - _END.size + len(_END_MARK)))
    if mark_at < 0:
        raise DamagedError
    end_at = tail_at + mark_at
    _, _, _, _, count, length, begin, _ = _END.unpack_from(tail, mark_at)
    if count == _FULL_16 or _FULL_32 in {length, begin}:
        count, length, begin, end_at = _directory_64(file, end_at, (count, length, begin))
    # Bytes before the zip, as in a program that unpacks itself, move everything.
    shift = end_at - length - begin
    if shift < 0:
        raise DamagedError
    return count, begin + shift, shift


def _directory_64(
    file: BinaryIO, end_at: int, short: tuple[int, int, int]
) -> tuple[int, int, int, int]:
    """Return count, length, begin and end of the directory of a long zip."""
    at = end_at - _LOCATOR_64.size
    locator = _near(file, at, _LOCATOR_64.size) if at >= 0 else b""
    if not locator.startswith(_LOCATOR_MARK):
        return *short, end_at  # the numbers are just these
    _, _, at, _ = _unpacked(_LOCATOR_64, locator, _LOCATOR_MARK)
    record = _unpacked(_END_64, _read(file, at, _END_64.size), b"PK\6\6")
    count, length, begin = record[7:10]
    return count, length, begin, at


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    try:
        file.seek(at)
    except (OSError, ValueError, OverflowError):
        # A place that no file reaches. A disk that fails does so when it is read, and is no damage.
        raise DamagedError from None
    read = file.read(count)
    if len(read) < count:
        raise DamagedError
    return read


def _unpacked(parts: struct.Struct, head: bytes, signature: bytes) -> tuple[int, ...]:
    if len(head) < parts.size or not head.startswith(signature):
        raise DamagedError
    return parts.unpack(head)


def _long_sizes(extra: bytes, full: int, packed: int, offset: int) -> tuple[int, int]:
    """Return size and begin, from the extra part where the header has no room for them."""
    at = 0
    while at + 4 <= len(extra):
        number, length = struct.unpack_from("<HH", extra, at)
        if number == _ZIP64:
            long = iter(struct.unpack_from(f"<{min(length, 24) // 8}Q", extra + bytes(24), at + 4))
            # in this order, and only those that are full in the header
            if full == _FULL_32:
                next(long, 0)
            packed = next(long, packed) if packed == _FULL_32 else packed
            offset = next(long, offset) if offset == _FULL_32 else offset
        at += 4 + length
    return packed, offset


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & _IS_UTF8 else "cp437", errors="replace")


def _why(flags: int, method: int) -> str:
    if flags & _IS_ENCRYPTED:
        return ENCRYPTED
    return "" if method in _METHODS else UNUSUAL
