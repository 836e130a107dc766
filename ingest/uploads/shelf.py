"""The parts of uploads on disk, which survive a restart; removes those that have expired.

An offset is told only after the bytes before it are durable. Whatever lies behind it is cut off
when the next part comes. Every function here blocks, and belongs into a thread.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ingest.uploads.upload import (
    Ended,
    Upload,
    UploadName,
    UploadRefusal,
    UploadResult,
    UploadState,
    owner_hash,
    read_name,
)
from model.calendar import DAY_MS

_ABOUT, _DATA, _OFFSET, _ENDED, _RESULT = "about", "data", "offset", "ended", "result"
_NEW = ".new-"
_DIGITS = 20  # an offset is written with all of them, over the former offset
DATA_FILE = _DATA


class BusyUploadError(Exception):
    """Another request writes to this upload, or it is being read."""


class UploadPart:
    """An upload that is open for its next part, by one writer at a time; `close` it."""

    def __init__(self, folder: Path, upload: Upload) -> None:
        """Open it; raises `BusyUploadError` while another has it open, OSError without a disk."""
        self.upload = upload
        self._folder = folder
        self._file: BinaryIO = (folder / _DATA).open("r+b", buffering=0)
        try:
            # the lock of a file and no lock of this process: `kadens uploads` reads here as well
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.offset = self.durable = offset_in(folder, upload)
            # a killed process may have left bytes behind the offset that it told
            self._file.truncate(self.offset)
            self._file.seek(self.offset)
        except BlockingIOError as error:
            self._file.close()
            raise BusyUploadError from error
        except BaseException:
            self._file.close()
            raise

    def write(self, chunk: bytes) -> None:
        """Write the next bytes; they do not count before `commit`."""
        left = memoryview(chunk)
        while left:  # an unbuffered write may take a part only
            count = self._file.write(left)
            self.offset += count
            left = left[count:]

    def commit(self, ended: Ended | None = None) -> None:
        """Make all bytes so far durable, and then the offset; `ended` once the file is complete."""
        # taken before the bytes are synced: a write that hangs in another thread does not count
        offset = self.offset
        os.fdatasync(self._file.fileno())
        if ended is not None:
            # before the offset: whoever is told that all bytes are here may leave for good
            _write_durably(self._folder / _ENDED, orjson.dumps(asdict(ended)))
        with (self._folder / _OFFSET).open("r+b", buffering=0) as file:
            file.write(f"{offset:0{_DIGITS}d}".encode())
            os.fdatasync(file.fileno())
        self.durable = offset

    def close(self) -> None:
        """Let the next writer in."""
        self._file.close()


class Shelf:
    """The folder of all uploads. Methods raise OSError where the disk fails."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, for this user only."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def beat(self) -> None:
        """Show whoever watches the folder that the process behind it runs."""
        (self._folder / ".alive").touch(mode=0o600)

    def free(self) -> int:
        """Return the free bytes of the disk."""
        return shutil.disk_usage(self._folder).free

    def path(self, name: str) -> Path:
        """Return the folder of an upload; FileNotFoundError for a name that is no id."""
        if read_name(name) is None:
            raise FileNotFoundError
        return self._folder / name

    def create(self, upload: Upload) -> None:
        """Begin an upload; it is durable when this returns."""
        # under another name until it is complete, so that nobody sees an upload without its parts
        beside = self._folder / f"{_NEW}{upload.id}"
        beside.mkdir(mode=0o700)
        (beside / _DATA).touch(mode=0o600)
        _write_durably(beside / _OFFSET, b"0" * _DIGITS)
        _write_durably(beside / _ABOUT, orjson.dumps(asdict(upload)))
        beside.rename(self.path(upload.id))
        _sync_folder(self._folder)

    def upload(self, name: str) -> Upload:
        """Return what is known of an upload; raises FileNotFoundError."""
        return Upload(**orjson.loads((self.path(name) / _ABOUT).read_bytes()))

    def open(self, upload: Upload) -> UploadPart:
        """Open an upload for its next part; raises `BusyUploadError` and FileNotFoundError."""
        return UploadPart(self.path(upload.id), upload)

    def offset(self, upload: Upload) -> int:
        """Return how many bytes of an upload are durable."""
        return offset_in(self.path(upload.id), upload)

    def ended(self, name: str) -> Ended | None:
        """Return how an upload ended, None while it is incomplete."""
        content = _content(self.path(name) / _ENDED)
        return None if content is None else Ended(**content)

    def result(self, name: str) -> UploadResult:
        """Return what became of an upload so far."""
        content = _content(self.path(name) / _RESULT)
        if content is None:
            is_complete = (self.path(name) / _ENDED).exists()
            return UploadResult(state=UploadState.HELD if is_complete else UploadState.RECEIVING)
        for key in ("refusals", "left_out"):
            # a result that an older version noted leaves nothing out
            content[key] = tuple(UploadRefusal(**row) for row in content.get(key, ()))
        state = UploadState(content.pop("state"))
        return UploadResult(state=state, **content)

    def put_result(self, name: str, result: UploadResult) -> None:
        """Note what became of an upload; it is durable when this returns."""
        _write_durably(self.path(name) / _RESULT, orjson.dumps(asdict(result)))

    def drop_data(self, name: str) -> None:
        """Remove the bytes of an upload that is on the log or refused; its result stays."""
        (self.path(name) / _DATA).unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Remove an upload; raises `BusyUploadError` while it is being written or read."""
        path = self.path(name)
        try:
            part = UploadPart(path, self.upload(name))
        except FileNotFoundError:
            shutil.rmtree(path, ignore_errors=True)  # its bytes were taken: nobody reads them
            return
        with suppress(OSError):
            shutil.rmtree(path)
        part.close()

    def names(self, owner: str = "") -> Iterator[tuple[str, UploadName]]:
        """Yield the uploads with what their names tell, of one owner's hash or all."""
        for name in os.listdir(self._folder):  # noqa: PTH208 - names are all that is wanted
            row = read_name(name)
            if row is not None and owner in {"", row.owner}:
                yield name, row

    def of(self, patient: str) -> list[Upload]:
        """Return a patient's uploads, the latest first."""
        uploads = []
        for name, _ in self.names(owner_hash(patient)):
            with suppress(FileNotFoundError):  # it was removed meanwhile
                uploads.append(self.upload(name))
        uploads.sort(key=lambda upload: (-upload.created_ms, upload.id))
        # a name holds only the beginning of a hash, which two patients may share
        return [upload for upload in uploads if upload.patient == patient]

    def taken(self, owner: str = "") -> tuple[int, int]:
        """Return how many uploads there are and how many bytes they may still take."""
        count = taken = 0
        for name, row in self.names(owner):
            count += 1
            # a result without its file takes no room
            if (self._folder / name / _DATA).exists():
                taken += row.length
        return count, taken

    def sweep(self, now_ms: int) -> None:
        """Remove what has expired: incomplete uploads, and results a day later.

        A complete upload that is not on the log yet never expires.
        """
        for name, row in list(self.names()):
            expires_ms = row.expires_s * 1000
            if expires_ms > now_ms or not self._is_spent(name, expires_ms + DAY_MS <= now_ms):
                continue
            with suppress(BusyUploadError, OSError):
                self.remove(name)

    def _is_spent(self, name: str, is_day_later: bool) -> bool:  # noqa: FBT001 - private
        if not (self._folder / name / _ENDED).exists():
            return True
        return is_day_later and self.result(name).is_final


def offset_in(folder: Path, upload: Upload) -> int:
    """Return how many bytes of the upload in this folder are durable."""
    if (folder / _ENDED).exists():
        return upload.length
    return int((folder / _OFFSET).read_bytes())


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return content


def _write_durably(path: Path, content: bytes) -> None:
    # beside its name first: a file is there completely or not at all
    beside = path.with_name(f"{_NEW}{path.name}")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
