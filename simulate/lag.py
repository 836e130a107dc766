"""Measures how far a consumer group is behind, and keeps a sender from running ahead of it.

The mock broker silently drops messages once a partition holds more than 5 MiB. The bytes in flight
must therefore never exceed `MOST_BYTES`. On Apache Kafka the gate only keeps the log short.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from runtime.retries import attempts

MOST_BYTES = 12 * 1024 * 1024
_MOST_FACTS = 60  # events in one partition of the facts topic
POLL_S = 0.05
_ANSWER_S = 5.0
_PATIENCE_S = 60.0
# errors that a broker gives only for a short time, while it elects a leader or a coordinator
PASSING = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's own codes begin with an underscore
        KafkaError._TRANSPORT,  # noqa: SLF001 - as above
    }
)

Lag = Mapping[tuple[str, int], int]


class Behind:
    """Reads from a broker how many messages of each partition a group has not committed.

    It never joins the group. `topics` holds the number of partitions by topic.
    """

    def __init__(self, brokers: str, group: str, topics: Mapping[str, int]) -> None:
        self._partitions: list[TopicPartition] = []
        for name, count in topics.items():
            self._partitions += [TopicPartition(name, n) for n in range(count)]
        self._consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group,
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )

    def __call__(self) -> dict[tuple[str, int], int]:
        """Return the number of messages behind, by topic and partition.

        Raises KafkaException when no broker answers for `_PATIENCE_S`.
        """
        for attempt in attempts(_passes, pause_s=POLL_S, within_s=_PATIENCE_S):
            with attempt:
                lag = self._ask()
        return lag

    def _ask(self) -> dict[tuple[str, int], int]:
        lags = {}
        for position in self._consumer.committed(self._partitions, timeout=_ANSWER_S):
            low, high = self._consumer.get_watermark_offsets(position, timeout=_ANSWER_S)
            # without a commit the offset is negative, and old messages may have been removed
            lags[position.topic, position.partition] = high - max(position.offset, low)
        return lags

    def close(self) -> None:
        """Close the connection to the broker."""
        self._consumer.close()


def _passes(error: Exception) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() in PASSING


class Gate:
    """Lets bodies through while the bytes in flight stay below `MOST_BYTES`.

    `behind` returns the lag. `raw` names the topic of the bodies, and `facts` the topic of facts.
    """

    def __init__(self, behind: Callable[[], Lag], *, raw: str, facts: str) -> None:
        self._behind, self._raw, self._facts = behind, raw, facts
        self._flying: deque[int] = deque()

    def pass_(self, weight: int) -> None:
        """Wait until another body of about `weight` bytes may be sent, and count it."""
        while self._flying and sum(self._flying) + weight > MOST_BYTES:
            if not self._landed():
                time.sleep(POLL_S)
        self._flying.append(weight)

    def _landed(self) -> bool:
        """Stop counting the bodies that the group has finished; return whether there were any.

        Bodies are finished roughly in the order in which they were sent, so the oldest go first.
        """
        lag = self._behind()
        if (
            max((n for (topic, _), n in lag.items() if topic == self._facts), default=0)
            > _MOST_FACTS
        ):
            return False
        waiting, before = (
            sum(n for (topic, _), n in lag.items() if topic == self._raw),
            len(self._flying),
        )
        while len(self._flying) > waiting:
            self._flying.popleft()
        return len(self._flying) < before


def wait_idle(
    behind: Callable[[], Lag], *, seconds: float, clock: Callable[[], float] = time.monotonic
) -> bool:
    """Wait until the group has committed everything; False when it has not within `seconds`."""
    deadline = clock() + seconds
    while any(behind().values()):
        if clock() > deadline:
            return False
        time.sleep(POLL_S)
    return True
