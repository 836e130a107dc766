"""The parts of a worker over a real database, with a producer that keeps what is sent."""

from pathlib import Path
from typing import Any, cast

from model.keyring import KeyRing
from storage.bodies.body_store import Directory
from storage.people import accounts, care_team, consents, patients
from storage.pg.pool import Connection, Pool
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


async def link_new_patient(conn: Connection, patient: str, connector: str, account: str) -> None:
    """Add a patient in a care unit of their own, who consents to a connector, with an account."""
    await care_team.add_unit(conn, f"unit-{patient}")
    await patients.add_patient(
        conn,
        wrapping_key=KEPT_KEY,
        unit=f"unit-{patient}",
        zone="Europe/Stockholm",
        now_ms=0,
        pseudonym=patient,
    )
    await consents.give_consent(conn, patient, connector, from_ms=0, now_ms=0)
    await accounts.link_account(conn, patient, connector, account, 0)
