"""Messages as plain values, and the protocol by which the worker's functions send: `Producer`.

This module must not import Faust or aiokafka, so that the functions can be tested without a broker.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

# bytes of values in a run, which bounds what a transaction works on however large its messages are
MOST_RUN_BYTES = 8 * 1024 * 1024

Partition = tuple[str, int]  # topic and number
Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it is on the log."""

    topic: str
    partition: int
    offset: int
    value: bytes
    key: bytes = b""
    headers: Headers = ()

    @property
    def location(self) -> tuple[str, int, int]:
        """Return its topic, partition and offset, which identify it on its log."""
        return self.topic, self.partition, self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to append.

    The log's partitioner hashes `key`, so the messages of one patient stay in order. With `forget`
    a compacted topic removes the key, and `value` is ignored.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()
    forget: bool = False


def portions(
    messages: Iterable[Outgoing], most: int = 500, most_bytes: int = MOST_RUN_BYTES
) -> Iterator[list[Outgoing]]:
    """Yield messages in lists of at most `most` messages and about `most_bytes` of values.

    It is lazy, so memory is bounded however many messages a payload becomes.
    """
    portion: list[Outgoing] = []
    size = 0
    for message in messages:
        portion.append(message)
        size += len(message.value)
        if len(portion) >= most or size >= most_bytes:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


class Producer(Protocol):
    """Appends to the log."""

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Append all messages and return their offsets; order within a key is kept.

        Returns once every message is on all in-sync replicas, and raises otherwise.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Messages of one partition without a gap: offsets [first, next)."""

    topic: str
    partition: int
    messages: tuple[Message, ...]

    @property
    def first(self) -> int:
        """Return the first offset."""
        return self.messages[0].offset

    @property
    def next(self) -> int:
        """Return the offset after the last message."""
        return self.messages[-1].offset + 1

    def since(self, offset: int) -> tuple[Message, ...]:
        """Return the messages at or after `offset`."""
        # a run has no gap, so the position of an offset is known
        return self.messages[max(offset - self.first, 0) :]


def messages_of(batch: Iterable[Run]) -> list[Message]:
    """Return the messages of a batch, run after run."""
    messages: list[Message] = []
    for run in batch:
        messages += run.messages
    return messages


def runs_of(messages: Iterable[Message], most_bytes: int = MOST_RUN_BYTES) -> list[Run]:
    """Group messages by partition in offset order, each offset once, cut at missing offsets.

    A cut is not an error here: the ledger distinguishes a hole from a replay when the second run
    is claimed. Runs are also cut where their values would be more than `most_bytes`.
    """
    # Faust delivers an offset twice after a rebalance; the last delivery is as good as the first
    unique = {message.location: message for message in messages}
    groups: list[list[Message]] = []
    size = 0
    for location in sorted(unique):
        message = unique[location]
        size += len(message.value)
        if groups and _follows(groups[-1][-1], message) and size <= most_bytes:
            groups[-1].append(message)
        else:
            groups.append([message])
            size = len(message.value)
    return list(map(_run, groups))


def batches(messages: Iterable[Message], most_bytes: int = MOST_RUN_BYTES) -> list[list[Run]]:
    """Group messages into batches, to be worked on in turn, with at most one run of each partition.

    A transaction then claims one run of a partition. A hole after that run is detected only once
    the run is committed.
    """
    grouped: list[list[Run]] = []
    runs_so_far: Counter[Partition] = Counter()
    for run in runs_of(messages, most_bytes):
        partition = run.topic, run.partition
        # the nth run of a partition goes into the nth batch
        if runs_so_far[partition] == len(grouped):
            grouped.append([])
        grouped[runs_so_far[partition]].append(run)
        runs_so_far[partition] += 1
    return grouped


def _run(group: Sequence[Message]) -> Run:
    return Run(topic=group[0].topic, partition=group[0].partition, messages=tuple(group))


def _follows(last: Message, message: Message) -> bool:
    same = (last.topic, last.partition) == (message.topic, message.partition)
    return same and message.offset == last.offset + 1
