"""What the worker's functions work with: the collaborators of one process, opened once. Holds no state of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..storage.body_store import BodyStore
from ..storage.pool import Pool
from ..storage.verdicts import WORKLIST
from .dead import DeadLimit
from .ledger import Ledger
from .messages import Producer
from .metrics import Metrics
from .readers.pool import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Pool, log, body store, key and clock of a worker. `now` gives epoch ms, `link` is where mails send."""

    pool: Pool
    producer: Producer
    ledger: Ledger
    bodies: BodyStore
    reader: Reader
    wrapping_key: bytes
    now: Callable[[], int]
    metrics: Metrics
    link: str = WORKLIST
    limit: DeadLimit = field(default_factory=DeadLimit)
