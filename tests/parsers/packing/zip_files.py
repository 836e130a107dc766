"""Zips of every kind that people send, and TCX files to put into them."""

import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from io import SEEK_END, BytesIO
from typing import BinaryIO

from model.errors import BodyError

_RUN = """<?xml version="1.0"?><TrainingCenterDatabase
 xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>
<Activity Sport="Running"><Id>2026-09-{day:02}T07:00:00Z</Id>
<Lap StartTime="2026-09-{day:02}T07:00:00Z">
<TotalTimeSeconds>1800</TotalTimeSeconds></Lap></Activity>
</Activities></TrainingCenterDatabase>"""


def tcx_run(day: int) -> bytes:
    """Return a run of half an hour in September 2026."""
    return _RUN.format(day=day).encode()


def zipped(
    *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, long: bool = False
) -> bytes:
    """Return a zip of named contents; `long` makes each header one of ZIP64."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that comes twice
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=long) as member:
                member.write(content)
    return out.getvalue()


class Pipe(BytesIO):
    """An output that cannot seek: the writer puts sizes behind each member."""

    def seekable(self) -> bool:
        """Return False."""
        return False

    def seek(self, *_: int) -> int:
        """Refuse."""
        raise OSError

    def tell(self) -> int:
        """Refuse."""
        raise OSError


def streamed_zip(*members: tuple[str, bytes]) -> bytes:
    """Return a zip whose members have their sizes in data descriptors behind them."""
    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def long_zip(name: str, content: bytes) -> bytes:
    """Return a zip all of whose sizes and places stand in the parts of ZIP64, by our own hand."""
    packed = zlib.compress(content)[2:-4]
    full, crc = 0xFFFFFFFF, zlib.crc32(content)
    raw = name.encode()
    sizes = struct.pack("<HHQQ", 1, 16, len(content), len(packed))
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 45, 0, 8, 0, 0, crc, full, full, len(raw), 20)
    local += raw + sizes + packed
    places = struct.pack("<HHQQQ", 1, 24, len(content), len(packed), 0)
    entry = struct.pack(
        "<4s6H3L5H2L",
        b"PK\1\2",
        45,
        45,
        0,
        8,
        0,
        0,
        crc,
        full,
        full,
        len(raw),
        28,
        0,
        0,
        0,
        0,
        full,
    )
    entry += raw + places
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), len(local))
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(entry), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
    return local + entry + end + locator + last


def flagged_zip(
    packed: bytes, *, flag: int = 0, method: int | None = None, first: bool = True
) -> bytes:
    """Return a zip one of whose directory entries has another flag or method."""
    changed = bytearray(packed)
    at = changed.index(b"PK\1\2") if first else changed.rindex(b"PK\1\2")
    changed[at + 8] |= flag
    if method is not None:
        changed[at + 10] = method
    return bytes(changed)


def miscounted_zip(packed: bytes, count: int) -> bytes:
    """Return a zip whose directory counts other than it lists."""
    at = packed.rindex(b"PK\5\6")
    return packed[: at + 8] + struct.pack("<2H", count, count) + packed[at + 12 :]


def misplaced_zip(packed: bytes, offsets: tuple[int, ...]) -> bytes:
    """Return a zip whose directory states other offsets of its members."""
    changed, at = bytearray(packed), 0
    for offset in offsets:
        at = changed.index(b"PK\1\2", at)
        changed[at + 42 : at + 46] = struct.pack("<L", offset)
        at += 46
    return bytes(changed)


def cut_lines(file: BinaryIO) -> Iterator[bytes]:
    """Cut a file of lines into its lines, each a document of its own: a cutter for tests."""
    yield from iter(file.readline, b"")


def cut_first_line(file: BinaryIO) -> Iterator[bytes]:
    """Cut off the first line, and refuse the rest."""
    yield file.readline()
    raise BodyError("@1024", "not the lines that were meant")


def cut_last_line(file: BinaryIO) -> Iterator[bytes]:
    """Give the last line alone, which lies at the end."""
    file.seek(-10, SEEK_END)
    yield file.read()
