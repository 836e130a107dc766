"""How far a consumer group is behind, and the gate that keeps a sender from running ahead of it.

The mock broker drops what is older than 5 MiB in a partition without a word; so must never be more in flight than
`MOST_BYTES`. On Apache Kafka the gate only keeps the log short.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

MOST_BYTES = 12 * 1024 * 1024
MOST_FACTS = 60  # events in one partition of the facts topic
POLL_S = 0.05
_ANSWER_S = 5.0
_PATIENCE_S = 60.0
PASSING = frozenset(  # a broker says these while a group finds its coordinator, and nobody says them for long
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's own codes begin so
        KafkaError._TRANSPORT,  # noqa: SLF001 - as above
    }
)

Lag = Mapping[tuple[str, int], int]


class Behind:
    """Asks a broker how many messages of each partition a group has not committed; it never joins the group."""

    def __init__(self, brokers: str, group: str, topics: Mapping[str, int]) -> None:
        self._places = [
            TopicPartition(name, n) for name, count in topics.items() for n in range(count)
        ]
        self._consumer = Consumer(
            {
                "bootstrap.servers": brokers,
                "group.id": group,
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )

    def __call__(self) -> dict[tuple[str, int], int]:
        """Return the number of messages behind, by topic and partition; KafkaException when nobody answers."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self._ask()
            except KafkaException as error:
                if error.args[0].code() not in PASSING or time.monotonic() > deadline:
                    raise
                time.sleep(POLL_S)

    def _ask(self) -> dict[tuple[str, int], int]:
        matches = {}
        for position in self._consumer.committed(self._places, timeout=_ANSWER_S):
            low, high = self._consumer.get_watermark_offsets(position, timeout=_ANSWER_S)
            matches[position.topic, position.partition] = high - max(position.offset, low)
        return matches

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


class Gate:
    """Lets bodies through while what is in flight stays small. `behind` tells the lag, `raw` names the first topic."""

    def __init__(self, behind: Callable[[], Lag], *, raw: str, facts: str) -> None:
        self._behind, self._raw, self._facts = behind, raw, facts
        self._flying: deque[int] = deque()

    def pass_(self, weight: int) -> None:
        """Wait until one more body of about `weight` bytes may go, and count it."""
        while self._flying and sum(self._flying) + weight > MOST_BYTES:
            if not self._landed():
                time.sleep(POLL_S)
        self._flying.append(weight)

    def _landed(self) -> bool:
        """Forget what the group has finished; True when that was anything."""
        lag = self._behind()
        if (
            max((n for (topic, _), n in lag.items() if topic == self._facts), default=0)
            > MOST_FACTS
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
