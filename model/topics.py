"""The topic table: every topic of Kadens, what it carries, its key, partitions and retention."""

from dataclasses import dataclass

from model.calendar import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic with its key, its number of partitions and its retention.

    Wherever a patient is known the key is the patient, so that the same worker gets all messages of
    a patient. `cleanup` is the broker's policy: "delete" drops messages after `retention_ms`,
    "compact" keeps the newest message of each key.
    """

    name: str
    key: str
    value: str
    partitions: int
    retention_ms: int
    max_message_bytes: int = 2 * 1024 * 1024
    is_stamped_by_broker: bool = False
    cleanup: str = "delete"

    def config(self) -> dict[str, str]:
        """Return the broker's settings for this topic."""
        stamped = {"message.timestamp.type": "LogAppendTime"} if self.is_stamped_by_broker else {}
        result = {"cleanup.policy": self.cleanup, "retention.ms": str(self.retention_ms)}
        return {**result, "max.message.bytes": str(self.max_message_bytes), **stamped}


RAW = Topic(
    name="kadens.raw",
    key="SHA-256 of the body",
    value="the body as received, sealed where its patient is known; headers hold the envelope",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
RAW_LARGE = Topic(
    name="kadens.raw.large",
    key="SHA-256 of the body",
    value="empty: the body is in the body store, sealed where its patient is known; "
    "headers hold the envelope",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
FACTS = Topic(
    name="kadens.facts",
    key="patient",
    value="one attributed fact as JSON",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
FACTS_LARGE = Topic(
    name="kadens.facts.large",
    key="patient",
    value="one attributed fact as JSON, of a large payload; facts may come in any order",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
DERIVED = Topic(
    name="kadens.derived",
    key="patient",
    value="what changed, as JSON",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
DEAD = Topic(
    name="kadens.dead",
    key="topic, partition and offset of the message",
    value=(
        "nothing; headers say which message it was and why it is here. "
        "Its body lies sealed with its row"
    ),
    partitions=1,
    retention_ms=30 * DAY_MS,
)
REVOKED = Topic(
    name="kadens.revoked",
    key="digest of a revoked link token",
    value="when the token would have expired, epoch ms; none once it has",
    partitions=1,
    retention_ms=-1,
    cleanup="compact",
)

CLOCK = Topic(
    name="kadens.clock",
    key="none",
    value="nothing: only the broker's time of the message is of use, to check a door's clock by",
    partitions=1,
    retention_ms=HOUR_MS,
    max_message_bytes=1024,
    is_stamped_by_broker=True,
)

TOPICS: tuple[Topic, ...] = (RAW, RAW_LARGE, FACTS, FACTS_LARGE, DERIVED, DEAD, REVOKED, CLOCK)
