"""Whose a body is, and whether a consent covers it.

The lookups take all bodies of a batch at once. Nothing is written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.people import accounts, consents, link_tokens
from storage.pg.pool import Connection
from stream.reading import Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A body and its patient, None when its account is linked to no patient."""

    read: Read
    patient: str | None


def patients_in(owned: Iterable[Owned]) -> set[str]:
    """Return the patients of bodies; a body of an unlinked account has none."""
    return {entry.patient for entry in owned if entry.patient}


def account_of(owned: Owned) -> tuple[str, str]:
    """Return the connector and the account of a body, "" for a body that names none."""
    return owned.read.envelope.connector, owned.read.parsed.account if owned.read.parsed else ""


async def owners_of(conn: Connection, reads: Sequence[Read]) -> list[Owned]:
    """Name the patient of each body.

    A patient in the envelope (from a link token) comes first. Otherwise it is the patient to whom
    the account was linked when the body was received.
    """
    positions: list[int] = []
    to_look_up: list[tuple[str, str, int]] = []
    for position, item in enumerate(reads):
        parsed, envelope = item.parsed, item.envelope
        # a link token names its patient itself, so no account is looked up for it
        if parsed is not None and parsed.account and not envelope.patient:
            positions.append(position)
            to_look_up.append((envelope.connector, parsed.account, envelope.received_ms))
    owners = await accounts.owners(conn, to_look_up) if to_look_up else {}
    linked = {positions[index]: patient for index, patient in owners.items()}
    owned: list[Owned] = []
    for position, item in enumerate(reads):
        patient = item.envelope.patient or linked.get(position)
        owned.append(Owned(read=item, patient=patient))
    return owned


async def allowed_positions(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the positions of the bodies that may be used.

    A consent covered them when they were received, and their link token was not revoked by then.
    """
    positions: list[int] = []
    receipts: list[tuple[str, str, int]] = []
    for position, entry in enumerate(owned):
        envelope = entry.read.envelope
        if entry.patient:
            positions.append(position)
            # the time of receipt, not of now: a later withdrawal does not undo what was allowed
            receipts.append((entry.patient, envelope.connector, envelope.received_ms))
    covered = await consents.covered(conn, receipts)
    return {positions[index] for index in covered} - await _revoked(conn, owned)


async def _revoked(conn: Connection, owned: Sequence[Owned]) -> set[int]:
    """Return the positions of the bodies whose link token was revoked before they were received.

    A vendor door may accept such a body, because it learns of a revocation with a delay.
    """
    positions: list[int] = []
    receipts: list[tuple[bytes, int]] = []
    for position, entry in enumerate(owned):
        envelope = entry.read.envelope
        if envelope.link:
            positions.append(position)
            receipts.append((bytes.fromhex(envelope.link), envelope.received_ms))
    # a batch without a link token needs no query
    revoked = await link_tokens.revoked_at(conn, receipts) if receipts else set()
    return {positions[index] for index in revoked}
