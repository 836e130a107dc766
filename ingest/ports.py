"""What the vendor door needs from outside: a log that accepts, and a store for large bodies. Protocols only."""

from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol, TypeAlias

Clock: TypeAlias = Callable[[], int]  # now, in epoch ms


class NotAcceptedError(Exception):
    """The log or the body store did not take it in time; the sender must try again."""


class Publisher(Protocol):
    """The log. Once `append` returns, the message survives a crash of any one broker and of ourselves."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Append one message and wait for its acknowledgement by all replicas; raises `NotAcceptedError`."""

    async def ready(self) -> bool:
        """Return whether the log answers now."""


class Revocations(Protocol):
    """Which link tokens are revoked, as the log says it."""

    async def start(self) -> None:
        """Begin to follow the log."""

    async def stop(self) -> None:
        """Follow it no more."""

    def known(self) -> bool:
        """Return whether everything was read once; before that nobody can tell whether a token is revoked."""

    def fresh(self) -> bool:
        """Return whether what is known is not too old."""

    def revoked(self, digest: bytes) -> bool:
        """Return whether the token of this digest is revoked."""


class BodyStore(Protocol):
    """Bodies by name. Once `put` returns, the body survives a crash."""

    async def put(self, name: str, body: bytes | BinaryIO) -> str:
        """Store a body, or the content of an open file, under a name (64 hex digits) and return its address.

        Raises OSError.
        """
