"""What a worker and its readers send each other: bodies to the reader, its answers back.

Frames are pickled: facts are typed values with numpy columns, and pickling is the fastest way. A
reader has handled bytes from outside, so its answers are unpickled with a fixed list of types. That
list must name each type and never follow a rule, such as "all of a module".
"""

import io
import pickle
import struct
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from model.facts import Fact, Reject
from model.received import Context, Fetch, Notice, Part

LENGTH = struct.Struct(">Q")
POSITION_MARK = struct.Struct(
    "=Q"
)  # the position in its batch of the body that a reader has in work
PROTOCOL = 5

_OURS = {
    ("model.facts", name)
    for name in [
        "DaySummary",
        "Deletion",
        "DeviceType",
        "Head",
        "Instrument",
        "Joining",
        "Method",
        "OffsetOrigin",
        "Phase",
        "Reject",
        "RejectKind",
        "Report",
        "SampleBlock",
        "Source",
        "Workout",
    ]
}
_ALLOWED = _OURS | {
    ("model.received", "Fetch"),
    ("model.received", "Notice"),
    ("model.received", "NoticeKind"),
    ("model.received", "Part"),
    ("stream.readers.wire", "Holdings"),
    ("stream.readers.wire", "Refusal"),
    ("stream.readers.wire", "Spilled"),
    ("datetime", "date"),
    # what pickle needs for arrays and scalars of numpy, and for frozen dataclasses with slots
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("dataclasses", "_dataclass_setstate"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyToRead:
    """One body to read: the name of its format (or `sniff`), its context and its bytes."""

    format: str
    context: Context
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a payload holds: a part for each account, in order of their first mention.

    `format` names the row of the formats table that read it. `rejects` belong to no account.
    """

    format: str
    parts: tuple[Part, ...]
    fetches: tuple[Fetch, ...] = ()
    notices: tuple[Notice, ...] = ()
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The reasons why nothing of a body could be read: the first in `reject`, others in `more`.

    `fault` describes an error of our own, without values, and is otherwise empty.
    """

    reject: Reject
    more: tuple[Reject, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """The holdings of a large body, whose facts and slices are in a file.

    `rest` has the holdings without them. `offsets` has, for each part, the positions in the file at
    which its facts begin; `slices` has begin and length of what is kept of it, None for no slice.
    """

    rest: Holdings
    offsets: tuple[tuple[int, ...], ...]
    slices: tuple[tuple[int, int] | None, ...]


class UntrustedAnswerError(ValueError):
    """A reader sent something that is not an answer; the reader must be ended."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's own hook
        if (module, name) not in _ALLOWED:
            raise UntrustedAnswerError(f"a reader named {module}.{name}")
        return super().find_class(module, name)


def pack_frame(value: object) -> bytes:
    """Return a frame: eight bytes of length, then the pickled value."""
    content = pickle.dumps(value, PROTOCOL)
    return LENGTH.pack(len(content)) + content


def unpack_frame(content: bytes | memoryview) -> Any:  # noqa: ANN401 - any type on the list
    """Return what a reader packed, without the length; raises `UntrustedAnswerError`."""
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except UntrustedAnswerError:
        raise
    except Exception as error:
        raise UntrustedAnswerError(type(error).__name__) from error


def spill(holdings: Holdings, file: IO[bytes]) -> Spilled:
    """Write facts and slices of a body into a file, in order; return the rest, and where they are.

    In the answer itself the slices would be in the worker's memory three times at once.
    """
    offsets, slices = [], []
    parts = []
    for part in holdings.parts:
        offsets.append(_spilled(part, file))
        slices.append(None if part.kept is None else (file.tell(), file.write(part.kept)))
        parts.append(replace(part, facts=(), kept=None))
    file.flush()
    rest = replace(holdings, parts=tuple(parts))
    return Spilled(rest=rest, offsets=tuple(offsets), slices=tuple(slices))


def unspill(spilled: Spilled, file: IO[bytes]) -> Holdings:
    """Return a body's holdings with its slices; facts are read from the file during iteration.

    The file is closed once nothing refers to these facts any more.
    """
    facts = SpilledFacts(file, [])
    parts = []
    for part, offsets, span in zip(
        spilled.rest.parts, spilled.offsets, spilled.slices, strict=True
    ):
        parts.append(replace(part, facts=facts.at(offsets), kept=_slice(file, span)))
    return replace(spilled.rest, parts=tuple(parts))


def _spilled(part: Part, file: IO[bytes]) -> tuple[int, ...]:
    offsets = []
    for fact in part.facts:
        offsets.append(file.tell())
        pickle.dump(fact, file, PROTOCOL)
    return tuple(offsets)


def _slice(file: IO[bytes], span: tuple[int, int] | None) -> bytes | None:
    if span is None:
        return None
    begin, length = span
    file.seek(begin)
    return file.read(length)


class _Owner:
    """Closes a file once nothing refers to this object any more."""

    def __init__(self, file: IO[bytes]) -> None:
        weakref.finalize(self, file.close)


class SpilledFacts(Sequence[Fact]):
    """The facts of a large body: a sequence that reads each fact from its file on access."""

    def __init__(
        self, file: IO[bytes], offsets: Sequence[int], owner: _Owner | None = None
    ) -> None:
        self._file, self._offsets = file, offsets
        self._owner = owner or _Owner(file)

    def at(self, offsets: Sequence[int]) -> "SpilledFacts":
        """Return the facts at other offsets of the same file."""
        return SpilledFacts(self._file, offsets, self._owner)

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, index: int) -> Fact:  # type: ignore[override]  # slices are not needed
        # all parts of a body share the file's position; a reader wrote it, so it is not trusted
        self._file.seek(self._offsets[index])
        fact: Fact = _Unpickler(self._file).load()
        return fact

    def __iter__(self) -> Iterator[Fact]:
        return map(self.__getitem__, range(len(self)))
