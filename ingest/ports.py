"""Protocols of what the vendor door needs: a log, its revoked tokens, a store for large bodies."""

from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol, TypeAlias

# injected, so that tests choose the time
Clock: TypeAlias = Callable[[], int]  # now, in epoch ms


class NotAcceptedError(Exception):
    """The log or the body store did not accept a body in time; the sender must try again."""


class Publisher(Protocol):
    """The log.

    Once `append` returns, the message survives a crash of any single broker and of this process.
    """

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Append a message and wait for its acknowledgement by all replicas.

        Raises `NotAcceptedError`.
        """

    async def ready(self) -> bool:
        """Return whether the log answers now."""


class Revocations(Protocol):
    """The link tokens that are revoked according to the log."""

    async def start(self) -> None:
        """Begin to follow the log."""

    async def stop(self) -> None:
        """Stop following the log."""

    def known(self) -> bool:
        """Return whether everything was read once.

        Before that it is unknown whether a token is revoked.
        """

    def fresh(self) -> bool:
        """Return whether the log was read to its end recently enough."""

    def revoked(self, digest: bytes) -> bool:
        """Return whether the token of this digest is revoked."""


class KeySets(Protocol):
    """The public keys of vendors that publish them, by connector."""

    async def start(self) -> None:
        """Begin to load them."""

    async def stop(self) -> None:
        """Stop loading them."""

    def known(self, connector: str) -> Sequence[str]:
        """Return the sets of a connector that may be used now, as the vendor publishes them."""

    def missed(self, connector: str) -> None:
        """Note that a body was signed with a key that no set has."""


class BodyStore(Protocol):
    """The store of large bodies, by name. Once `put` returns, the body survives a crash."""

    async def put(self, name: str, body: bytes | BinaryIO) -> str:
        """Store a body, or the content of an open file, and return its address.

        `name` is 64 hex digits. Raises OSError.
        """
