"""Dead letters: what one is, how it goes out on `kadens.dead`, how many are too many, and how they are read back.

A letter on the log says where its message lies and why it was refused; the body is not in it, because what the log
holds cannot be erased with a patient. Bodies lie sealed beside the rows (`storage.dead_letters`, written by `bury`).
`why` and `where` never hold a value from the body. What comes from outside may be as bad as it likes: one sender's
bad day must not stop the others. The limit binds on `kadens.facts`, which only we write: a deploy that cannot read
nearly all of it must stop rather than pour, so `DeadLimit.check` runs before anything of a batch is sent and the
process ends with `DeadFloodError`, with nothing acknowledged.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from model.codec import dumps, loads
from model.facts import Reject
from model.topics import DEAD
from stream.log.look import started
from stream.log.messages import Headers, Message, Outgoing

DIGITS = 18
LISTED = 50  # rejects named in one dead letter; `rejected` counts them all


class DeadFloodError(RuntimeError):
    """Nearly everything would become a dead letter: this program, not its input, is the likely fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was refused, and why: the first reject's kind is the letter's class.

    `patient` is whose it is, if that is known; `body` what is to be kept of it, None for nothing: it is kept elsewhere,
    or must not be. `rejected` counts more rejects than are listed.
    """

    message: Message
    rejects: Sequence[Reject]
    patient: str | None = None
    body: bytes | None = None
    rejected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One reject of a letter as the log tells it: of which message, where in the body, and why."""

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
    """Return the letter for the log: the reasons, of which the first is also `kind`, `where` and `why`."""
    reported = dict(message.headers)
    listed = [[reject.where, reject.why] for reject in rejects[:LISTED]]
    headers: Headers = (
        ("topic", message.topic.encode()),
        ("partition", str(message.partition).encode()),
        ("offset", str(message.offset).encode()),
        ("kind", rejects[0].kind.encode()),
        ("where", rejects[0].where.encode()),
        ("why", rejects[0].why.encode()),
        ("rejected", str(len(rejects) if rejected is None else rejected).encode()),
        ("rejects", dumps(listed)),
        ("size", str(size_of(message)).encode()),
        *(
            (name, reported[name])
            for name in ("connector", "received_ms", "sha256", "content_type")
            if name in reported
        ),
    )
    key = f"{message.topic}/{message.partition}/{message.offset}".encode()
    return Outgoing(topic=DEAD.name, key=key, value=b"", headers=headers)


def size_of(message: Message) -> int:
    """Return how many bytes the body has, wherever it lies."""
    result = dict(message.headers).get("size", b"")
    return max(len(message.value), number(result, 0))


def number(data: bytes, otherwise: int) -> int:
    """Return a header's number, `otherwise` where it holds none of at most 18 digits."""
    return int(data) if data.isdigit() and len(data) <= DIGITS else otherwise


@dataclass(slots=True, kw_only=True)
class DeadLimit:
    """The share of the last `window` patients of whom nothing could be read, once there were `least` of them.

    Patients are counted, never facts: whatever one patient's watch sends is one. The default lets a few events of
    another version through and stops a program that reads nothing any more.
    """

    window: int = 400
    least: int = 100
    share: float = 0.95
    _dead: dict[str, bool] = field(
        default_factory=dict
    )  # whether a patient's last batch was, the latest last

    def check(self, dead: Collection[str], good: Collection[str]) -> None:
        """Count the patients of a batch before it is acted on; raises `DeadFloodError` past the limit.

        A patient of whom anything was good is good.
        """
        now = dict.fromkeys(dead, True) | dict.fromkeys(good, False)
        for patient, bad in now.items():
            self._dead.pop(patient, None)
            self._dead[patient] = bad
        while len(self._dead) > max(self.window, len(now)):
            del self._dead[next(iter(self._dead))]
        seen, lost = len(self._dead), sum(self._dead.values())
        if dead and seen >= self.least and lost > self.share * seen:
            raise DeadFloodError(
                f"nothing of {lost} of the last {seen} patients could be read: stopped before sending"
            )


def read_letter(headers: Sequence[tuple[str, bytes]]) -> list[DeadLetter]:
    """Return the lines of one dead letter, one a listed reject."""
    reported = {name: data.decode(errors="replace") for name, data in headers}
    rejects: list[Any] = loads(reported.get("rejects", "[]")) or [
        [reported.get("where", ""), reported.get("why", "")]
    ]
    received = number(reported.get("received_ms", "").encode(), -1)
    return [
        DeadLetter(
            topic=reported.get("topic", ""),
            partition=int(reported.get("partition", -1)),
            offset=int(reported.get("offset", -1)),
            kind=reported.get("kind", ""),
            where=where,
            why=why,
            connector=reported.get("connector", ""),
            received_ms=None if received < 0 else received,
            sha256=reported.get("sha256", ""),
            size=number(reported.get("size", "").encode(), 0),
        )
        for where, why in rejects
    ]


async def read_dead(brokers: str, *, seconds: float = 30.0) -> AsyncIterator[DeadLetter]:
    """Read `kadens.dead` from its start to the end it has now, without a group. TimeoutError after `seconds`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with asyncio.timeout(seconds), started(consumer):
        places = [TopicPartition(DEAD.name, number) for number in range(DEAD.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        left = {location for location in places if ends[location] > starts[location]}
        while left:
            for position, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    for letter in read_letter(record.headers):
                        yield letter
                if records and records[-1].offset + 1 >= ends[position]:
                    left.discard(position)
