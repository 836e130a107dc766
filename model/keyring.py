"""Keys of one purpose: the active one signs and seals; others are accepted during a rotation.

Plain values. A key's bytes never appear in a representation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

FIRST_KEY_ID = "1"  # the id of a key that was written before keys had ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: `id` is public and short, `secret` is 32 bytes."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The usable keys of one purpose; the first is active. An empty ring is false."""

    keys: tuple[Key, ...] = ()

    @staticmethod
    def single(secret: bytes) -> "KeyRing":
        """Return a ring of one key that has the first id."""
        return KeyRing((Key(id=FIRST_KEY_ID, secret=secret),))

    @property
    def active(self) -> Key:
        """Return the key that signs and seals; raises LookupError for an empty ring."""
        if not self.keys:
            raise LookupError("there is no active key")
        return self.keys[0]

    def find(self, id_: str) -> Key | None:
        """Return the key of an id; None when it is not usable here."""
        return next((key for key in self.keys if key.id == id_), None)

    def __bool__(self) -> bool:
        return bool(self.keys)


# The ring as it is now: a rotation changes it while a process runs.
Keys: TypeAlias = Callable[[], KeyRing]
