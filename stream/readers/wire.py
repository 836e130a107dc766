"""What a worker and its readers say to each other: bodies one way, what was read of them the other.

Frames are pickled, because facts are typed values with numpy columns and pickling them is the fastest. A reader has
touched what came from outside, so its answers are unpickled with a fixed list of types. Must never widen that list
by a rule.
"""

import io
import pickle
import struct
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from model.facts import Fact, Parsed, Reject

LENGTH = struct.Struct(">Q")
MARK = struct.Struct("=Q")  # the place in its batch of the body that a reader has in work
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
        "Parsed",
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
    ("stream.readers.wire", "Refusal"),
    ("stream.readers.wire", "Spilled"),
    ("datetime", "date"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("dataclasses", "_dataclass_setstate"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One body to read: its connector's name, its content type and its bytes."""

    connector: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing of a body could be read. `fault` describes an error of our own, without values; else it is empty."""

    reject: Reject
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """A body whose facts lie in the file that came with it: what `Parsed` holds beside them, and their offsets."""

    account: str
    rejects: tuple[Reject, ...]
    complete: bool
    offsets: tuple[int, ...]


class UntrustedAnswerError(ValueError):
    """A reader answered with something that is no answer; the reader must be ended."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's own hook
        if (module, name) not in _ALLOWED:
            raise UntrustedAnswerError(f"a reader named {module}.{name}")
        return super().find_class(module, name)


def pack(value: object) -> bytes:
    """Return a frame: eight bytes of length, then the pickled value."""
    content = pickle.dumps(value, PROTOCOL)
    return LENGTH.pack(len(content)) + content


def unpack(content: bytes | memoryview) -> Any:  # noqa: ANN401 - one of the types of the list
    """Return what a reader packed, without the length; raises `UntrustedAnswerError`."""
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except UntrustedAnswerError:
        raise
    except Exception as error:
        raise UntrustedAnswerError(type(error).__name__) from error


def spill(parsed: Parsed, file: IO[bytes]) -> Spilled:
    """Write the facts of a body into a file, one after the other, and return the rest with their offsets."""
    offsets = []
    for fact in parsed.facts:
        offsets.append(file.tell())
        pickle.dump(fact, file, PROTOCOL)
    file.flush()
    return Spilled(
        account=parsed.account,
        rejects=parsed.rejects,
        complete=parsed.complete,
        offsets=tuple(offsets),
    )


class SpilledFacts(Sequence[Fact]):
    """The facts of a large body as a sequence that reads each one from its file when it is asked for."""

    def __init__(self, file: IO[bytes], offsets: Sequence[int]) -> None:
        self._file, self._offsets = file, offsets
        weakref.finalize(self, file.close)

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, index: int) -> Fact:  # type: ignore[override]  # slices are not needed
        self._file.seek(self._offsets[index])
        fact: Fact = _Unpickler(self._file).load()
        return fact

    def __iter__(self) -> Iterator[Fact]:
        return (self[index] for index in range(len(self)))
