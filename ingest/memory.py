"""A log and a body store in this process's memory, for tests and trials of the door.

They must never hold real data.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from ingest.ports import NotAcceptedError
from model.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An acknowledged message."""

    topic: str
    key: bytes
    value: bytes
    envelope: Envelope


@dataclass(slots=True)
class MemoryLog:
    """`ports.Publisher` that keeps messages in `events`; it accepts none while `up` is False."""

    up: bool = True
    events: list[Event] = field(default_factory=list)

    async def start(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    async def ready(self) -> bool:
        """Return `up`."""
        return self.up

    async def append(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Keep a message; raises `NotAcceptedError` while `up` is False."""
        await asyncio.sleep(0)
        if not self.up:
            raise NotAcceptedError("down")
        self.events.append(
            Event(topic=topic, key=key, value=value, envelope=Envelope.read(headers))
        )


@dataclass(slots=True)
class MemoryRevocations:
    """`ports.Revocations` over `digests`; while `up` is False, nothing is known yet."""

    up: bool = True
    digests: set[bytes] = field(default_factory=set)

    async def start(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Do nothing."""
        await asyncio.sleep(0)

    def known(self) -> bool:
        """Return `up`."""
        return self.up

    def fresh(self) -> bool:
        """Return `up`."""
        return self.up

    def revoked(self, digest: bytes) -> bool:
        """Return whether the digest is in `digests`."""
        return digest in self.digests


@dataclass(slots=True)
class MemoryBodies:
    """`ports.BodyStore` that keeps bodies by their address in `bodies`.

    While `up` is False, it behaves as a full disk.
    """

    up: bool = True
    bodies: dict[str, bytes] = field(default_factory=dict)

    async def put(self, name: str, body: bytes | BinaryIO) -> str:
        """Keep a body; raises OSError while `up` is False."""
        await asyncio.sleep(0)
        if not self.up:
            raise OSError("full")
        # a file is read in a thread, as a real store does it
        content = body if isinstance(body, bytes) else await asyncio.to_thread(_read, body)
        self.bodies[f"memory:{name}"] = content
        return f"memory:{name}"


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
