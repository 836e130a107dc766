"""Takes uploads in: who may, how much there is room for, and each part up to its last byte.

Nothing is decoded here, and nothing is called received: that is for who puts an upload on the log.
An acknowledged byte is on the disk.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from starlette.requests import ClientDisconnect

from ingest.door import Door, Incoming
from ingest.links import Link
from ingest.problems import Refused, refused
from ingest.receiving.link_tokens import link_of
from ingest.uploads.headers import (
    OFFSET_STREAM,
    byte_count,
    check_version,
    declared_size,
    metadata_in,
    sha256_in,
    stated_name,
    time_zone_in,
)
from ingest.uploads.shelf import BusyUploadError, Shelf, UploadPart
from ingest.uploads.upload import Ended, Upload, UploadState, new_id, owner_hash
from ingest.vendors.files import FILES

_T = TypeVar("_T")
_MIB = 1024 * 1024
DURABLE_STEP = 8 * _MIB  # bytes of a part after which it is made durable, so that a cut loses less
SPARE = 256 * _MIB  # of the disk, which is left for everything else
_LONGEST_MARK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """The uploads of a door. `lock` is held while room is looked for and taken."""

    door: Door
    shelf: Shelf
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def do(self, work: Callable[[], _T]) -> _T:
        """Run work on the disk in a thread; raises `Refused` where it fails."""
        try:
            return await self.door.spools.do(work)
        except FileNotFoundError:
            raise refused("unknown_upload") from None
        except BusyUploadError:
            raise refused("upload_locked") from None
        except (OSError, TimeoutError) as error:
            raise refused("upload_room") from error

    def link(self, incoming: Incoming) -> Link:
        """Return the link of a request; raises `Refused` without a valid link or our version."""
        link = link_of(self.door, FILES, incoming, self.door.clock())
        if link is None:
            raise refused("link")
        if incoming.method != "GET":  # GET is ours, and no request of tus
            check_version(incoming.headers)
        return link

    async def find(self, incoming: Incoming, name: str) -> tuple[Link, Upload]:
        """Return an upload of the patient whose link came; another patient's is unknown."""
        link = self.link(incoming)
        upload = await self.do(partial(self.shelf.upload, name))
        # the same answer as for no upload: trying ids shows nothing
        if upload.patient != link.patient:
            raise refused("unknown_upload")
        return link, upload


async def begin_upload(uploads: Uploads, incoming: Incoming) -> Upload:
    """Begin an upload and return it; raises `Refused` where there is no room."""
    link = uploads.link(incoming)
    length = byte_count(incoming.headers, "upload-length", "upload_length")
    if length == 0:
        raise refused("empty")
    if length > uploads.door.upload_limits.longest:
        raise refused("too_large")
    pairs = metadata_in(incoming.headers)
    now_ms = uploads.door.clock()
    upload = Upload(
        id=new_id(link.patient, length, now_ms),
        patient=link.patient,
        length=length,
        filename=stated_name(pairs),
        sha256=sha256_in(pairs),
        mark=pairs.get("mark", "")[:_LONGEST_MARK],
        created_ms=now_ms,
        time_zone=time_zone_in(pairs),
    )
    # two that begin at once must not both take the last room
    async with uploads.lock:
        await uploads.do(partial(_take_room, uploads, upload, now_ms))
    return upload


def _take_room(uploads: Uploads, upload: Upload, now_ms: int) -> None:
    shelf, limits = uploads.shelf, uploads.door.upload_limits
    # expired uploads go first: nobody else removes them while `kadens uploads` is away
    shelf.sweep(now_ms)
    count, taken = shelf.taken()
    own_count, own_taken = shelf.taken(owner_hash(upload.patient))
    if own_count >= limits.of_patient or own_taken + upload.length > limits.longest:
        raise refused("upload_share")
    is_full = count >= limits.uploads or taken + upload.length > limits.disk
    # the bytes that others have announced and not sent yet are still free on the disk
    if is_full or shelf.free() < upload.length + SPARE:
        raise refused("upload_room")
    shelf.create(upload)


async def take_part(uploads: Uploads, incoming: Incoming, name: str) -> tuple[Upload, int]:
    """Take the next part of an upload; return it with the offset that is durable now.

    What came before the connection broke is kept. Raises `Refused`.
    """
    link, upload = await uploads.find(incoming, name)
    if incoming.headers.get("content-type", "").partition(";")[0].strip() != OFFSET_STREAM:
        raise refused("upload_type")
    stated = byte_count(incoming.headers, "upload-offset", "upload_offset")
    part = await uploads.do(partial(uploads.shelf.open, upload))
    try:
        _check_part(incoming, upload, stated, part.offset)
        if part.offset < upload.length:
            ended = Ended(received_ms=0, link=link.digest.hex(), public=link.public.hex())
            await _fill(uploads, part, incoming.stream, ended)
        return upload, part.durable
    finally:
        part.close()


def _check_part(incoming: Incoming, upload: Upload, stated: int, offset: int) -> None:
    if stated != offset:
        raise refused("upload_offset_differs")
    if declared_size(incoming.headers) > upload.length - offset:
        raise refused("too_large")


async def _fill(
    uploads: Uploads, part: UploadPart, stream: AsyncIterator[bytes], ended: Ended
) -> None:
    """Write a part as it comes; commit it in steps, and at its end however it ends."""
    problem: Refused | None = None
    try:
        async for chunk in stream:
            # a body without a declared length shows only here that it is too long
            left = part.upload.length - part.offset
            await uploads.do(partial(part.write, chunk[:left]))
            if len(chunk) > left:
                problem = refused("too_large")
                break
            if part.offset - part.durable >= DURABLE_STEP:
                await uploads.do(part.commit)
    except ClientDisconnect:
        problem = refused("early_end")
    except Refused as error:  # the disk is full: what was written before may count
        problem = error
    is_complete = part.offset == part.upload.length
    # the receipt of the file is that of its last byte, whenever it gets to the log
    now_ms = uploads.door.clock()
    now_ended = replace(ended, received_ms=now_ms) if is_complete else None
    await uploads.do(partial(part.commit, now_ended))
    if problem is not None:
        raise problem


async def drop(uploads: Uploads, incoming: Incoming, name: str) -> None:
    """Remove an upload; raises `Refused` while its bytes are on their way to the log."""
    _, upload = await uploads.find(incoming, name)
    result = await uploads.do(partial(uploads.shelf.result, upload.id))
    # a complete file is on its way to the log: a half of it there would be neither sent nor dropped
    if result.state in {UploadState.HELD, UploadState.RECEIVED}:
        raise refused("upload_locked")
    await uploads.do(partial(uploads.shelf.remove, upload.id))
