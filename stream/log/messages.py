"""Messages as the worker's functions see them, whatever client read them, and the one door out: `Producer`.

Must never know Faust or aiokafka: these are plain values, so that the functions can be tested without a broker.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_BYTES = (
    8 * 1024 * 1024
)  # values of one run: what a transaction works on at once, however big its messages are

Partition = tuple[str, int]  # topic and number
Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the log, as it lies there."""

    topic: str
    partition: int
    offset: int
    value: bytes
    key: bytes = b""
    headers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to append. The log's partitioner hashes `key`, so all of one patient stays in order.

    With `forget` a compacted topic forgets the key; `value` then says nothing.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()
    forget: bool = False


def portions(
    messages: Iterable[Outgoing], most: int = 500, most_bytes: int = MOST_BYTES
) -> Iterator[list[Outgoing]]:
    """Cut messages into lists of at most `most` messages and about `most_bytes` of values, made as they are asked for.

    So what is under way at once is bounded, however many messages a body becomes.
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
    """Appends to the log. Returns once every message is on all in-sync replicas; raises when one is not."""

    async def send_all(self, messages: Sequence[Outgoing]) -> list[int]:
        """Append all messages and return their offsets; order within a key is kept."""


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
        """Return the offset after the last."""
        return self.messages[-1].offset + 1

    def since(self, offset: int) -> tuple[Message, ...]:
        """Return the messages at or after `offset`."""
        return tuple(message for message in self.messages if message.offset >= offset)


def runs(messages: Iterable[Message], most_bytes: int = MOST_BYTES) -> list[Run]:
    """Group messages by partition, in offset order, each offset once, cut where an offset is missing.

    A cut is not an error here: the second run meets `stream_offset`, which tells a hole from a replay. Runs are also
    cut where their values would be more than `most_bytes`.
    """
    unique = {(message.topic, message.partition, message.offset): message for message in messages}
    matches: list[list[Message]] = []
    size = 0
    for position in sorted(unique):
        message = unique[position]
        last = matches[-1][-1] if matches else None
        size += len(message.value)
        if last is not None and _follows(last, message) and size <= most_bytes:
            matches[-1].append(message)
        else:
            matches.append([message])
            size = len(message.value)
    return [
        Run(topic=run[0].topic, partition=run[0].partition, messages=tuple(run)) for run in matches
    ]


def batches(messages: Iterable[Message], most_bytes: int = MOST_BYTES) -> list[list[Run]]:
    """Group messages into batches, one to be worked off after the other, none with two runs of one partition.

    So what one transaction claims of a partition is one run, and a hole after it is met once that is committed.
    """
    matches: list[list[Run]] = []
    of: Counter[tuple[str, int]] = Counter()
    for run in runs(messages, most_bytes):
        position = run.topic, run.partition
        if of[position] == len(matches):
            matches.append([])
        matches[of[position]].append(run)
        of[position] += 1
    return matches


def _follows(last: Message, message: Message) -> bool:
    same = (last.topic, last.partition) == (message.topic, message.partition)
    return same and message.offset == last.offset + 1
