"""Makes secrets, log and database of `kadens up` ready. What is refused becomes a `StartFailed`.

A missing secrets file is never replaced by fresh keys as long as anything is kept that the old keys
sealed.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import KafkaException

from kadens.embedded.process import StartFailed
from kadens.embedded.topics import brokers_answering, create_topics
from kadens.local.runtime import SECRETS, leftovers, secrets_in
from kadens.output.file_errors import first_line
from kadens.settings import Secrets, SettingsError
from model.keyring import KeyRing
from model.topics import TOPICS
from storage.bodies.wrapping import ForeignKeysError, check_keys, holds_data
from storage.pg.granting import RoleError, process_logins
from storage.pg.health import AWAY, NOT_OURS, WRONG_ADDRESS
from storage.pg.migrate import MigrationError, migrate
from storage.pg.pool import COMMAND, address, open_pool
from storage.pg.roles import ADMIN, MIGRATE, PROCESSES

_T = TypeVar("_T")
REFUSED: tuple[type[Exception], ...] = (*AWAY, *NOT_OURS, *WRONG_ADDRESS, MigrationError, RoleError)
BRING = "bring the file back; fresh keys would open nothing of it"


def own_secrets(data: Path, database: str) -> tuple[Path, Secrets]:
    """Return a data folder's secrets file and its content; make it if nothing needs old keys.

    `database` is the DSN of a database elsewhere, "" for our own. Raises `StartFailed` when the
    file is missing and something needs its keys.
    """
    if not (data / SECRETS).exists():
        # Fresh keys would open nothing that exists, and the loss would show only later.
        left = leftovers(data) or (
            "the database" if database and _run(_holds_data(database)) else ""
        )
        if left:
            needed = f"{data / SECRETS} is missing, and {left} holds what only its keys can open"
            raise StartFailed("secrets", f"{needed}: {BRING}")
    try:
        return secrets_in(data)
    except SettingsError as error:
        raise StartFailed("secrets", str(error)) from error


def ready_keys(dsn: str, keys: KeyRing, now_ms: int) -> None:
    """Record the wrapping keys in the database; raises `StartFailed` unless they belong to it."""
    try:
        _run(_check_keys(dsn, keys, now_ms))
    except ForeignKeysError as error:
        raise StartFailed("secrets", str(error)) from error


def ready_log(brokers: str) -> None:
    """Make the topics at a broker that must answer; raises `StartFailed`."""
    # Checked first, because making topics would wait long for a broker that is not there.
    if not brokers_answering(brokers):
        raise StartFailed("log", f"no Kafka answers at {brokers}")
    try:
        create_topics(brokers, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS})
    except KafkaException as error:
        raise StartFailed(
            "log", f"the topics were not made at {brokers}: {error.args[0].str()}"
        ) from error
    except TimeoutError as error:
        raise StartFailed("log", f"Kafka at {brokers} does not answer") from error


def ready_database(dsn: str) -> list[str]:
    """Bring the schema up to date and return what was applied; raises `StartFailed`."""
    return _run(migrate(dsn))


def logins_of(dsn: str, *, is_embedded: bool) -> Mapping[str, str]:
    """Return the DSN of each process's role, and that of the login that migrates.

    On our own server each process gets its own login; elsewhere all get the given DSN.
    """
    # Elsewhere the roles are the administrator's, and we may not be allowed to make logins.
    logins = (
        asyncio.run(process_logins(dsn, address(dsn, COMMAND)))
        if is_embedded
        else dict.fromkeys(PROCESSES, dsn)
    )
    return {**logins, MIGRATE: dsn}


async def _holds_data(dsn: str) -> bool:
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        return await holds_data(conn)


async def _check_keys(dsn: str, keys: KeyRing, now_ms: int) -> None:
    async with await open_pool(dsn, max_size=1, role=ADMIN) as pool, pool.connection() as conn:
        await check_keys(conn, keys, now_ms, record=True)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run work on the database; raises `StartFailed` for what the database refuses."""
    try:
        return asyncio.run(work)
    except REFUSED as error:
        # The lines after the first quote statements, which may hold values.
        raise StartFailed("database", first_line(error)) from error
