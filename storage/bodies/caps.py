"""How much one sender may leave here in a day: a table and the sum against it.

Pure; nothing here is a setting. A sender is a patient or an account; a connector is all of its
senders, those that it made up included. What does not fit is counted and told, never kept.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most bodies, and bytes of bodies, of a day."""

    bodies: int
    bytes: int


SENDER = Cap(bodies=1_000, bytes=200 * _MIB)
CONNECTOR = Cap(bodies=20_000, bytes=2_048 * _MIB)

Holder: TypeAlias = Hashable  # whoever a cap is about
Used: TypeAlias = tuple[int, int]  # bodies and bytes that lie here by now


@dataclass(slots=True, kw_only=True)
class Room:
    """What holders have left by now, and what is added in this transaction."""

    used: Mapping[Holder, Used]
    added: dict[Holder, Used] = field(default_factory=dict)

    def take(self, holders: Sequence[tuple[Holder, Cap]], size: int) -> bool:
        """Tell whether one more body fits for all of its holders.

        Only then it counts for each of them.
        """
        after = {holder: self._with(holder, size) for holder, _ in holders}
        if any(after[who][0] > cap.bodies or after[who][1] > cap.bytes for who, cap in holders):
            return False
        self.added |= after
        return True

    def _with(self, holder: Holder, size: int) -> Used:
        bodies, size_now = self.added.get(holder) or self.used.get(holder, (0, 0))
        return bodies + 1, size_now + size
