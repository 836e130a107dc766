"""Dead letters on the log: writes and reads them, and limits their share.

A letter on `kadens.dead` says which message was refused and why. It does not contain the body,
because the log cannot be erased with a patient. Bodies are sealed and kept with the rows (`bury`).
`why` and `where` never hold a value from the body.

No limit applies to payloads from outside: a sender with bad payloads must not stop the others. The
limit applies to `kadens.facts`, which only this program writes. A program that can read almost none
of it must stop instead of making dead letters of it. So `DeadLimit.check` runs before anything of a
batch is sent. The process then ends with `DeadFloodError`, and nothing is acknowledged.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from model.codec import dumps, loads
from model.facts import Reject
from model.topics import DEAD
from stream.log.look import started
from stream.log.messages import Headers, Message, Outgoing

_MOST_DIGITS = 18  # any number of so many digits fits into 64 bits
_COPIED = ("connector", "received_ms", "sha256", "content_type")  # headers of the message
LISTED_REJECTS = 50  # rejects named in one dead letter; `rejected` counts them all


class DeadFloodError(RuntimeError):
    """Nearly all messages would become dead letters, which points to a fault of this program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A message that was refused, and the reasons.

    The kind of the first reject is the letter's class. `patient` is the pseudonym of its patient,
    if known. `body` is the body to keep, None when it is kept elsewhere already or must not be
    kept. `rejected` is the number of all rejects where `rejects` has only some of them.
    """

    message: Message
    rejects: Sequence[Reject]
    patient: str | None = None
    body: bytes | None = None
    rejected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One reject of a letter from the log: its message, the position in the body, the reason."""

    topic: str
    partition: int
    offset: int
    kind: str
    where: str
    why: str
    connector: str
    received_ms: int | None
    sha256: str
    size: int


def dead_letter(
    message: Message, rejects: Sequence[Reject], *, rejected: int | None = None
) -> Outgoing:
    """Return the letter for the log; its `kind`, `where` and `why` are from the first reject."""
    copied = dict(message.headers)
    headers: Headers = (
        ("topic", message.topic.encode()),
        ("partition", str(message.partition).encode()),
        ("offset", str(message.offset).encode()),
        ("kind", rejects[0].kind.encode()),
        ("where", rejects[0].where.encode()),
        ("why", rejects[0].why.encode()),
        ("rejected", str(len(rejects) if rejected is None else rejected).encode()),
        ("rejects", dumps(listed_rejects(rejects))),
        ("size", str(size_of(message)).encode()),
        *((name, copied[name]) for name in _COPIED if name in copied),
    )
    key = f"{message.topic}/{message.partition}/{message.offset}".encode()
    return Outgoing(topic=DEAD.name, key=key, value=b"", headers=headers)


def listed_rejects(rejects: Sequence[Reject]) -> list[tuple[str, str]]:
    """Return position and text of the rejects that a letter names."""
    return [(reject.where, reject.text) for reject in rejects[:LISTED_REJECTS]]


def size_of(message: Message) -> int:
    """Return the size of the body in bytes, whether it is in the message or in the store."""
    size = dict(message.headers).get("size", b"")
    return max(len(message.value), header_number(size, 0))


def header_number(data: bytes, otherwise: int) -> int:
    """Return a header's number, or `otherwise` if it is not a number of at most 18 digits."""
    # anybody may write headers: a number of thousands of digits would cost much time to parse
    return int(data) if data.isdigit() and len(data) <= _MOST_DIGITS else otherwise


@dataclass(slots=True, kw_only=True)
class DeadLimit:
    """Limits the share of unreadable patients among the last `window` patients.

    It applies once `least` patients were seen. It counts patients and never facts, so everything
    that one patient's watch sends counts once. The default allows a few facts of another version,
    and stops a program that can read nothing any more.
    """

    window: int = 400
    least: int = 100
    share: float = 0.95
    # by patient: whether nothing of the last batch could be read; the latest patient comes last
    _dead: dict[str, bool] = field(default_factory=dict)

    def check(self, dead: Collection[str], good: Collection[str]) -> None:
        """Count the patients of a batch before anything is sent; raises `DeadFloodError`.

        A patient of whom anything could be read counts as good.
        """
        now = dict.fromkeys(dead, True) | dict.fromkeys(good, False)
        # removed and added again, so that the patients seen last are at the end
        for patient, bad in now.items():
            self._dead.pop(patient, None)
            self._dead[patient] = bad
        # a batch may have more patients than the window; then all of them count
        while len(self._dead) > max(self.window, len(now)):
            del self._dead[next(iter(self._dead))]
        seen, lost = len(self._dead), sum(self._dead.values())
        if dead and seen >= self.least and lost > self.share * seen:
            raise DeadFloodError(
                f"nothing of {lost} of the last {seen} patients could be read: "
                "stopped before sending"
            )


def read_letter(headers: Sequence[tuple[str, bytes]]) -> list[DeadLetter]:
    """Return one `DeadLetter` for each listed reject of a letter."""
    # a letter without the list still has its first reject, in headers of its own
    texts = {name: data.decode(errors="replace") for name, data in headers}
    rejects: list[Any] = loads(texts.get("rejects", "[]")) or [
        [texts.get("where", ""), texts.get("why", "")]
    ]
    received = header_number(texts.get("received_ms", "").encode(), -1)
    bare = DeadLetter(
        topic=texts.get("topic", ""),
        partition=int(texts.get("partition", -1)),
        offset=int(texts.get("offset", -1)),
        kind=texts.get("kind", ""),
        where="",
        why="",
        connector=texts.get("connector", ""),
        received_ms=None if received < 0 else received,
        sha256=texts.get("sha256", ""),
        size=header_number(texts.get("size", "").encode(), 0),
    )
    return [replace(bare, where=where, why=why) for where, why in rejects]


async def read_dead(brokers: str, *, seconds: float = 30.0) -> AsyncIterator[DeadLetter]:
    """Read `kadens.dead` from its start to its present end, without a consumer group.

    Raises TimeoutError after `seconds`.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with asyncio.timeout(seconds), started(consumer):
        # assigned by hand: a group would commit, and the next reader would miss what this one read
        partitions = list(map(partial(TopicPartition, DEAD.name), range(DEAD.partitions)))
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        # an empty partition never returns a record that would show its end
        left = {partition for partition in partitions if ends[partition] > starts[partition]}
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    for letter in read_letter(record.headers):
                        yield letter
                if records and records[-1].offset + 1 >= ends[partition]:
                    left.discard(partition)
