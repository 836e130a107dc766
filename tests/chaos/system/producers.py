"""The producers of a cluster, and what the log holds.

They append, count acknowledgements, and empty the log between runs.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from model.topics import FACTS, RAW, TOPICS, Topic
from tests.chaos.schedule import PRODUCERS, Copy
from tests.chaos.world import Posted
from tests.rows import matching

FORGETTING = tuple(matching(TOPICS, cleanup="delete"))  # a compacted topic keeps its records
_ANSWER_S = 10.0
FLUSH_S = 120.0
_AGAIN_S = 0.1
_T = TypeVar("_T")


class Producers:
    """Two producers and an admin client of the cluster at `address`."""

    def __init__(self, address: str) -> None:
        self._client: dict[str, str | int | float | bool] = {
            "bootstrap.servers": address,
            "log_level": 0,
        }
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []
        self._producers = [
            Producer({**self._client, "linger.ms": 5, "enable.idempotence": True})
            for _ in range(PRODUCERS)
        ]
        self._admin = AdminClient(self._client)

    def append(self, copies: Sequence[Copy], bodies: Sequence[Posted]) -> None:
        """Append messages to `kadens.raw`; `flush` waits for them."""
        for copy in copies:
            item = bodies[copy.body]
            self._producers[copy.producer].produce(
                RAW.name,
                item.value,
                key=item.sha256.encode(),
                headers=list(item.headers),
                on_delivery=self._note(item.sha256),
            )

    def poll(self) -> None:
        """Take in what was acknowledged by now."""
        for producer in self._producers:
            producer.poll(0)

    def flush(self) -> None:
        """Return when everything is acknowledged; AssertionError when the log refused any."""
        for producer in self._producers:
            assert not producer.flush(FLUSH_S), "messages are not acknowledged"
        assert not self.refused, self.refused

    def ends(self) -> tuple[int, int]:
        """Return the sums of the end offsets of `kadens.raw` and `kadens.facts`."""
        ends = self._ends((RAW, FACTS))
        sums: Counter[str] = Counter()
        for end in ends:
            sums[end.topic] += end.offset
        return sums[RAW.name], sums[FACTS.name]

    def forget(self) -> int:
        """Move the start of every partition to its end.

        Return the sum of the ends of raw and facts.
        """
        self.acknowledged, self.refused = set(), []
        for future in self._admin.delete_records(
            self._ends(FORGETTING), request_timeout=_ANSWER_S
        ).values():
            future.result()
        return sum(self.ends())

    def in_sync(self, copies: int) -> bool:
        """Tell whether every partition has so many copies that are up to date."""
        for topic in self._admin.list_topics(timeout=_ANSWER_S).topics.values():
            if any(len(part.isrs) < copies for part in topic.partitions.values()):
                return False
        return True

    def _ends(self, topics: Sequence[Topic]) -> list[TopicPartition]:
        partitions: list[TopicPartition] = []
        for topic in topics:
            partitions += [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        list_offsets = self._admin.list_offsets(
            dict.fromkeys(partitions, latest), request_timeout=_ANSWER_S
        )
        try:
            return [
                TopicPartition(at.topic, at.partition, result.result().offset)
                for at, result in list_offsets.items()
            ]
        except (
            KafkaException
        ):  # this client goes on asking with the leaders it knew before a broker's restart
            self._admin = AdminClient(self._client)
            raise

    def _note(self, sha256: str) -> Any:  # noqa: ANN401 - the client ships no types
        def note(error: KafkaError | None, _message: object) -> None:
            if error is None:
                self.acknowledged.add(sha256)
            else:
                self.refused.append(str(error))

        return note


def patiently(ask: Callable[[], _T], seconds: float = 60.0) -> _T:
    """Retry while a broker that was just started names its leaders.

    After `seconds` the error is raised.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(_AGAIN_S)
