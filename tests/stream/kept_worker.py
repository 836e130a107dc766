"""The parts of a worker over a real database, with a producer that keeps what is sent."""

from pathlib import Path
from typing import Any, cast

from model.keyring import KeyRing
from storage.bodies.body_store import Directory
from storage.pg.pool import Pool
from stream.collaborators import Collaborators
from stream.dead.letters import DeadLimit
from stream.log.ledger import Ledger
from stream.log.messages import Outgoing
from stream.metrics import make_metrics
from stream.readers.inline import InlineReader
from tests.storage.tellers import T0

KEPT_KEY = KeyRing.single(bytes(32))


class KeptProducer:
    """As much of a producer as the functions use; it keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send_all(self, events: list[Outgoing]) -> list[int]:
        self.sent += events
        return list(range(len(events)))


def kept_parts(
    pool: Pool, kept: KeptProducer, folder: Path, cluster: str, *, least: int = 1
) -> Collaborators:
    """Return the parts of a worker at T0; `cluster` names the log of its positions.

    The limit of dead letters applies once `least` patients were seen.
    """
    return Collaborators(
        pool=pool,
        producer=cast("Any", kept),
        ledger=Ledger(cluster=cluster),
        bodies=Directory(folder),
        reader=InlineReader(),
        wrapping=lambda: KEPT_KEY,
        now=lambda: T0,
        metrics=make_metrics(),
        limit=DeadLimit(least=least),
    )
