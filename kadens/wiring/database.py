"""Migrates the database, creates missing topics, and checks that the wrapping keys fit."""

# ruff: noqa: PLC0415 - a process loads only what it builds
import asyncio

from kadens.clock import clock
from kadens.settings import Settings
from kadens.wiring.needs import needed


def migrate_database_and_log(settings: Settings) -> list[str]:
    """Bring the schema up to date and make missing topics; return a line for each change."""
    from kadens.embedded.topics import create_topics
    from model.topics import TOPICS
    from storage.pg.migrate import migrate

    done = [f"database: {name}" for name in asyncio.run(migrate(needed(settings, "database")))]
    # the mock broker has all topics from its start, and takes no request to make some
    if settings.kafka and not settings.mock_broker:
        create_topics(
            settings.kafka, {topic.name: (topic.partitions, topic.config()) for topic in TOPICS}
        )
        done.append(f"topics: {', '.join(topic.name for topic in TOPICS)}")
    return done or ["nothing to do"]


def check_database_keys(settings: Settings) -> None:
    """Raise `ForeignKeysError` unless the clinician door's wrapping keys belong to the database."""
    from storage.bodies.wrapping import check_keys
    from storage.pg.pool import CLINIC_LIMITS, open_pool
    from storage.pg.roles import CLINIC

    async def look() -> None:
        # As the door itself: the check also shows that its role may read the keys.
        pool = await open_pool(settings.database, max_size=1, limits=CLINIC_LIMITS, role=CLINIC)
        async with pool, pool.connection() as conn:
            await check_keys(
                conn, settings.secrets.wrapping_keys, clock(settings.clock)(), record=False
            )

    asyncio.run(look())
