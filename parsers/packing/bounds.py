"""How much may be unpacked, and the count of it. Pure.

The header of a member states any size, so nothing is believed of it: what comes out is counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from model.errors import BodyError
from model.facts import RejectKind

_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3
UNPACK_STEP = 64 * _KIB  # bytes that are unpacked at once
BOMB = "far more bytes than it has packed"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackingBounds:
    """The bounds of one file and of all that is packed in it.

    `depth` counts packed files within packed files, `members` the files. `inflated` is in bytes;
    they are at most `ratio` times those of the packed file, of which `free` bytes are not counted.
    """

    depth: int
    members: int
    inflated: int
    ratio: int
    free: int


# A body: it is read in memory, and its facts are one part.
# Members: three years with two recordings a day. Recordings shrink to a fifth, XML to a thirtieth.
IN_A_BODY = UnpackingBounds(depth=2, members=2_000, inflated=64 * _MIB, ratio=100, free=_MIB)
# A file on a desk: it flows, so its size costs only time. Generated records shrink to a hundredth;
# a bomb of one layer to a thousandth. An account export in a zip of somebody's folder has 3 layers.
ON_A_DESK = UnpackingBounds(
    depth=3, members=200_000, inflated=256 * _GIB, ratio=300, free=64 * _MIB
)


@dataclass(slots=True, kw_only=True)
class Unpacking:
    """Counts what is unpacked of a file of `size` bytes; raises BodyError beyond the bounds."""

    bounds: UnpackingBounds
    size: int
    inflated: int = field(default=0, init=False)
    members: int = field(default=0, init=False)

    def count_member(self, where: str) -> None:
        """Count one file."""
        self.members += 1
        if self.members > self.bounds.members:
            raise BodyError(where, f"more than {self.bounds.members} files", RejectKind.TOO_MUCH)

    def count(self, inflated: int) -> None:
        """Count bytes that came out."""
        self.inflated += inflated
        if self.inflated > max(self.bounds.free, self.bounds.ratio * self.size):
            raise BodyError("body", BOMB, RejectKind.TOO_MUCH)
        if self.inflated > self.bounds.inflated:
            why = f"more than {self.bounds.inflated} bytes when unpacked"
            raise BodyError("body", why, RejectKind.TOO_MUCH)

    def counted(self, steps: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the steps of a member, each counted before anybody has it."""
        for step in steps:
            self.count(len(step))
            yield step
