"""Dead letters: how one is written, how many are too many, and how they are read back without a consumer group.

A dead letter is the message as it was, with headers that say where it came from and why it is here. `why` and
`where` never hold a value from the body. What comes from outside may be as bad as it likes: one sender's bad day must
not stop the others, and its bodies lie here and in the raw topic. The limit binds on `kadens.facts`, which only we
write: a deploy that cannot read nearly all of it must stop rather than pour, so `DeadLimit.check` runs before
anything of a batch is sent and the process ends with `DeadFloodError`, with nothing acknowledged.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from ..model.codec import dumps, loads
from ..model.facts import Reject
from .log import started
from .messages import Headers, Message, Outgoing
from .topics import DEAD

LISTED = 50  # rejects named in one dead letter; `rejected` counts them all


class DeadFloodError(RuntimeError):
    """Nearly everything would become a dead letter: this program, not its input, is the likely fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One line of `kadens dead`: what could not be read, where it lies, and why."""

    topic: str
    partition: int
    offset: int
    where: str
    why: str
    connector: str
    received_ms: int | None
    sha256: str
    size: int


def dead_letter(message: Message, rejects: Sequence[Reject], *, rejected: int | None = None) -> Outgoing:
    """Return the dead letter of a message: its value and the reasons, of which the first is also `where` and `why`."""
    told = dict(message.headers)
    listed = [[one.where, one.why] for one in rejects[:LISTED]]
    headers: Headers = (
        ("topic", message.topic.encode()),
        ("partition", str(message.partition).encode()),
        ("offset", str(message.offset).encode()),
        ("where", rejects[0].where.encode()),
        ("why", rejects[0].why.encode()),
        ("rejected", str(len(rejects) if rejected is None else rejected).encode()),
        ("rejects", dumps(listed)),
        *(
            (name, told[name])
            for name in ("connector", "received_ms", "sha256", "address", "content_type")
            if name in told
        ),
    )
    key = f"{message.topic}/{message.partition}/{message.offset}".encode()
    return Outgoing(topic=DEAD.name, key=key, value=message.value, headers=headers)


@dataclass(slots=True, kw_only=True)
class DeadLimit:
    """The share of the last `window` bodies that may become dead letters, once `least` were seen.

    The default lets a few events of another version through and stops a program that reads nothing any more.
    """

    window: int = 400
    least: int = 100
    share: float = 0.95
    _outcomes: deque[bool] = field(default_factory=deque)

    def check(self, dead: int, good: int) -> None:
        """Count a batch's outcomes before they are acted on; raises `DeadFloodError` past the limit."""
        self._outcomes.extend([True] * dead + [False] * good)
        while len(self._outcomes) > max(self.window, dead + good):
            self._outcomes.popleft()
        seen, bad = len(self._outcomes), sum(self._outcomes)
        if dead and seen >= self.least and bad > self.share * seen:
            raise DeadFloodError(f"{bad} of the last {seen} messages could not be read: stopped before sending more")


def read_letter(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> list[DeadLetter]:
    """Return the lines of one dead letter, one a listed reject."""
    told = {name: data.decode(errors="replace") for name, data in headers}
    rejects: list[Any] = loads(told.get("rejects", "[]")) or [[told.get("where", ""), told.get("why", "")]]
    received = told.get("received_ms", "")
    return [
        DeadLetter(
            topic=told.get("topic", ""),
            partition=int(told.get("partition", -1)),
            offset=int(told.get("offset", -1)),
            where=where,
            why=why,
            connector=told.get("connector", ""),
            received_ms=int(received) if received.isdigit() else None,
            sha256=told.get("sha256", ""),
            size=len(value or b""),
        )
        for where, why in rejects
    ]


async def read_dead(brokers: str, *, seconds: float = 30.0) -> AsyncIterator[DeadLetter]:
    """Read `kadens.dead` from its start to the end it has now, without a group. TimeoutError after `seconds`."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False)
    async with asyncio.timeout(seconds), started(consumer):
        places = [TopicPartition(DEAD.name, number) for number in range(DEAD.partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        left = {place for place in places if ends[place] > starts[place]}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    for letter in read_letter(record.value, record.headers):
                        yield letter
                if records and records[-1].offset + 1 >= ends[place]:
                    left.discard(place)
