"""An upload in parts: what its sender stated, how far it is, and what became of it. Values only.

The name of an upload's folder is its id. It also tells whose it is, its length and when it expires,
so that a glance at the names shows how much room is taken. Nothing here may touch the disk.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from model.calendar import DAY_MS

LIVES_MS = DAY_MS
PAGE_PATH = "/send"
_MIB = 1024 * 1024
_PATIENTS_SHARE = 4  # a patient may take a fourth of the room
_OWNER_DIGITS = 16
_ID = re.compile(r"([0-9a-f]{16})-([0-9a-f]{1,12})-([0-9a-f]{1,11})-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is known of an upload from its beginning.

    `length` is in bytes. `sha256` (hex) is that of the complete file as the sender stated it, ""
    where it did not. `mark` is a text of the sender's own, by which it knows its file again, such
    as the time of its last change. `time_zone` is the IANA zone of local times without an offset in
    it, "" where the sender names none.
    """

    id: str
    patient: str
    length: int
    filename: str
    sha256: str
    mark: str
    created_ms: int
    time_zone: str = ""

    @property
    def expires_ms(self) -> int:
        """When an upload that is still incomplete is removed (epoch ms)."""
        return self.created_ms + LIVES_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of an upload: when its last byte came (epoch ms), and with which link token.

    `link` is the digest of the token, and `public` the patient's public key in it, both as hex;
    "" where the token has no key.
    """

    received_ms: int
    link: str
    public: str = ""


class UploadState(StrEnum):
    """How far an upload is."""

    RECEIVING = "receiving"  # bytes are missing
    HELD = "held"  # complete on the door's disk, and not all of it on the log
    RECEIVED = "received"  # on the log, and not all of it read
    DONE = "done"  # read; the counts are final
    REFUSED = "refused"  # nothing of it was taken; `refusals` say why


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRefusal:
    """Why something in an upload was refused.

    `kind` is a stable word for programs, `why` the reason in English. It never holds a value.
    """

    kind: str
    why: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """What became of an upload.

    `pieces` counts the bodies into which the file was cut. Of these `stored` are new, `known` were
    stored before, `refused` hold nothing that is kept, and `waiting` are not read yet. `left_out`
    says what of the file is not read here and is no loss, such as pictures. `sha256` is that of the
    file as it came, "" until it is complete.
    """

    state: UploadState
    sha256: str = ""
    pieces: int = 0
    stored: int = 0
    known: int = 0
    refused: int = 0
    waiting: int = 0
    refusals: tuple[UploadRefusal, ...] = ()
    left_out: tuple[UploadRefusal, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more."""
        return self.state in {UploadState.DONE, UploadState.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadName:
    """What the name of an upload's folder tells: the owner's hash, its bytes, its expiry."""

    owner: str
    length: int
    expires_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """How much room uploads have.

    `disk` is in bytes, for all uploads together; a patient may take a fourth. `of_patient` and
    `uploads` bound the number of uploads that are there at once.
    """

    disk: int = 64 * 1024 * _MIB
    of_patient: int = 100
    uploads: int = 5_000

    @property
    def longest(self) -> int:
        """The most bytes of an upload."""
        return self.disk // _PATIENTS_SHARE


def page_address(door: str, token: str) -> str:
    """Return the address that a patient gets: the page at a vendor door, and the link token."""
    return f"{door.rstrip('/')}{PAGE_PATH}#{token}"


def owner_hash(patient: str) -> str:
    """Return the beginning of the folders' names of a patient's uploads."""
    return hashlib.sha256(f"upload of {patient}".encode()).hexdigest()[:_OWNER_DIGITS]


def new_id(patient: str, length: int, created_ms: int) -> str:
    """Return a new id that nobody can guess; `created_ms` is epoch ms."""
    expires_s = (created_ms + LIVES_MS) // 1000
    return f"{owner_hash(patient)}-{length:x}-{expires_s:x}-{secrets.token_hex(16)}"


def read_name(name: str) -> UploadName | None:
    """Return what a folder's name tells, None for a text that is no id."""
    match = _ID.fullmatch(name)
    if match is None:
        return None
    return UploadName(owner=match[1], length=int(match[2], 16), expires_s=int(match[3], 16))
