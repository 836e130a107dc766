"""The dead letters of a running Kadens, read straight from their topic.

They show which payloads became letters, and from which messages of the log.
"""

import time
from collections import Counter

from confluent_kafka import Consumer, TopicPartition

from model.topics import DEAD

MessageId = tuple[str, str, str]  # topic, partition and offset of the message that became a letter
POLL_S = 0.05


class Letters:
    """Reads the topic on from where it was.

    `found` maps the SHA-256 of a payload to how often each of its messages became a letter.
    """

    def __init__(self, brokers: str) -> None:
        self._client = Consumer(
            {"bootstrap.servers": brokers, "group.id": "attack", "log_level": 0}
        )
        self._client.assign(
            [TopicPartition(DEAD.name, number, 0) for number in range(DEAD.partitions)]
        )
        self._letters: dict[str, Counter[MessageId]] = {}

    def read(self, seconds: float = POLL_S) -> None:
        """Take in what is there, until nothing comes for `seconds`."""
        quiet = time.monotonic() + seconds
        while time.monotonic() < quiet:
            message = self._client.poll(POLL_S)
            if message is not None and message.error() is None:
                headers: list[tuple[str, bytes]] = (
                    message.headers() or []  # type: ignore[assignment]
                )
                self._note({name: value.decode() for name, value in headers})
                quiet = time.monotonic() + seconds

    def of(self, sha256: str) -> int:
        """Return how many letters there are of a body."""
        return self._letters.get(sha256, Counter[MessageId]()).total()

    def doubled(self) -> int:
        """Return how many letters repeat another letter about the same message."""
        return sum(messages.total() - len(messages) for messages in self._letters.values())

    def close(self) -> None:
        """Leave the log."""
        self._client.close()

    def _note(self, values: dict[str, str]) -> None:
        position = values.get("topic", ""), values.get("partition", ""), values.get("offset", "")
        self._letters.setdefault(values.get("sha256", ""), Counter())[position] += 1
