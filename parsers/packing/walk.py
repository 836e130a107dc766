"""The pieces of any file: packed or not, small or of gigabytes. In constant memory; pure.

A small file of a format that is read is one piece, as it is. A huge one is cut by its format. Of a
packed file the files in it are walked in the same way. What cannot be read is told with its number,
never with its name, because that may name a person.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from typing import BinaryIO, TypeAlias

from model.errors import BodyError
from model.facts import Reject, RejectKind
from parsers.format_rows.row import Format
from parsers.formats import LARGEST_PIECE, SNIFFED, format_named, is_packed, sniff
from parsers.packing import zips
from parsers.packing.bounds import UNPACK_STEP, Unpacking, UnpackingBounds
from parsers.packing.other_files import why_not_read
from parsers.packing.streams import DAMAGED, DamagedError, Steps, joined, of_gzip, opened

_GZIP = b"\x1f\x8b"
# A file that a member is unpacked into, because its reader must seek in it. It forgets itself.
NewFile: TypeAlias = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one reader reads at once: a document of the format `format`.

    `where` is the way to it in the file, such as "[3]" for a member and "#7" for a part of a huge
    file. `filename` is its base name, which is told to nobody.
    """

    where: str
    format: str
    filename: str
    content: bytes


Walked: TypeAlias = Iterator[Piece | Reject]


def pieces_of(
    file: BinaryIO, filename: str, bounds: UnpackingBounds, new_file: NewFile = BytesIO
) -> Walked:
    """Yield the pieces of a file that can seek, and a reject for whatever is none.

    Raises BodyError where the file is beyond all bounds. A packed file that must be sought in is
    unpacked into a `new_file`.
    """
    size = file.seek(0, SEEK_END)
    file.seek(0)
    walk = _Walk(Unpacking(bounds=bounds, size=size), new_file)
    yield from walk.file(file, filename, "", 0)


@dataclass(frozen=True, slots=True)
class _Walk:
    unpacking: Unpacking
    new_file: NewFile

    def file(self, file: BinaryIO, filename: str, where: str, depth: int) -> Walked:
        """Yield the pieces of one file; `depth` is how often it was packed."""
        head = file.read(SNIFFED)
        complete = joined(head, file)
        if is_packed(head):
            yield from self._packed(complete, filename, where, depth + 1)
            return
        name = sniff(head, filename) if head else None
        if name is None:
            why = why_not_read(head)
            yield Reject(where=where or "@0", why=why, kind=RejectKind.UNKNOWN)
            return
        try:
            yield from self._document(complete, format_named(name), filename, where)
        except BodyError as error:
            if error.kind is RejectKind.TOO_MUCH:
                raise
            yield Reject(where=f"{where}{error.where}", why=error.why, kind=error.kind)

    def _document(self, file: BinaryIO, row: Format, filename: str, where: str) -> Walked:
        # its size is known only once it is read: what a header states of it may be anything
        most = LARGEST_PIECE if row.cut else row.most_bytes
        begin = file.read(most + 1)
        if len(begin) <= most:
            yield Piece(where=where, format=row.name, filename=filename, content=begin)
        elif row.cut is None:
            why = f"more than {row.most_bytes} bytes"
            yield Reject(where=where or "body", why=why, kind=RejectKind.TOO_MUCH)
        else:
            complete = joined(begin, file)
            with self._sought(complete) if row.seeks else nullcontext(complete) as document:
                yield from _cut(row, document, filename, where)

    def _packed(self, file: BinaryIO, filename: str, where: str, depth: int) -> Walked:
        most = self.unpacking.bounds.depth
        if depth > most:
            why = f"packed more than {_TIMES.get(most, most)}"
            yield Reject(where=where or "body", why=why, kind=RejectKind.TOO_MUCH)
            return
        head = file.read(len(_GZIP))
        complete = joined(head, file)
        if head == _GZIP:
            name = filename[: -len(".gz")] if filename.lower().endswith(".gz") else filename
            yield from self._member(of_gzip(complete), name, f"{where}[0]", depth)
        else:
            with self._sought(complete) as archive:
                yield from self._zip(archive, where, depth)

    def _zip(self, file: BinaryIO, where: str, depth: int) -> Walked:
        size = file.seek(0, SEEK_END)
        read = 0
        try:
            for member in zips.members_of(file, size):
                yield from self._zipped(file, member, f"{where}[{read}]", depth)
                read += 1
        except DamagedError:
            yield Reject(where=where or "@0", why=zips.NO_DIRECTORY, kind=RejectKind.DAMAGED)
            yield from self._zip_in_turn(file, size, where, depth, read)
            return
        if not read:
            why = "a packed file without a file in it"
            yield Reject(where=where or "body", why=why, kind=RejectKind.UNKNOWN)

    def _zip_in_turn(self, file: BinaryIO, size: int, where: str, depth: int, read: int) -> Walked:
        """Yield the pieces of a zip without a sound directory, whose first `read` are known."""
        members = enumerate(zips.members_in_turn(file, size, self.unpacking.count))
        with suppress(DamagedError):
            for number, member in members:
                if number >= read:
                    yield from self._zipped(file, member, f"{where}[{number}]", depth)

    def _zipped(self, file: BinaryIO, member: zips.ZipMember, where: str, depth: int) -> Walked:
        if member.why:
            self.unpacking.count_member(where)
            yield Reject(where=where, why=member.why, kind=RejectKind.DAMAGED)
            return
        steps = zips.content_of(file, member)
        yield from self._member(steps, base_name(member.name), where, depth)

    def _member(self, steps: Iterator[bytes], filename: str, where: str, depth: int) -> Walked:
        self.unpacking.count_member(where)
        content, source = opened(self.unpacking.counted(steps))
        for item in self.file(content, filename, where, depth):
            # what a cut file lacks is told once
            if not (isinstance(item, Reject) and source.damage and item.where == where):
                yield item
        yield from _damage(source, where)

    @contextmanager
    def _sought(self, file: BinaryIO) -> Iterator[BinaryIO]:
        """Give a file that can seek, with the same content."""
        if file.seekable():
            yield file
            return
        with self.new_file() as copy:
            for step in iter(lambda: file.read(UNPACK_STEP), b""):
                copy.write(step)
            copy.flush()
            copy.seek(0)
            yield copy


def _cut(row: Format, file: BinaryIO, filename: str, where: str) -> Iterator[Piece]:
    assert row.cut is not None  # noqa: S101 - for the type checker
    for number, content in enumerate(row.cut(file)):
        yield Piece(where=f"{where}#{number}", format=row.name, filename=filename, content=content)


_TIMES = {1: "once", 2: "twice", 3: "three times"}


def _damage(source: Steps, where: str) -> Walked:
    if source.damage:
        yield Reject(where=where, why=DAMAGED, kind=RejectKind.DAMAGED)


def base_name(path: str) -> str:
    """Return the last word of a path that may have been written on any system."""
    return path.replace("\\", "/").rpartition("/")[2]
