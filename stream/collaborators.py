"""What the worker's functions work with: the collaborators of one process, opened once. Holds no state of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from model.keyring import KeyRing, Keys
from storage.alerts.store import WORKLIST
from storage.bodies.body_store import BodyStore
from storage.pg.pool import Pool
from stream.dead.letters import DeadLimit
from stream.log.ledger import Ledger
from stream.log.messages import Producer
from stream.metrics import Metrics
from stream.readers.pool import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators:
    """Pool, log, body store, wrapping keys and clock of a worker. `now` gives epoch ms, `link` is where mails send."""

    pool: Pool
    producer: Producer
    ledger: Ledger
    bodies: BodyStore
    reader: Reader
    wrapping: Keys
    now: Callable[[], int]
    metrics: Metrics
    link: str = WORKLIST
    limit: DeadLimit = field(default_factory=DeadLimit)

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap patients' data keys, as they are now; ask anew for each use."""
        return self.wrapping()
