"""Makes log and database of `kadens up` ready: topics and schema. What they refuse becomes a `StartFailed`."""

import asyncio
from collections.abc import Mapping

from confluent_kafka import KafkaException

from .embedded.process import StartFailed
from .embedded.topics import brokers_answering, create_topics
from .storage.health import AWAY, NOT_OURS, WRONG_ADDRESS
from .storage.migrate import MigrationError, migrate
from .storage.pool import COMMAND, address
from .storage.roles import PROCESSES, process_logins
from .stream.topics import TOPICS

REFUSED: tuple[type[Exception], ...] = (*AWAY, *NOT_OURS, *WRONG_ADDRESS, MigrationError)


def ready_log(address: str) -> None:
    """Make the topics at a broker that must answer; raises `StartFailed`."""
    if not brokers_answering(address):
        raise StartFailed("log", f"no Kafka answers at {address}")
    try:
        create_topics(address, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS})
    except KafkaException as error:
        raise StartFailed("log", f"the topics were not made at {address}: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise StartFailed("log", f"Kafka at {address} does not answer") from error


def ready_database(dsn: str) -> list[str]:
    """Bring the schema up to date and return what was applied; raises `StartFailed`."""
    try:
        return asyncio.run(migrate(dsn))
    except REFUSED as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise StartFailed("database", reason[0]) from error


def logins_of(dsn: str, *, is_embedded: bool) -> Mapping[str, str]:
    """Return the DSN of each process's role: a login of its own on our own server, else the one that was given."""
    return asyncio.run(process_logins(dsn, address(dsn, COMMAND))) if is_embedded else dict.fromkeys(PROCESSES, dsn)
