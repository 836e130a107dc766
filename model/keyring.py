"""The keys of one purpose: the active key signs and seals.

Other keys are still accepted during a rotation. The bytes of a key never appear in its `repr`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

FIRST_KEY_ID = "1"  # the id of a key that was written before keys had ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key with a short, public `id` and a `secret` of 32 bytes."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The usable keys of one purpose.

    The first key is active. An empty ring is false.
    """

    keys: tuple[Key, ...] = ()

    @staticmethod
    def single(secret: bytes) -> "KeyRing":
        """Return a ring with a single key, which has the id `FIRST_KEY_ID`."""
        return KeyRing((Key(id=FIRST_KEY_ID, secret=secret),))

    @property
    def active(self) -> Key:
        """Return the key that signs and seals.

        Raises LookupError for an empty ring.
        """
        if not self.keys:
            raise LookupError("there is no active key")
        return self.keys[0]

    def find(self, id_: str) -> Key | None:
        """Return the key with an id, None when the ring has no such key."""
        return next((key for key in self.keys if key.id == id_), None)

    def __bool__(self) -> bool:
        return bool(self.keys)


# A function and not a value, because a rotation changes the ring while a process runs.
Keys: TypeAlias = Callable[[], KeyRing]
