"""Payloads as the vendor door passes them on, and a look at what is left in the store.

Small payloads are in the message, large ones in the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256, shake_256
from pathlib import Path

from model.codec import dumps, loads
from model.envelope import INLINE, Envelope
from model.topics import RAW
from storage.bodies.sealed import new_name
from stream.intake.opened_bodies import opened_messages
from stream.log.messages import Message, Outgoing, Run
from stream.normalise import normalise_runs
from tests.rows import cells_of
from tests.storage.derived.traces import files
from tests.storage.inline import INLINE_NOW, Inline, pain_answer

MARKER = b"marker-of-this-body"
NAMED = "select address from {} where address is not null"
_TABLES = ("body", "quarantine", "dead_letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBody:
    """A payload: its connector, its bytes, and the owner of its link token ("": no token)."""

    connector: str
    body: bytes
    patient: str = ""


class BrokenLog:
    """A log that takes nothing."""

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        raise ConnectionError(f"{len(messages)} messages")


def noise(*, large: bool) -> bytes:
    """Return bytes that no reader can read and that do not compress."""
    return MARKER + shake_256(b"noise").digest(INLINE + 1 if large else 100)


def readable(*, large: bool) -> bytes:
    """Return a report of the account `account` that carries the marker.

    A large report is filled with text that does not compress well.
    """
    filling = shake_256(b"filling").hexdigest(INLINE * 9 // 16 if large else 10)
    return dumps({**loads(pain_answer()), "more": MARKER.decode() + filling})


async def opened_again(inline: Inline, sent: Sequence[Outgoing]) -> list[Message]:
    """Return messages that were sent on as the worker opens them."""
    messages = [
        Message(topic=item.topic, partition=0, offset=n, value=item.value, headers=item.headers)
        for n, item in enumerate(sent)
    ]
    return await opened_messages(messages, inline.parts)


async def arrive(inline: Inline, *sent: SentBody, first: int = 0) -> list[Message]:
    """Settle bodies as the messages from offset `first` on of partition 0."""
    messages = [await message(inline, item, first + n) for n, item in enumerate(sent)]
    await normalise_runs([Run(topic=RAW.name, partition=0, messages=tuple(messages))], inline.parts)
    return messages


async def message(inline: Inline, sent: SentBody, offset: int) -> Message:
    """Return the message of a body, which is in the store by now if it is large."""
    envelope = Envelope(
        connector=sent.connector,
        received_ms=INLINE_NOW,
        sha256=sha256(sent.body).hexdigest(),
        size=len(sent.body),
        patient=sent.patient,
    )
    value = sent.body
    if len(sent.body) > INLINE:
        address = await inline.parts.bodies.put(new_name(), sent.body)
        envelope, value = replace(envelope, address=address), b""
    return Message(
        topic=RAW.name,
        partition=0,
        offset=offset,
        key=envelope.sha256.encode(),
        value=value,
        headers=tuple(envelope.headers()),
    )


async def named(inline: Inline) -> set[str]:
    """Return the addresses that rows name."""
    addresses: set[str] = set()
    for table in _TABLES:
        addresses.update(map(str, cells_of(await inline.rows(NAMED.format(table)), 0)))
    return addresses


def stored(folder: Path) -> set[str]:
    """Return the addresses of all files."""
    return {path.relative_to(folder).as_posix() for path in files(folder)}


def with_marker(folder: Path, marks: Sequence[bytes] = (MARKER,)) -> list[Path]:
    """Return the files that hold a marker."""

    def has_marker(path: Path) -> bool:
        content = path.read_bytes()
        return any(mark in content for mark in marks)

    return list(filter(has_marker, files(folder)))
