"""The collaborators of a worker process, opened once and passed to its functions."""

from collections.abc import Callable
from dataclasses import dataclass, field

from model.keyring import KeyRing, Keys
from model.messages.outgoing import ONLY_MAIL
from storage.alerts.store import WORKLIST
from storage.bodies.body_store import BodyStorage
from storage.pg.pool import Pool
from stream.dead.letters import DeadLimit
from stream.log.ledger import Ledger
from stream.log.messages import Producer
from stream.metrics import WorkerMetrics
from stream.readers.pool import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators:
    """Pool, log, body store, reader, wrapping keys and clock of a worker.

    `now` returns epoch ms. `link` is the address of the worklist, for messages, and `ways` are
    the channels on which messages leave. All batches share
    `limit`.
    """

    pool: Pool
    producer: Producer
    ledger: Ledger
    bodies: BodyStorage
    reader: Reader
    wrapping: Keys
    now: Callable[[], int]
    metrics: WorkerMetrics
    link: str = WORKLIST
    ways: frozenset[str] = ONLY_MAIL
    limit: DeadLimit = field(default_factory=DeadLimit)

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap data keys now; a rotation changes them, so never keep them."""
        return self.wrapping()
