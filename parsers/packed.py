"""Files in a gzip or zip to facts: each is read by the reader that its own bytes show. Pure.

Account exports are such files, and may hold one another (a zip of `.fit.gz`). The header of a
member states any size, so nothing is believed of it: members are inflated in steps, one after the
other in memory, and stop at bounds on their size, on all sizes together and on their ratio. The
base name of a member helps to tell its format. It may name a person: rejects give its number.
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

from model.errors import BodyError
from model.facts import Fact, Reject, RejectKind
from model.received import Context, Part
from parsers.fields import grouped
from parsers.formats import is_packed, read_items, sniff

_MIB = 1024 * 1024
MOST_INFLATED = 64 * _MIB  # of all members together, as one file may have
MOST_MEMBERS = 2_000  # three years with two recordings a day
MOST_DEPTH = 2  # a packed file within a packed file
_MOST_RATIO, _FREE_BYTES = 100, _MIB  # recordings shrink to a fifth, XML to a thirtieth
_STEP = 64 * 1024
_ENTRY = b"PK\1\2"  # begins each entry of a zip's directory
_GZIP = b"\x1f\x8b"
_LOCAL_SIZE, _ENCRYPTED = 30, 1
_DAMAGED = "a packed file that is damaged or cut off"
_BOMB = "far more bytes than it has packed"


@dataclass(slots=True, kw_only=True)
class _Unpacked:
    """What was read so far, and how many bytes were inflated for it."""

    facts: list[Fact] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    complete: bool = True
    inflated: int = 0
    members: int = 0

    def refuse(self, where: str, why: str, kind: RejectKind = RejectKind.DAMAGED) -> None:
        self.rejects.append(Reject(where=where, why=why, kind=kind))
        if kind is RejectKind.DAMAGED:
            self.complete = False


def read_packed(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a packed file; BodyError when it would inflate beyond all bounds.

    The account is empty: the envelope knows it. A damaged member gives what lies before the damage,
    and a reject; members of unknown formats give a reject.
    """
    if not is_packed(payload):
        raise BodyError("@0", "neither a gzip nor a zip", RejectKind.UNKNOWN)
    unpacked = _Unpacked()
    _unpack(payload, "", context, unpacked, 1)
    if not unpacked.members and not unpacked.rejects:
        raise BodyError("body", "a packed file without a file in it", RejectKind.UNKNOWN)
    yield Part(
        account="",
        facts=tuple(unpacked.facts),
        rejects=grouped(unpacked.rejects),
        complete=unpacked.complete,
    )


def _unpack(payload: bytes, where: str, context: Context, unpacked: _Unpacked, depth: int) -> None:
    if depth > MOST_DEPTH:
        unpacked.refuse(where, "packed more than twice", RejectKind.TOO_MUCH)
        return
    members = _of_gzip if payload.startswith(_GZIP) else _of_zip
    for number, (name, content) in enumerate(members(payload, where, unpacked)):
        location = f"{where}[{number}]"
        unpacked.members += 1
        if unpacked.members > MOST_MEMBERS:
            raise BodyError(location, f"more than {MOST_MEMBERS} files", RejectKind.TOO_MUCH)
        if is_packed(content):
            _unpack(content, location, context, unpacked, depth + 1)
        else:
            _read(content, location, replace(context, filename=name), unpacked)


def _read(content: bytes, location: str, context: Context, unpacked: _Unpacked) -> None:
    """Read one member as the file that it is."""
    name = sniff(content, context.filename)
    if name is None:
        unpacked.refuse(location, "not a file format that is read", RejectKind.UNKNOWN)
        return
    for item in read_items(name, content, context):
        rejects: tuple[Reject, ...] = ()
        if isinstance(item, Part):
            unpacked.facts += item.facts
            unpacked.complete &= item.complete
            rejects = item.rejects
        elif isinstance(item, Reject):
            unpacked.complete &= item.kind is not RejectKind.DAMAGED
            rejects = (item,)
        for reject in rejects:
            unpacked.rejects.append(replace(reject, where=f"{location}{reject.where}"))


def base_name(path: str) -> str:
    """Return the last word of a path that may have been written on any system."""
    return path.replace("\\", "/").rpartition("/")[2]


def _of_gzip(payload: bytes, where: str, unpacked: _Unpacked) -> Iterator[tuple[str, bytes]]:
    """Yield the only content of a gzip, whose members continue each other; it has no name."""
    stream = gzip.GzipFile(fileobj=BytesIO(payload))
    # `read1` gives what lies before the damage, where `read` would wait for a full step
    steps = iter(lambda: stream.read1(_STEP), b"")
    yield "", _inflated(steps, len(payload), where, unpacked)


def _of_zip(payload: bytes, where: str, unpacked: _Unpacked) -> Iterator[tuple[str, bytes]]:
    """Yield base name and content of each member of a zip in the order of its directory."""
    # Counted before the directory is read, because each entry costs memory.
    if payload.count(_ENTRY) > MOST_MEMBERS:
        raise BodyError(where or "body", f"more than {MOST_MEMBERS} files", RejectKind.TOO_MUCH)
    try:
        with zipfile.ZipFile(BytesIO(payload)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, struct.error):
        unpacked.refuse(where or "@0", "a zip whose directory cannot be read")
        return
    for member in members:
        # `is_dir` of the library fails for a name without a letter
        is_folder = member.filename.endswith("/")
        content = None if is_folder else _member(payload, member, where, unpacked)
        if content is not None:
            yield base_name(member.filename), content


def _member(
    payload: bytes, member: zipfile.ZipInfo, where: str, unpacked: _Unpacked
) -> bytes | None:
    """Return the content of a member, None where it cannot be unpacked at all."""
    if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
        unpacked.refuse(where or "@0", "a member of a zip that is encrypted or packed unusually")
        return None
    at = max(0, member.header_offset)  # a damaged directory may place a member before the file
    # The local header has a name and an extra part of lengths of its own.
    header = payload[at : at + _LOCAL_SIZE].ljust(_LOCAL_SIZE, b"\0")
    begin = at + _LOCAL_SIZE + sum(struct.unpack_from("<HH", header, 26))
    packed = payload[begin : begin + member.compress_size]
    steps = _METHODS[member.compress_type](packed)
    content = _inflated(steps, len(packed), where, unpacked)
    if zlib.crc32(content) != member.CRC:
        unpacked.refuse(where or "@0", _DAMAGED)
    return content


def _stored(packed: bytes) -> Iterator[bytes]:
    yield packed


def _deflated(packed: bytes) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for at in range(0, len(packed), _STEP):
        left = packed[at : at + _STEP]
        while left and not stream.eof:
            yield stream.decompress(left, _STEP)
            left = stream.unconsumed_tail
    if not stream.eof:
        raise EOFError


_METHODS = {zipfile.ZIP_STORED: _stored, zipfile.ZIP_DEFLATED: _deflated}


def _inflated(steps: Iterator[bytes], packed: int, where: str, unpacked: _Unpacked) -> bytes:
    """Return the bytes of a member of `packed` bytes, those before the damage where it is damaged.

    Raises BodyError where they are more than any recording has.
    """
    parts: list[bytes] = []
    size = 0
    try:
        for step in steps:
            parts.append(step)
            size += len(step)
            unpacked.inflated += len(step)
            if size > _FREE_BYTES and size > _MOST_RATIO * packed:
                raise BodyError(where or "body", _BOMB, RejectKind.TOO_MUCH)
            if unpacked.inflated > MOST_INFLATED:
                why = f"more than {MOST_INFLATED} bytes when unpacked"
                raise BodyError(where or "body", why, RejectKind.TOO_MUCH)
    except (zlib.error, EOFError, OSError):
        unpacked.refuse(where or "@0", _DAMAGED)
    return b"".join(parts)
