"""Creates the topics that a broker lacks, for `kadens migrate` and `kadens up`; counts brokers.

The mock cluster (`mock.py`) has no CreateTopics: its topics are made through its own object.
"""

import socket
from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its documented module
    AdminClient,
    NewTopic,
)

ANSWER = 10.0  # seconds a broker gets for one administrative answer


def create_topics(
    address: str, topics: Mapping[str, tuple[int, Mapping[str, str]]], *, copies: int = -1
) -> None:
    """Create `{name: (partitions, config)}` at `address`; a topic that exists stays as it is.

    `copies` is the replication factor; -1 takes the broker's default. Raises KafkaException when
    the broker refuses, and TimeoutError when it does not answer.
    """
    plans = [
        NewTopic(name, num_partitions=partitions, replication_factor=copies, config=dict(config))
        for name, (partitions, config) in topics.items()
    ]
    if not plans:
        return
    admin = _admin(address)  # kept in a variable: its destruction would end the requests
    for future in admin.create_topics(
        plans, operation_timeout=ANSWER, request_timeout=ANSWER
    ).values():
        try:
            future.result(timeout=2 * ANSWER)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def brokers_answering(address: str, *, seconds: float = 2.0) -> int:
    """Return the number of brokers that `address` lists; 0 when nothing answers."""
    if not any(_open(item) for item in address.split(",")):
        return 0
    try:
        return len(_admin(address).list_topics(timeout=seconds).brokers)
    except KafkaException:
        return 0


def _admin(address: str) -> AdminClient:
    return AdminClient(
        {"bootstrap.servers": address, "log_level": 0}
    )  # 0: a dead broker is no news here


def _open(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=0.5).close()
    except OSError:
        return False
    return True
