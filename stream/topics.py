"""The topic table: every topic of Kadens, what it carries, its key, partitions and retention."""

from dataclasses import dataclass

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. Partition by patient wherever a patient is known, so that one worker sees all of a patient.

    `cleanup` is the broker's policy: "delete" forgets after `retention_ms`, "compact" keeps the newest of each key.
    """

    name: str
    key: str
    value: str
    partitions: int
    retention_ms: int
    max_message_bytes: int = 2 * 1024 * 1024
    cleanup: str = "delete"

    def config(self) -> dict[str, str]:
        """Return the broker's settings for this topic."""
        said = {"cleanup.policy": self.cleanup, "max.message.bytes": str(self.max_message_bytes)}
        return {**said, "retention.ms": str(self.retention_ms)}


RAW = Topic(
    name="kadens.raw",
    key="SHA-256 of the body",
    value="the body as received; headers hold the envelope",
    partitions=8,
    retention_ms=7 * DAY_MS,
)
FACTS = Topic(name="kadens.facts", key="patient", value="one Told as JSON", partitions=8, retention_ms=7 * DAY_MS)
DERIVED = Topic(
    name="kadens.derived", key="patient", value="what changed, as JSON", partitions=8, retention_ms=7 * DAY_MS
)
DEAD = Topic(
    name="kadens.dead",
    key="topic, partition and offset of the message",
    value="the message as it was; headers say where it came from and why it is here",
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

TOPICS: tuple[Topic, ...] = (RAW, FACTS, DERIVED, DEAD, REVOKED)
