"""The collaborators of a replay, and its scope."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

from model.keyring import KeyRing, Keys
from storage.audit import Actor
from storage.bodies.body_store import BodyStorage
from storage.pg.pool import Connection, Pool

# every time that can be stored lies within; the scope is compared only, and never made a date
SCOPE_FIRST_MS, SCOPE_LAST_MS = 0, 2**62

BeginTransaction: TypeAlias = Callable[[], AbstractAsyncContextManager[Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayContext:
    """The collaborators of a replay.

    `now` returns epoch ms. `progress` is called after each body, with the number of bodies done and
    the number of all bodies.
    """

    pool: Pool
    bodies: BodyStorage
    wrapping: Keys
    now: Callable[[], int]
    actor: Actor
    progress: Callable[[int, int], None] = lambda _done, _all: None

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap data keys now; a rotation changes them, so never keep them."""
        return self.wrapping()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayScope:
    """What to replay: connectors (empty: all), and the span [`from_ms`, `to_ms`) in epoch ms.

    The span is of times of receipt, or of measured times with `derive_only`. Bodies that today's
    version of their parser has read already are left out, except with `again`.
    """

    sources: frozenset[str] = frozenset()
    from_ms: int = SCOPE_FIRST_MS
    to_ms: int = SCOPE_LAST_MS
    again: bool = False
    derive_only: bool = False

    @property
    def everything(self) -> bool:
        """Return whether no connector and no time is left out."""
        return not self.sources and (self.from_ms, self.to_ms) == (SCOPE_FIRST_MS, SCOPE_LAST_MS)

    def covers(self, received_ms: int) -> bool:
        """Return whether a body received at an instant (epoch ms) is within the span."""
        return self.from_ms <= received_ms < self.to_ms
