"""Cuts a Health Connect database of any size into pieces, in constant memory. Pure but for a file.

SQLite needs a file that it can open by a path. A stream that has none, such as a member of a zip,
is copied to a temporary file first, which no name leads to once it is closed.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from model.errors import BodyError
from parsers.health_connect.database import DATABASE_HEAD, Database, without_log
from parsers.health_connect.health_connect import all_batches, unread_of
from parsers.health_connect.pieces import written_batch, written_unread

_STEP = 1024 * 1024


def cut_health_connect(file: BinaryIO) -> Iterator[bytes]:
    """Yield the pieces of a database, from the beginning of a stream on.

    The last piece tells what could not be read. The database must not change meanwhile.
    """
    if isinstance(file, BytesIO):  # what is in memory already is not written to a disk
        yield from _pieces(Database.of_bytes(file.getvalue()))
        return
    with _on_disk(file) as path:
        yield from _pieces(Database.of_path(str(path), path.stat().st_size))


def _pieces(database: Database) -> Iterator[bytes]:
    try:
        for batch in all_batches(database):
            yield from written_batch(batch)
        refused = unread_of(database)
    except BodyError as error:
        refused = (error.reject,)
    finally:
        database.close()
    if refused:
        yield written_unread(refused)


@contextmanager
def _on_disk(file: BinaryIO) -> Iterator[Path]:
    head = file.read(DATABASE_HEAD)
    name = getattr(file, "name", None)
    path = Path(name) if isinstance(name, str) else None
    # A member of a zip has a name as well, which may be that of another file here.
    is_here = path is not None and path.is_file() and _is_same(file, path, head)
    if path is not None and is_here and head == without_log(head):
        yield path
        return
    with NamedTemporaryFile() as copied:
        copied.write(without_log(head))
        shutil.copyfileobj(file, copied, _STEP)
        copied.flush()
        yield Path(copied.name)


def _is_same(file: BinaryIO, path: Path, head: bytes) -> bool:
    if not file.seekable() or path.stat().st_size != file.seek(0, 2):
        file.seek(len(head))
        return False
    file.seek(len(head))
    with path.open("rb") as other:
        return other.read(DATABASE_HEAD) == head
