"""Removes what is no longer needed: files that nothing names, sent rows, old letters, extracts.

It never removes a fact. A payload that came in through the store is removed when its message is
settled (`settled_files`). A file that is left in `incoming` has no message, because a vendor door
was killed before it sent one. Such a file can be removed once every message is settled that was on
the log when the file came in: the doors name a payload within `NAMED_WITHIN_S` of storing it, or
refuse it.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiokafka.errors import KafkaError

from model.calendar import DAY_MS
from model.messages.outgoing import ALERTS
from model.topics import DEAD, RAW
from runtime.log_lines import get_logger
from storage.alerts import outbox
from storage.bodies import dead_letters
from storage.bodies.orphans import sweep_incoming, sweep_packed
from storage.erase import remove_erased_bodies
from storage.facts.marking import FACTS_CHANNEL
from storage.rights.journal_extracts import remove_old_extracts
from storage.rights.rights_files import remove_old_files
from stream.collaborators import Collaborators
from stream.dead.resend import NAMED_WITHIN_S
from stream.deriving.derive_batch import DERIVED_CHANNEL
from stream.log.look import LogView
from stream.log.messages import Partition
from stream.revocations import forget_expired

INCOMING_S = (RAW.retention_ms + DAY_MS) / 1000  # the log has no message older than this
MARGIN_S = 12 * NAMED_WITHIN_S  # also covers clocks that differ between door, store and worker
_ANSWER_S = 30.0
SETTLED_LOOKS = 2
# What is sent to the log is soon known there. What left this system can be shown for a while.
_TO_THE_LOG = (DERIVED_CHANNEL, FACTS_CHANNEL)
LOG_KEPT_MS, SENT_KEPT_MS = DAY_MS, 90 * DAY_MS
# The next change of an alert takes back what the last one said: no alert waits for longer.
CHANGES_KEPT_MS = 400 * DAY_MS
LETTERS = 1_000  # removed in one transaction
_log = get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Horizon:
    """Determines the instant before which everything that came in is settled.

    It compares the log's ends, as seen at one time, with the offset ledger at a later time. Two
    such looks are needed in turn: the second covers messages that an agent sent on to another topic
    while the first was worked off.
    """

    _looks: list[tuple[float, Mapping[Partition, int]]] = field(default_factory=list)

    def look(
        self, now_s: float, ends: Mapping[Partition, int], finished: Mapping[Partition, int]
    ) -> float | None:
        """Return the instant (epoch s), None while it is not known.

        `ends` are the log's ends and `finished` the ledger's offsets, by partition.
        """
        if not self._looks:
            self._looks = [(now_s, ends)]
        elif _reached(finished, self._looks[-1][1]):
            self._looks.append((now_s, ends))
        if len(self._looks) <= SETTLED_LOOKS:
            return None
        (settled_s, _), self._looks = self._looks[0], self._looks[-1:]
        return settled_s


def _reached(finished: Mapping[Partition, int], ends: Mapping[Partition, int]) -> bool:
    return all(finished.get(partition, 0) >= end for partition, end in ends.items())


async def clean_up(parts: Collaborators) -> None:
    """Remove rows and files that are older than their time."""
    now = parts.now()
    await sweep_incoming(parts.pool, parts.bodies, INCOMING_S)
    async with parts.pool.connection() as conn:
        await outbox.prune(conn, _TO_THE_LOG, now - LOG_KEPT_MS)
        await outbox.prune(conn, [ALERTS], now - CHANGES_KEPT_MS)
        await outbox.prune(conn, [*_TO_THE_LOG, ALERTS], now - SENT_KEPT_MS, others=True)
        while await dead_letters.expire_letters(conn, now - DEAD.retention_ms, LETTERS):
            await conn.commit()
    async with parts.pool.connection() as conn:
        await remove_erased_bodies(conn, parts.bodies)
        # the ten years of an extract, and the month of a file that was handed over
        await remove_old_extracts(conn, now)
        await remove_old_files(conn, now)
    await forget_expired(parts)


async def sweep_sealed(parts: Collaborators) -> None:
    """Remove sealed bodies that no row names."""
    await sweep_packed(parts.pool, parts.bodies)


async def sweep_settled(
    parts: Collaborators, view: LogView, topics: Collection[str], horizon: Horizon
) -> None:
    """Remove incoming payloads that no message names or will name.

    `topics` are all topics of the offset ledger. They include those whose messages may name a
    payload. While the log does not answer, nothing is removed.
    """
    try:
        async with asyncio.timeout(_ANSWER_S):
            bounds = await view.bounds(topics)
    except (KafkaError, TimeoutError, OSError) as error:
        _log.warning("the broker does not answer the sweep", error=type(error).__name__)
        return
    async with parts.pool.connection() as conn:
        finished = await parts.ledger.finished(conn, topics)
    now_s = time.time()
    ends = {partition: there.end for partition, there in bounds.items()}
    settled_s = horizon.look(now_s, ends, finished)
    if settled_s is not None:
        await sweep_incoming(parts.pool, parts.bodies, now_s - settled_s + MARGIN_S)
