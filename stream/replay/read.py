"""Reads the kept bodies of one patient and connector with today's parser. It changes nothing.

Only a summary of each body (`BodyReading`) is kept between transactions. The facts themselves are
read again when they are stored, so that years of samples need not fit in memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.errors import BodyError
from model.facts import AttributedFact
from parsers.formats import version_of
from storage.bodies.kept_bodies import KeptBody, kept_of, open_kept
from storage.people import consents, data_keys, patients
from storage.pg.crypto import SealError
from storage.pg.pool import Connection
from stream.reading import attributed_facts, parse_body
from stream.replay.context import ReplayContext
from stream.replay.plan import BodyReading, read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class BodiesRead:
    """Kept bodies by SHA-256 (hex), and the readings of those that could be read.

    Bodies in `unreadable` could not be opened or read. Those in `no_consent` were not covered by a
    consent when they were received. A body that a newer parser than today's has read is in none of
    `readings`, `unreadable` and `no_consent`.
    """

    kept: Mapping[str, KeptBody]
    readings: Mapping[str, BodyReading]
    unreadable: frozenset[str] = frozenset()
    no_consent: frozenset[str] = frozenset()


NOTHING_READ = BodiesRead(kept={}, readings={})


async def kept_bodies(conn: Connection, patient: str, connector: str) -> dict[str, KeptBody]:
    """Return a patient's kept bodies from a connector by SHA-256 (hex), in order of receipt."""
    kept: dict[str, KeptBody] = {}
    for body in await kept_of(conn, patient):
        if body.envelope.connector == connector:
            kept[body.envelope.sha256] = body
    return kept


async def read_more(
    conn: Connection,
    context: ReplayContext,
    patient: str,
    kept: Mapping[str, KeptBody],
    before: BodiesRead,
) -> BodiesRead:
    """Return `before` with the other bodies of `kept` read as well.

    All of them are of the same patient and connector.
    """
    new = {sha: body for sha, body in kept.items() if sha not in before.kept}
    zone = await patients.zone_of(conn, patient)
    allowed = await _consented(conn, patient, new)
    key = await data_keys.data_key(conn, context.wrapping_key, patient)
    readings = dict(before.readings)
    unreadable: set[str] = set()
    for number, (sha, body) in enumerate(new.items(), len(before.kept) + 1):
        # a body that a newer program has read stays as that program read it
        if sha in allowed and body.parser <= version_of(body.format):
            facts = await _facts(conn, context, key, patient, zone, body)
            if facts is None:
                unreadable.add(sha)
            else:
                readings[sha] = read_facts(facts)
        context.progress(number, len(kept))
    return BodiesRead(
        kept={**before.kept, **new},
        readings=readings,
        unreadable=before.unreadable | unreadable,
        no_consent=before.no_consent | (new.keys() - allowed),
    )


async def facts_of(
    conn: Connection, context: ReplayContext, patient: str, zone: str, bodies: Iterable[KeptBody]
) -> list[AttributedFact]:
    """Return the facts of the bodies that can be read, in order of the bodies' SHA-256."""
    key = await data_keys.data_key(conn, context.wrapping_key, patient)
    facts: list[AttributedFact] = []
    # in one order always, so that a replay that is run again writes the same
    for body in sorted(bodies, key=lambda body: body.envelope.sha256):
        facts += await _facts(conn, context, key, patient, zone, body) or []
    return facts


async def _consented(conn: Connection, patient: str, bodies: Mapping[str, KeptBody]) -> set[str]:
    """Return the bodies that a consent covered when they were received."""
    hashes = list(bodies)
    receipts: list[tuple[str, str, int]] = []
    for body in bodies.values():
        envelope = body.envelope
        receipts.append((patient, envelope.connector, envelope.received_ms))
    covered = await consents.covered(conn, receipts) if receipts else set()
    return {hashes[index] for index in covered}


async def _facts(
    conn: Connection,
    context: ReplayContext,
    key: bytes,
    patient: str,
    zone: str,
    kept: KeptBody,
) -> list[AttributedFact] | None:
    """Return the facts of a body, None if it cannot be opened or read."""
    try:
        body = await open_kept(conn, context.bodies, key, patient, kept)
        if body is None:
            return None
        parsed = await parse_body(kept.envelope, body, kept.format)
    # one bad body must not stop the others: what is stored of it stays, and the report counts it
    except (BodyError, SealError):
        return None
    return attributed_facts(kept.envelope, parsed, patient, zone, kept.format)
