"""The chain of the audit log: the hash that links each row to the one before, and what is wrong.

Rows and links are read by `storage.audit_chain`; the database makes the links itself, in the
function `audit_link`. Nothing here reads a clock or a database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

BEGINNING = b""  # the hash before the first link


class Breach(StrEnum):
    """What is wrong at a place of the chain."""

    CHANGED = "changed"  # the row, or the one before it, is not the one that was linked
    REMOVED = "removed"  # a link without its row
    INSERTED = "inserted"  # a row without a link
    GAP = "gap"  # a number is missing
    CUT = "cut"  # the chain ends before a head that was noted
    HEAD = "head"  # the noted head is not the link of its number


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """A row of the audit log beside its link; the row or the link may be missing.

    `at_us` and `recorded_us` are epoch microseconds. `detail` is the text of its JSON. `salt` is
    None, and `is_erased` true, where an erasure has taken the patient out.
    """

    seq: int | None
    about: bytes = b""
    hash: bytes = b""
    row: int | None = None
    at_us: int = 0
    actor: str = ""
    role: str = ""
    care_unit: int | None = None
    action: str = ""
    recorded_us: int = 0
    patient: int | None = None
    object: str = ""
    detail: str = "{}"
    salt: bytes | None = None
    is_erased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The end of the chain at an instant: the number of its last link, and its hash."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """A breach of the chain: at which link (None: none) and which row (None: none)."""

    breach: Breach
    seq: int | None
    row: int | None = None


def about_hash(row: ChainRow) -> bytes:
    """Return the SHA-256 over what a row says of a patient, which an erasure forgets."""
    content = row.object.encode()
    patient = "" if row.patient is None else str(row.patient)
    parts = (patient, str(len(content)), row.object, row.detail)
    return sha256((row.salt or b"") + "\n".join(parts).encode()).digest()


def link_hash(before: bytes, row: ChainRow) -> bytes:
    """Return the SHA-256 that links a row to the hash `before` it."""
    unit = "" if row.care_unit is None else str(row.care_unit)
    parts = (
        str(row.seq),
        str(row.row),
        str(row.at_us),
        row.actor,
        row.role,
        unit,
        row.action,
        str(row.recorded_us),
        row.about.hex(),
    )
    return sha256(before + "\n".join(parts).encode()).digest()


@dataclass(slots=True, kw_only=True)
class ChainCheck:
    """Checks a chain, row by row in the order of the links, and those without a link last.

    `noted` are heads that were written down elsewhere, by their numbers. Only they show that the
    end of a chain was cut off or written anew.
    """

    noted: dict[int, bytes]
    _before: bytes = BEGINNING
    _last: int = 0

    def __post_init__(self) -> None:
        # the head of an empty log is in every chain
        self.noted.pop(0, None)

    def take(self, row: ChainRow) -> Iterator[ChainFault]:
        """Yield what is wrong with the next row."""
        if row.seq is None:
            yield ChainFault(breach=Breach.INSERTED, seq=None, row=row.row)
            return
        yield from self._link_faults(row)
        if self.noted.pop(row.seq, row.hash) != row.hash:
            yield ChainFault(breach=Breach.HEAD, seq=row.seq, row=row.row)
        self._before, self._last = row.hash, row.seq

    def finish(self) -> Iterator[ChainFault]:
        """Yield what is wrong with the end of the chain."""
        for seq in sorted(self.noted):
            yield ChainFault(breach=Breach.CUT, seq=seq)

    def _link_faults(self, row: ChainRow) -> Iterator[ChainFault]:
        if row.seq != self._last + 1:
            yield ChainFault(breach=Breach.GAP, seq=self._last + 1)
        elif row.row is None:
            yield ChainFault(breach=Breach.REMOVED, seq=row.seq)
        elif row.hash != link_hash(self._before, row) or not _says_the_same(row):
            yield ChainFault(breach=Breach.CHANGED, seq=row.seq, row=row.row)


def _says_the_same(row: ChainRow) -> bool:
    """Return whether a row says of its patient what was linked; an erased row says nothing."""
    return row.is_erased or row.about == about_hash(row)
