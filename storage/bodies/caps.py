"""Caps on how much a sender and a connector may leave in storage within a day.

The caps are constants, not settings. A sender is a patient or an account. The cap of a connector
covers all of its senders, including accounts that somebody invented. A body that exceeds a cap is
counted and reported, never kept. No I/O.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The greatest number of bodies, and of their bytes, in a day."""

    bodies: int
    bytes: int


# Constants, because a cap that somebody raises in a hurry protects nobody.
SENDER_CAP = Cap(bodies=1_000, bytes=200 * _MIB)
CONNECTOR_CAP = Cap(bodies=20_000, bytes=2_048 * _MIB)

Holder: TypeAlias = Hashable  # the sender or connector that a cap limits
Used: TypeAlias = tuple[int, int]  # bodies and bytes that are stored


@dataclass(slots=True, kw_only=True)
class Room:
    """What holders have stored so far (`used`), and with this transaction's additions (`added`)."""

    used: Mapping[Holder, Used]
    added: dict[Holder, Used] = field(default_factory=dict)

    def take(self, holders: Sequence[tuple[Holder, Cap]], size: int) -> bool:
        """Return whether another body of `size` bytes fits the caps of all its holders.

        If it fits, it is counted for each of them; otherwise for none.
        """
        after: dict[Holder, Used] = {}
        for holder, cap in holders:
            bodies, size_now = after[holder] = self._with(holder, size)
            if bodies > cap.bodies or size_now > cap.bytes:
                return False
        # only now: a body that one cap refuses must use nothing of another
        self.added |= after
        return True

    def _with(self, holder: Holder, size: int) -> Used:
        bodies, size_now = self.added.get(holder) or self.used.get(holder, (0, 0))
        return bodies + 1, size_now + size
